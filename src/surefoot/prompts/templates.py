"""Jinja2, cut down to what prompts need: role tags, loops, conditions, includes and plain expressions.

The template of a pull request is hostile input, so the language is an allow-list (`grammar`): at load, every
node of the parsed template must be on it. There are no calls but `range`, no macros, no imports, and no
attribute that begins with an underscore. What is left runs in Jinja's immutable sandbox, its work counted.

A role tag puts its text into the Rendering that the context carries. That entry's name is no identifier, so
no template can read it, and the text itself is never parsed again.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import cast

from jinja2 import (
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    Undefined,
    nodes,
    pass_context,
)
from jinja2.ext import Extension
from jinja2.filters import FILTERS
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.visitor import NodeTransformer

from surefoot.errors import PromptError
from surefoot.prompts import language
from surefoot.prompts.files import SourceFile
from surefoot.prompts.grammar import ReadInclude, Sources, check_messages, check_names
from surefoot.prompts.meaning import meaning_of
from surefoot.prompts.rendering import Rendering, bounded_number, bounded_range
from surefoot.prompts.variables import ShownPassage
from surefoot.records import Message, Role, digest

_RENDERING = "the rendering"
_LINE_END = re.compile(r"\A[ \t]*\n")
_FAULTS = (
    TemplateError, ArithmeticError, AttributeError, LookupError, MemoryError, NameError, RecursionError,
    TypeError, ValueError,
)  # fmt: skip


class PromptTemplate:
    """A prompt's body, parsed and compiled.

    `includes` holds the text of each include by its name; `meaning` is a digest that two templates share
    when they make equal messages of equal variables, however they are written. `shows_history` says whether
    earlier turns have a place.
    """

    def __init__(self, template: Template, sources: Sources, *, meaning: str, shows_history: bool) -> None:
        self._template = template
        self._sources = sources
        self.includes: Mapping[str, str] = sources.includes
        self.meaning = meaning
        self.shows_history = shows_history

    def render(self, values: Mapping[str, object], history: Sequence[Message]) -> tuple[Message, ...]:
        """The messages for these plain values. Raises PromptError with the line that failed."""
        rendering = Rendering(history)
        context = self._template.new_context({**values, _RENDERING: rendering})
        try:
            for _ in self._template.root_render_func(context):
                pass  # Text between messages, which is white space: anything else was refused at load.
            return rendering.finished()
        except PromptError as refusal:
            raise self._located(refusal, refusal.message, refusal.remedy) from refusal
        except _FAULTS as fault:
            remedy = "Mend the expression there, or what the variables hold."
            raise self._located(fault, f"the template fails: {fault}", remedy) from fault

    def _located(self, fault: BaseException, message: str, remedy: str) -> PromptError:
        """The error with the last line of the template that was running."""
        line = None
        step = fault.__traceback__
        while step is not None:
            if step.tb_frame.f_globals.get("__jinja_template__") is self._template:
                line = self._template.get_corresponding_lineno(step.tb_lineno)
            step = step.tb_next
        return self._sources.error(line, message, remedy)


def compile_template(
    source: SourceFile, *, variables: Collection[str], read_include: ReadInclude
) -> PromptTemplate:
    """Parse, check and compile a body. `source.text` has a blank line for each line of the front matter.

    Raises PromptError for what is not in the language, for text outside the role tags, and for names that
    are not among `variables`.
    """
    environment = new_environment()
    sources = Sources(environment, read_include)
    with located_faults(sources, source):
        tree = sources.parse(source)
        check_messages(tree, sources)
        check_names(tree, sources, variables)
        meaning = digest(meaning_of(tree, sources))
        _Guards().visit(tree)
        shows_history = tree.find(nodes.ExprStmt) is not None
        template = environment.from_string(tree)
        return PromptTemplate(template, sources, meaning=meaning, shows_history=shows_history)


@contextmanager
def located_faults(sources: Sources, source: SourceFile) -> Iterator[None]:
    """Make a PromptError of whatever Jinja or Python finds wrong with a template."""
    try:
        yield
    except TemplateSyntaxError as fault:
        raise sources.error(
            fault.lineno, fault.message or "the template is wrong", "Mend it there."
        ) from fault
    except (RecursionError, MemoryError, SyntaxError, ValueError, OverflowError) as fault:
        line = len(source.text) - len(source.text.lstrip("\n")) + 1
        reason = str(fault) or "it is too long"
        raise sources.error(line, f"the template is too complex: {reason}", "Simplify it.") from fault


class RoleTags(Extension):
    """Messages by block tags. A line of nothing but tags disappears, where an include counts as text."""

    tags = {*language.ROLES, "history"}  # noqa: RUF012 - Jinja's own declaration is not a ClassVar

    def parse(self, parser: Parser) -> nodes.Node:
        """The tag as a call that hands its text, or the history, to the rendering."""
        token = next(parser.stream)
        context = nodes.ContextReference()
        if token.value == "history":
            return nodes.ExprStmt(self.call_method("add_history", [context]), lineno=token.lineno)
        body = parser.parse_statements((f"name:end{token.value}",), drop_needle=True)
        call = self.call_method("add_message", [context, nodes.Const(token.value)])
        return nodes.CallBlock(call, [], [], body, lineno=token.lineno)

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Take the line end from lines that hold only tags."""
        only_tags, after = True, ""
        for token in stream:
            if token.type == "data":
                data = _LINE_END.sub("", token.value) if only_tags else token.value
                lines_taken = token.value.count("\n") - data.count("\n")
                yield Token(token.lineno + lines_taken, "data", data)
                only_tags = (only_tags or "\n" in data) and not data.rpartition("\n")[2].strip(" \t")
            else:
                yield token
            if token.type == "variable_begin" or (after, token.value) == ("block_begin", "include"):
                only_tags = False
            after = token.type

    def add_message(self, context: Context, role: Role, caller: Callable[[], str]) -> str:
        """Record a message, and put nothing into the text."""
        _rendering(context).add_message(role, caller())
        return ""

    def add_history(self, context: Context) -> None:
        """Record the earlier turns."""
        _rendering(context).add_history()

    def turns(self, context: Context, items: Iterable[object], static_characters: int) -> Iterable[object]:
        """A loop's items, each turn counted."""
        return _rendering(context).turns(items, static_characters)


class _Guards(NodeTransformer):
    """Makes loops and joined texts count their work."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - the visitor finds it by this name
        self.generic_visit(node)
        static = sum(len(data.data) for data in node.find_all(nodes.TemplateData))
        turns = nodes.ExtensionAttribute(RoleTags.identifier, "turns")
        items = cast(nodes.Expr, node.iter)
        arguments: list[nodes.Expr] = [nodes.ContextReference(), items, nodes.Const(static)]
        node.iter = nodes.Call(turns, arguments, [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - the visitor finds it by this name
        self.generic_visit(node)
        return nodes.Filter(nodes.List(node.nodes), "join", [], [], None, None, lineno=node.lineno)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with arithmetic for numbers only, within bounds."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%"})

    def getattr(self, obj: object, attribute: str) -> object:
        """The attribute; the short way for what loops over passages read all the time."""
        if type(obj) in _READ_AT_ONCE and attribute in _READ_AT_ONCE[type(obj)]:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """The result, or PromptError for texts, lists and numbers that grow too large."""
        if not isinstance(_defined(left), int | float) or not isinstance(_defined(right), int | float):
            raise PromptError(f"{operator!r} works on numbers", remedy="Put texts together with ~.")
        return bounded_number(super().call_binop(context, operator, left, right))


def new_environment(*, of_messages: bool = True) -> _Sandbox:
    """Jinja without a loader, a clock or chance, and with no more filters and tests than `language` names.

    `of_messages`: with role tags, and without lines of nothing but tags, as a prompt file has them.
    """
    environment = _Sandbox(
        undefined=StrictUndefined,
        extensions=[RoleTags] if of_messages else [],
        autoescape=False,
        lstrip_blocks=of_messages,
        keep_trailing_newline=not of_messages,
        optimized=False,  # constants would be computed at load, where no work is counted
        finalize=_text,
    )
    environment.filters = {name: FILTERS[name] for name in language.FILTERS}
    environment.filters.update(join=_join, replace=_replace)
    environment.tests = {name: TESTS[name] for name in language.TESTS}
    environment.globals = {"range": bounded_range}
    return environment


# Attributes that are data and nothing else, so that the sandbox need not look at each again.
_READ_AT_ONCE: Mapping[type, frozenset[str]] = {
    ShownPassage: frozenset({"text", "source", "headings"}),
    LoopContext: frozenset({"index", "index0", "first", "last"}),
}


def _rendering(context: Context) -> Rendering:
    rendering: Rendering = context.parent[_RENDERING]  # render() put it there
    return rendering


def _defined(value: object) -> object:
    """The value; UndefinedError, with the name that is missing, when there is none.

    An `if` expression without `else` is the empty text when it does not hold, as everywhere in Jinja.
    """
    return str(value) if isinstance(value, Undefined) else value


@pass_context
def _text(context: Context, value: object) -> str:
    if type(value) is not str:
        value = _defined(value)
    return _rendering(context).text(value)


@pass_context
def _join(context: Context, values: Iterable[object], d: str = "") -> str:
    return _rendering(context).joined((_defined(value) for value in values), d)


@pass_context
def _replace(context: Context, text: object, old: object, new: object) -> str:
    return _rendering(context).replaced(_defined(text), old, new)
