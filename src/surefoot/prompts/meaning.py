"""What a template means, as plain values: equal for templates that make equal messages from equal variables.

Made from the parsed and checked template with its includes in their place. So comments, white space within
tags, quotes, the indentation of tag lines, text outside of messages and the blank lines at a message's edges
leave it alone, and it does not matter which file a text stands in. All else that makes messages is here.
"""

import math
from collections.abc import Iterator, Sequence

from jinja2 import nodes

from surefoot.prompts.grammar import Sources
from surefoot.prompts.language import OTHER_NAMES
from surefoot.prompts.rendering import without_blank_lines
from surefoot.records import Json

# Fields that say nothing of their own: where a name stands tells whether it is read or set.
_SILENT_FIELDS = ("ctx",)


def meaning_of(tree: nodes.Template, sources: Sources) -> Json:
    """The template as nested lists: texts, and nodes by their kind and parts."""
    return _Writer(sources).statements(tree.body, in_message=False)


def meaning_of_text(tree: nodes.Template, sources: Sources) -> list[Json]:
    """The same for a template of one message's text, without the tags around it."""
    return _Writer(sources).statements(tree.body, in_message=True)


class _Writer:
    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def statements(self, body: Sequence[nodes.Node], *, in_message: bool) -> list[Json]:
        """Texts that touch are one text; outside of messages there are none."""
        written: list[Json] = []
        for part in self._flat(body, in_message):
            if not isinstance(part, str):
                written.append(part)
            elif not in_message or not part:
                continue
            elif written and isinstance(written[-1], str):
                written[-1] += part
            else:
                written.append(part)
        return written

    def _flat(self, body: Sequence[nodes.Node], in_message: bool) -> Iterator[Json]:
        for node in body:
            if isinstance(node, nodes.Output):
                yield from (self._shown(part) for part in node.nodes)
            elif isinstance(node, nodes.Scope) and node.find(nodes.Assign) is None:
                yield from self._flat(node.body, in_message)  # no name is set, so none needs a scope
            elif isinstance(node, nodes.CallBlock):
                yield self._message(node)
            elif isinstance(node, nodes.ExprStmt):
                yield ["history"]
            else:
                yield self._node(node, in_message)

    def _message(self, node: nodes.CallBlock) -> Json:
        parts = self.statements(node.body, in_message=True)
        if parts and isinstance(parts[0], str):
            parts[0] = without_blank_lines(parts[0])
        if parts and isinstance(parts[-1], str):
            parts[-1] = parts[-1].rstrip()
        return ["message", self._part(node.call.args[1], True), *(part for part in parts if part != "")]

    def _shown(self, part: nodes.Node) -> Json:
        if isinstance(part, nodes.TemplateData):
            return part.data
        if isinstance(part, nodes.Const) and part.value is not None:
            return str(self._constant(part))
        return self._node(part, True)

    def _node(self, node: nodes.Node, in_message: bool) -> Json:
        kind = type(node).__name__
        return [
            kind,
            *(
                self._field(kind, name, value, in_message)
                for name, value in node.iter_fields(exclude=_SILENT_FIELDS)
            ),
        ]

    def _field(self, kind: str, name: str, value: object, in_message: bool) -> Json:
        if kind in ("If", "For") and name in ("body", "else_") and isinstance(value, list):
            return self.statements(value, in_message=in_message)
        if kind in ("Filter", "Test") and name == "name" and isinstance(value, str):
            return OTHER_NAMES.get(value, value)
        return self._part(value, in_message)

    def _part(self, value: object, in_message: bool) -> Json:
        if isinstance(value, nodes.Const):
            return ["Const", self._constant(value)]
        if isinstance(value, nodes.Node):
            return self._node(value, in_message)
        if isinstance(value, list | tuple):
            return [self._part(item, in_message) for item in value]
        if value is None or isinstance(value, str | bool):
            return value
        raise TypeError(f"a template holds a {type(value).__name__}")

    def _constant(self, node: nodes.Const) -> Json:
        value = node.value
        if isinstance(value, float) and not math.isfinite(value):
            raise self._sources.error(node.lineno, "the number is too large", "Write a smaller one.")
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            raise self._sources.error(
                node.lineno, "the text holds half of a surrogate pair", "Write the whole character instead."
            )
        plain: Json = value
        return plain
