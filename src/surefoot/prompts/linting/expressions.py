"""What the expressions of a template come to: kinds, whose text they hold, and what is wrong with them."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from jinja2 import nodes

from surefoot.prompts.language import FILTERS, OTHER_NAMES
from surefoot.prompts.linting.findings import Level
from surefoot.prompts.linting.kinds import (
    BOOLEAN,
    FIXED,
    NULL,
    NUMBER,
    NUMERIC,
    OWN_OF_MAPPINGS,
    SHOWABLE,
    TEXT,
    UNKNOWN,
    Kind,
    Value,
    either,
    list_of,
)

_TO_TEXT = frozenset({"capitalize", "lower", "replace", "string", "title", "trim", "truncate", "upper"})
_TO_NUMBER = frozenset({"length", "wordcount"})
_ONE_OF_IT = frozenset({"first", "last", "max", "min"})
_SAME = frozenset({"list", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "unique"})
_TAKES_TEXT = frozenset({"default", "join", "map", "replace", "truncate"})
_BY_ATTRIBUTE = frozenset({"rejectattr", "selectattr"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a node; `word` is what to look for in its line."""

    node: nodes.Node
    word: str
    message: str
    remedy: str
    level: Level = "error"


class Expressions:
    """Works out expressions in the scope that it is handed, and collects the faults."""

    def __init__(self, lookup: Callable[[str], Value]) -> None:
        self.faults: list[Fault] = []
        self._lookup = lookup
        self._guarded = 0
        self._by_type: Mapping[type[nodes.Node], Callable[..., Value]] = {
            nodes.Name: lambda node: self._lookup(node.name),
            nodes.Const: self._constant,
            nodes.Getattr: lambda node: self._part(node, node.attr),
            nodes.Getitem: self._item,
            nodes.Filter: self._filter,
            nodes.Test: self._test,
            nodes.Concat: self._concat,
            nodes.CondExpr: self._conditional,
            nodes.And: lambda node: either(self.value(node.left), self.value(node.right)),
            nodes.Or: lambda node: either(self.value(node.left), self.value(node.right)),
            nodes.Call: lambda node: self._others(node).of(list_of(NUMBER)),
            nodes.List: self._literal,
            nodes.Tuple: self._literal,
            nodes.Neg: self._arithmetic,
            nodes.Pos: self._arithmetic,
            **dict.fromkeys(
                (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod), self._arithmetic
            ),
            **dict.fromkeys((nodes.Compare, nodes.Not), lambda node: self._others(node).of(BOOLEAN)),
        }

    def value(self, node: nodes.Node) -> Value:
        """What a node comes to."""
        work = self._by_type.get(type(node), self._others)
        return work(node)

    def shown(self, node: nodes.Node) -> Value:
        """What `{{ node }}` puts into the text; a fault where it cannot."""
        value = self.value(node)
        if value.kind.name not in SHOWABLE:
            self._wrong(
                node,
                f"{spelled(node)} is a {value.kind.words}, which cannot be put into text",
                "Name the part that is wanted, loop over it, or use the filter 'join'.",
            )
        return value

    def turns(self, node: nodes.Node) -> Value:
        """What a loop over a node takes in each turn."""
        value = self.value(node)
        kind = value.kind
        if kind.name in ("text", "number", "boolean", "passage", "loop"):
            self._wrong(
                node,
                f"{spelled(node)} is a {kind.words}, and a loop needs a list",
                "Loop over a list or over passages, or declare the input as one.",
            )
            return value.of(UNKNOWN)
        if kind.name == "mapping":
            return value.of(TEXT)
        return value.of(kind.items or UNKNOWN)

    def _wrong(self, node: nodes.Node, message: str, remedy: str, level: Level = "error") -> None:
        if not self._guarded:
            word = spelled(node).strip("'")
            self.faults.append(Fault(node, word, message, remedy, level))

    def _constant(self, node: nodes.Const) -> Value:
        value: object = node.value
        if value is None:
            return Value(NULL)
        if isinstance(value, bool):
            return Value(BOOLEAN)
        return Value(FIXED if isinstance(value, str) else NUMBER)

    def _literal(self, node: nodes.List | nodes.Tuple) -> Value:
        values = [self.value(item) for item in node.items]
        found = Value(UNKNOWN) if not values else values[0]
        for value in values[1:]:
            found = either(found, value)
        return Value(list_of(found.kind), found.sources)

    def _others(self, node: nodes.Node) -> Value:
        """Anything else: of an unknown kind, made of all that is within."""
        sources: frozenset[str] = frozenset()
        for part in node.iter_child_nodes():
            sources |= self.value(part).sources
        return Value(UNKNOWN, sources)

    def _concat(self, node: nodes.Concat) -> Value:
        sources: frozenset[str] = frozenset()
        for part in node.nodes:
            sources |= self.shown(part).sources
        return Value(TEXT if sources else FIXED, sources)

    def _conditional(self, node: nodes.CondExpr) -> Value:
        self.value(node.test)
        other = Value(FIXED) if node.expr2 is None else self.value(node.expr2)
        return either(self.value(node.expr1), other)

    def _test(self, node: nodes.Test) -> Value:
        with_guard = node.name in ("defined", "undefined")
        self._guarded += with_guard
        self._others(node)
        self._guarded -= with_guard
        return Value(BOOLEAN)

    def _arithmetic(self, node: nodes.BinExpr | nodes.UnaryExpr) -> Value:
        for part in node.iter_child_nodes():
            kind = self.value(part).kind
            if kind.name not in NUMERIC:
                self._wrong(
                    part,
                    f"{node.operator!r} works on numbers, and {spelled(part)} is a {kind.words}",
                    "Put texts together with ~."
                    if kind.name == "text"
                    else "Take its length, or another number.",
                )
        return Value(NUMBER)

    def _item(self, node: nodes.Getitem) -> Value:
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return self._part(node, node.arg.value, by_item=True)
        value = self.value(node.node)
        self.value(node.arg)
        if isinstance(node.arg, nodes.Slice) or value.kind.name == "text":
            return value
        return value.of(value.kind.items or UNKNOWN)

    def _part(self, node: nodes.Getattr | nodes.Getitem, name: str, *, by_item: bool = False) -> Value:
        value = self.value(node.node)
        if value.kind.name == "mapping" and name in OWN_OF_MAPPINGS and not by_item:
            self._wrong(
                node,
                f"{spelled(node.node)}.{name} is a mapping's own, and not what it holds",
                f'Write {spelled(node.node).strip(chr(39))}["{name}"].',
            )
            return value.of(UNKNOWN)
        return value.of(self._part_of(node, value.kind, name))

    def _part_of(self, node: nodes.Getattr | nodes.Getitem | nodes.Filter, kind: Kind, name: str) -> Kind:
        if kind.name == "unknown":
            return UNKNOWN
        if name in kind.parts:
            return kind.parts[name]
        whole = spelled(node.node) if node.node is not None else "this"
        if kind.name == "mapping" and not kind.closed:
            if kind.parts:
                self._wrong(
                    node,
                    f"{whole} declares no {name!r}",
                    f"Declare it under 'properties', or read {_one_of(name, kind)}.",
                    "warning",
                )
            return UNKNOWN
        self._wrong(node, f"{whole} is a {kind.words}, and has no {name!r}", _instead(name, kind))
        return UNKNOWN

    def _filter(self, node: nodes.Filter) -> Value:
        name = OTHER_NAMES.get(node.name, node.name)
        guards = name == "default"
        self._guarded += guards
        value = Value(UNKNOWN) if node.node is None else self.value(node.node)
        self._guarded -= guards
        given = [self.value(part) for part in node.args]
        given += [self.value(keyword.value) for keyword in node.kwargs]
        for other in given if name in _TAKES_TEXT else ():
            value = Value(value.kind, value.sources | other.sources)
        if name == "default":
            return either(value, given[0]) if given else value
        return self._filtered(node, name, value)

    def _filtered(self, node: nodes.Filter, name: str, value: Value) -> Value:
        kind = value.kind
        if name in _TO_TEXT:
            fixed = kind.fixed and not value.sources
            return Value(FIXED if fixed else TEXT, value.sources)
        if name in _TO_NUMBER:
            return self._counted(node, value)
        if name == "join":
            return self._joined(node, value)
        if name in _ONE_OF_IT:
            self._read(node, kind)
            return value if kind.name == "text" else value.of(kind.items or UNKNOWN)
        if name in _SAME:
            self._read(node, kind)
            return value.of(list_of(TEXT)) if kind.name == "text" and name == "list" else value
        if name == "map":
            return Value(list_of(self._mapped(node, kind)), value.sources)
        return value.of(list_of(list_of(UNKNOWN))) if name == "items" else value.of(UNKNOWN)

    def _counted(self, node: nodes.Filter, value: Value) -> Value:
        if value.kind.name in ("number", "boolean", "passage"):
            self._wrong(
                node, f"a {value.kind.words} has no {node.name}", "Count a text, a list or a mapping."
            )
        return Value(NUMBER)

    def _joined(self, node: nodes.Filter, value: Value) -> Value:
        kind, items = value.kind, value.kind.items or UNKNOWN
        if kind.name in ("text", "number", "boolean", "passage"):
            self._wrong(
                node.node or node,
                f"{spelled(node.node)} is a {kind.words}, and 'join' puts a list together",
                "Leave the filter out, or give it a list.",
            )
        elif items.name not in SHOWABLE:
            self._wrong(
                node.node or node,
                f"{spelled(node.node)} is a list of {items.words}s, which cannot be put into text",
                "Take a part of each first, like map(attribute='text').",
            )
        return Value(TEXT if value.sources else FIXED, value.sources)

    def _read(self, node: nodes.Filter, kind: Kind) -> None:
        """Check the parts by which a filter sorts or picks."""
        for attribute in _attributes(node):
            self._path(node, kind.items or UNKNOWN, attribute)

    def _mapped(self, node: nodes.Filter, kind: Kind) -> Kind:
        for attribute in _attributes(node):
            return self._path(node, kind.items or UNKNOWN, attribute)
        first = node.args[0] if node.args else None
        if not isinstance(first, nodes.Const):
            return UNKNOWN
        if first.value in _TO_TEXT:
            return TEXT
        return NUMBER if first.value in _TO_NUMBER or first.value == "count" else UNKNOWN

    def _path(self, node: nodes.Filter, kind: Kind, attribute: str) -> Kind:
        for step in attribute.split("."):
            kind = self._part_of(node, kind, step) if not step.isdigit() else kind.items or UNKNOWN
        return kind


def spelled(node: nodes.Node | None) -> str:
    """An expression as a reader would name it."""
    if isinstance(node, nodes.Name):
        return repr(node.name)
    if isinstance(node, nodes.Getattr):
        return repr(f"{spelled(node.node).strip(chr(39))}.{node.attr}")
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return f"'{spelled(node.node).strip(chr(39))}[{node.arg.value!r}]'"
    if isinstance(node, nodes.Filter) and node.node is not None:
        return repr(f"{spelled(node.node).strip(chr(39))} | {node.name}")
    return "this"


def _attributes(node: nodes.Filter) -> Iterator[str]:
    given = [keyword.value for keyword in node.kwargs if keyword.key == "attribute"]
    given += node.args[:1] if node.name in _BY_ATTRIBUTE else []
    for part in given:
        if isinstance(part, nodes.Const) and isinstance(part.value, str):
            yield part.value


def _instead(name: str, kind: Kind) -> str:
    if kind.parts:
        return f"Read {_one_of(name, kind)}."
    if kind.name == "text" and name in FILTERS:
        return f"Use the filter, like {{{{ text | {name} }}}}."
    if kind.name == "list":
        return "Loop over it, or take one of it with the filter 'first'."
    return "Read it as it is."


def _one_of(name: str, kind: Kind) -> str:
    close = difflib.get_close_matches(name, kind.parts, n=1)
    return repr(close[0]) if close else f"one of {', '.join(map(repr, kind.parts))}"
