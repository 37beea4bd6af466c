"""A template read from top to bottom without running it: which inputs it uses, and where their text goes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from jinja2 import nodes

from surefoot.prompts.linting.expressions import Expressions, Fault, spelled
from surefoot.prompts.linting.kinds import UNKNOWN, Value, carries_text, either, input_value, loop_of
from surefoot.prompts.variables import Variable


@dataclass(frozen=True, slots=True)
class Placed:
    """Text of some inputs, put into a system message by a node."""

    node: nodes.Node
    sources: frozenset[str]


@dataclass(slots=True, kw_only=True)
class Flow:
    """What a template does. `fixed` has, of each message that always comes, the text that is always in it."""

    used: set[str] = field(default_factory=set)
    in_system: list[Placed] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    fixed: list[str] = field(default_factory=list)


def follow(tree: nodes.Template, variables: Sequence[Variable]) -> Flow:
    """Follow the values of a parsed template, its includes in their place."""
    walk = _Walk(variables)
    walk.statements(tree.body)
    walk.flow.faults = walk.expressions.faults
    return walk.flow


class _Walk:
    """Goes through the statements. A name that a loop or a message sets is forgotten at its end."""

    def __init__(self, variables: Sequence[Variable]) -> None:
        self.flow = Flow()
        self.expressions = Expressions(self._looked_up)
        self._inputs: Mapping[str, Value] = {variable.name: input_value(variable) for variable in variables}
        self._scopes: list[dict[str, Value]] = [{}]
        self._conditions = 0
        self._role: str | None = None
        self._fixed: list[str] = []

    def statements(self, body: Sequence[nodes.Node]) -> None:
        """Go through them in order."""
        for node in body:
            self._statement(node)

    def _statement(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                self._output(part)
        elif isinstance(node, nodes.For):
            self._loop(node)
        elif isinstance(node, nodes.If):
            self._condition(node)
        elif isinstance(node, nodes.Assign):
            self._assign(node.target, self.expressions.value(node.node))
        elif isinstance(node, nodes.CallBlock):
            self._message(node)
        elif isinstance(node, nodes.Scope):
            with self._scope():
                self.statements(node.body)

    def _looked_up(self, name: str) -> Value:
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        if name in self._inputs:
            self.flow.used.add(name)
            return self._inputs[name]
        return Value(UNKNOWN)

    def _output(self, part: nodes.Node) -> None:
        if isinstance(part, nodes.TemplateData):
            if not self._conditions:
                self._fixed.append(part.data)
            return
        value = self.expressions.shown(part)
        if self._role == "system" and value.sources and carries_text(value.kind):
            self.flow.in_system.append(Placed(part, value.sources))

    def _message(self, node: nodes.CallBlock) -> None:
        role = node.call.args[1]
        self._role = str(role.value) if isinstance(role, nodes.Const) else None
        self._fixed = []
        with self._scope():
            self.statements(node.body)
        self._role = None
        if not self._conditions:
            self.flow.fixed.append("".join(self._fixed))

    def _loop(self, node: nodes.For) -> None:
        item = self.expressions.turns(node.iter)
        with self._scope(), self._maybe():
            self._scopes[-1]["loop"] = Value(loop_of(item.kind), item.sources)
            self._bind(node.target, item)
            if node.test is not None:
                self.expressions.value(node.test)
            self.statements(node.body)
        with self._scope(), self._maybe():
            self.statements(node.else_)

    def _condition(self, node: nodes.If) -> None:
        self.expressions.value(node.test)
        with self._maybe():
            self.statements(node.body)
            for other in node.elif_:
                self._condition(other)
            self.statements(node.else_)

    def _assign(self, target: nodes.Node, value: Value) -> None:
        """Within a condition a name may keep what it was; a set name is one of the innermost scope."""
        if self._conditions and isinstance(target, nodes.Name):
            known = any(target.name in scope for scope in self._scopes) or target.name in self._inputs
            before = self._looked_up(target.name) if known else value
            value = either(value, before)
        self._bind(target, value)

    def _bind(self, target: nodes.Node, value: Value) -> None:
        if isinstance(target, nodes.Name):
            self._scopes[-1][target.name] = value
            return
        for part in target.iter_child_nodes():
            self._bind(part, value.of(value.kind.items or UNKNOWN))

    @contextmanager
    def _scope(self) -> Iterator[None]:
        self._scopes.append({})
        yield
        self._scopes.pop()

    @contextmanager
    def _maybe(self) -> Iterator[None]:
        self._conditions += 1
        yield
        self._conditions -= 1


def word_of(node: nodes.Node) -> str:
    """What to look for in the line of a node."""
    return spelled(node).strip("'")
