"""Check what a template holds, against the prompt language, before any of it runs.

Includes are read here too: their nodes take the include tag's place, so that no loader is needed, names keep
their scope, and one check sees the whole template.
"""

from collections.abc import Callable, Collection, Iterator, Sequence

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.meta import TrackingCodeGenerator
from jinja2.visitor import NodeTransformer

from surefoot.errors import PromptError
from surefoot.prompts import language
from surefoot.prompts.files import Place, SourceFile, column_of, place_at, quoted_word
from surefoot.prompts.nearest import did_you_mean
from surefoot.prompts.template_faults import template_fault

ReadInclude = Callable[[str, Place], SourceFile]
Refuse = Callable[[PromptError], None]

# Nodes that are in the language whatever they hold.
_NEVER_MISUSED = frozenset(
    {nodes.Assign, nodes.Const, nodes.If, nodes.Keyword, nodes.Output, nodes.Template, nodes.TemplateData}
)
_FILE_STRIDE = 1_000_000
_MAX_INCLUDES = 50
_MAX_LEVELS = 100  # Jinja, Python and the checks all recurse, and each would end elsewhere


def raise_it(error: PromptError) -> None:
    """Refuse by ending with the error, as loading does."""
    raise error


class Sources:
    """The files of one template. Lines are counted on through all of them, so a line tells its file.

    What is not in the language goes to `refuse`: loading raises the first, checking collects them all.
    """

    def __init__(
        self, environment: Environment, read_include: ReadInclude, refuse: Refuse = raise_it
    ) -> None:
        self.files: list[str] = []
        self._texts: list[str] = []
        self.includes: dict[str, str] = {}
        self.environment = environment
        self._refuse = refuse
        self._read_include = read_include
        self._open: list[str] = []

    def error(self, line: int | None, message: str, remedy: str) -> PromptError:
        """An error at one of the lines, or in the prompt file as a whole."""
        if line is None:
            return PromptError(message, remedy=remedy, file=self.files[0])
        place = self.place(line, quoted_word(message))
        return PromptError(message, remedy=remedy, file=place.file, line=place.line, column=place.column)

    def refuse(self, line: int | None, message: str, remedy: str) -> None:
        """Hand on an error at one of the lines."""
        self._refuse(self.error(line, message, remedy))

    def parse(self, source: SourceFile) -> nodes.Template:
        """The file's nodes, all within the language, with its includes put in their place."""
        first = len(self.files) * _FILE_STRIDE
        self.files.append(source.file)
        self._texts.append(source.text)
        try:
            tree = self.environment.parse(source.text)
        except TemplateSyntaxError as fault:
            raise self._unparsed(source, first, fault) from fault
        there = every_node(tree)
        for node in there:
            if node.lineno is not None:
                node.lineno += first
        for node in there:
            problem = _outside_the_language(node)
            if problem is not None:
                inside = (part.lineno for part in node.find_all(nodes.Node) if part.lineno)
                self.refuse(node.lineno or next(inside, first + 1), *problem)
        if any(isinstance(node, nodes.Include) for node in there):
            _Inclusion(self.include).visit(tree)
        deepest = _beyond(_MAX_LEVELS, tree)
        if deepest is not None:
            message = f"the template is nested more than {_MAX_LEVELS} levels deep"
            self.refuse(deepest.lineno or first + 1, message, "Simplify it.")
        return tree

    def _unparsed(self, source: SourceFile, first: int, fault: TemplateSyntaxError) -> PromptError:
        found = template_fault(source.text, fault, self.environment)
        if found.at is None:
            return self.error(first + fault.lineno, found.message, found.remedy)
        place = place_at(source, found.at)
        return PromptError(
            found.message, remedy=found.remedy, file=place.file, line=place.line, column=place.column
        )

    def include(self, node: nodes.Include) -> nodes.Node:
        """The nodes of an include, in a scope of their own."""
        before = len(self._open)
        try:
            return self._included(node)
        except PromptError as fault:
            self._refuse(fault)
            del self._open[before:]
            return nodes.Scope([], lineno=node.lineno)

    def _included(self, node: nodes.Include) -> nodes.Node:
        name = node.template.value if isinstance(node.template, nodes.Const) else ""
        place = self.place(node.lineno, str(name))
        if name in self._open or len(self.files) > _MAX_INCLUDES:
            reason = "includes itself" if name in self._open else f"is one of more than {_MAX_INCLUDES}"
            raise self.error(node.lineno, f"the include {name!r} {reason}", "Include less.")
        source = self._read_include(name, place)
        self._open.append(name)
        tree = self.parse(source)
        self._open.pop()
        role = next(tree.find_all((nodes.CallBlock, nodes.ExprStmt)), None)
        if role is not None:
            raise self.error(role.lineno, "an include has no role tags", "Put them around the include.")
        self.includes[name] = source.text
        return nodes.Scope(tree.body, lineno=node.lineno)

    def place(self, line: int, word: str = "") -> Place:
        """The file and the line in it that a counted line is, and where the word stands in that line."""
        index, line = divmod(line, _FILE_STRIDE)
        column = column_of(self._texts[index], line, word)
        return Place(file=self.files[index], line=line, column=column)


class _Inclusion(NodeTransformer):
    """Puts each include's nodes in its place, so that no loader is needed and names keep their scope."""

    def __init__(self, include: Callable[[nodes.Include], nodes.Node]) -> None:
        self.visit_Include = include


def every_node(tree: nodes.Node) -> list[nodes.Node]:
    """The node and all within it, from top to bottom; Jinja's own walk takes several times as long."""
    there: list[nodes.Node] = []
    pending = [tree]
    while pending:
        node = pending.pop()
        there.append(node)
        pending += reversed(_children(node))
    return there


def _children(node: nodes.Node) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    for name in node.fields:
        value = getattr(node, name)
        if isinstance(value, nodes.Node):
            found.append(value)
        elif isinstance(value, list):
            found += [item for item in value if isinstance(item, nodes.Node)]
    return found


def _beyond(levels: int, tree: nodes.Node) -> nodes.Node | None:
    """The first node that stands deeper than so many levels, or None."""
    level = [tree]
    for _ in range(levels):
        level = [child for node in level for child in _children(node)]
    return level[0] if level else None


def check_messages(tree: nodes.Template, sources: Sources) -> None:
    """Refuse text outside the role tags, role tags within one another, and history more than once."""
    there = every_node(tree)
    histories = [node for node in there if isinstance(node, nodes.ExprStmt)]
    for again in histories[1:]:
        sources.refuse(again.lineno, "{% history %} stands here again", "Write it once.")
    for loop in there if histories else ():
        for history in loop.find_all(nodes.ExprStmt) if isinstance(loop, nodes.For) else ():
            sources.refuse(history.lineno, "{% history %} is in a loop", "Write it outside the loop.")
    _check_outside(tree, sources)
    if not any(isinstance(node, nodes.CallBlock) for node in there):
        sources.refuse(
            tree.lineno, "the template has no message", "Write at least one {% user %} ... {% enduser %}."
        )


def check_names(tree: nodes.Template, sources: Sources, variables: Collection[str]) -> None:
    """Refuse names that are neither declared inputs nor set by the template."""
    there = every_node(tree)
    unknown = _free_names(tree, there, sources) - set(variables)
    declared = ", ".join(map(repr, variables)) or "none"
    for name in there if unknown else ():
        if isinstance(name, nodes.Name) and name.name in unknown and name.ctx == "load":
            remedy = f"Declare it under 'input', or use a declared one: {declared}."
            message = f"there is no variable {name.name!r}"
            sources.refuse(name.lineno, message, did_you_mean(name.name, variables) + remedy)


def _free_names(tree: nodes.Template, there: Sequence[nodes.Node], sources: Sources) -> set[str]:
    """The names that a template reads and never sets. Where only loops set any, the loops tell."""
    if not any(isinstance(node, nodes.Assign) or _names_loop(node) for node in there):
        return {*_free_in(tree, frozenset(sources.environment.globals))}
    tracker = TrackingCodeGenerator(sources.environment)
    tracker.optimizer = None  # it would compute constants, where no work is counted
    tracker.visit(tree)
    return tracker.undeclared_identifiers


def _names_loop(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "loop" and node.ctx != "load"


def _free_in(node: nodes.Node, bound: frozenset[str]) -> Iterator[str]:
    if isinstance(node, nodes.Name):
        if node.name not in bound:
            yield node.name
        return
    if not isinstance(node, nodes.For):
        for child in _children(node):
            yield from _free_in(child, bound)
        return
    targets = [each.name for each in every_node(node.target) if isinstance(each, nodes.Name)]
    within = bound.union(targets)
    yield from _free_in(node.iter, bound)
    for child in node.else_:
        yield from _free_in(child, bound)
    if node.test is not None:
        yield from _free_in(node.test, within)
    for child in node.body:
        yield from _free_in(child, within | {"loop"})


def _check_outside(node: nodes.Node, sources: Sources) -> None:
    """Walk what is not within a role tag: it may hold conditions, loops and white space."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.CallBlock):
            for role in child.find_all((nodes.CallBlock, nodes.ExprStmt)):
                sources.refuse(role.lineno, "a role tag stands within another", "End the other first.")
        elif isinstance(child, nodes.Output):
            _check_silence(child, sources)
        elif isinstance(child, nodes.If | nodes.For | nodes.Scope):
            _check_outside(child, sources)


def _check_silence(output: nodes.Output, sources: Sources) -> None:
    for part in output.nodes:
        text = part.data if isinstance(part, nodes.TemplateData) else "{{ }}"
        if text.strip():
            blank_lines = text[: len(text) - len(text.lstrip())].count("\n")
            sources.refuse(
                part.lineno + blank_lines,
                f"{text.strip().splitlines()[0][:60]!r} stands outside the role tags",
                "Put it between {% system %}, {% user %} or {% assistant %} and its end tag.",
            )


def _outside_the_language(node: nodes.Node) -> tuple[str, str] | None:
    """Why a node may not be in a prompt, with the remedy, or None."""
    if type(node) in _NEVER_MISUSED:
        return None
    kind = type(node).__name__
    if kind not in language.NODES:
        spelling = language.SPELLINGS.get(kind, kind)
        return f"{spelling} is not in the prompt language", language.REMEDY
    return _misused_name(node) or _misused_part(node)


def _misused_name(node: nodes.Node) -> tuple[str, str] | None:
    if isinstance(node, nodes.Filter) and node.name not in language.FILTERS:
        return f"there is no filter {node.name!r}", _one_of(node.name, language.FILTERS)
    if isinstance(node, nodes.Test) and node.name not in language.TESTS:
        return f"there is no test {node.name!r}", _one_of(node.name, language.TESTS)
    if isinstance(node, nodes.Name) and node.name in language.RESERVED - {"loop", "range"}:
        return f"the name {node.name!r} means something else here", "Use another name."
    read = node.attr if isinstance(node, nodes.Getattr) else None
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        read = node.arg.value
    if isinstance(read, str) and read.startswith("_"):
        return f"the attribute {read!r} cannot be read", "Read attributes that begin with a letter."
    return None


def _one_of(name: str, there: Sequence[str]) -> str:
    return f"{did_you_mean(name, there)}Use one of: {', '.join(there)}."


def _misused_part(node: nodes.Node) -> tuple[str, str] | None:
    if isinstance(node, nodes.Call) and not _is_ours(node) and not _is_range(node):
        return "a template calls nothing but range(...)", "Use a filter, like {{ text | trim }}."
    if isinstance(node, nodes.CallBlock) and not _is_ours(node.call):
        return "{% call %} is not in the prompt language", language.REMEDY
    if isinstance(node, nodes.For) and node.recursive:
        return "a loop cannot be recursive", "Write one loop within another."
    if isinstance(node, nodes.Include) and not _is_plain(node):
        return "an include names one file", 'Write {% include "name" %}.'
    if _is_literal(node) and not all(
        isinstance(part, nodes.Const | nodes.Pair) for part in node.iter_child_nodes()
    ):
        return "a list or mapping in a template holds only constants", "Hand it in as a variable."
    return None


def _is_ours(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.ExtensionAttribute)


def _is_range(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Name) and call.node.name == "range"


def _is_literal(node: nodes.Node) -> bool:
    """A list or mapping written out. Were its parts not constants, it could be nested into a bomb."""
    return isinstance(node, nodes.List | nodes.Dict | nodes.Pair) or (
        isinstance(node, nodes.Tuple) and node.ctx == "load"
    )


def _is_plain(include: nodes.Include) -> bool:
    named = isinstance(include.template, nodes.Const) and isinstance(include.template.value, str)
    return named and include.with_context and not include.ignore_missing
