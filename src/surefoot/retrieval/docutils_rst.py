"""reStructuredText to Markdown's shape, by docutils. No directive of a document reaches a file or is run."""

from collections.abc import Callable, Iterator

from docutils import nodes
from docutils.core import publish_doctree

from surefoot.retrieval.plain_files import decoded
from surefoot.retrieval.ports import ReadText

HARMLESS = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "report_level": 5,
    "halt_level": 5,
    "warning_stream": False,
    "doctitle_xform": False,
    "sectsubtitle_xform": False,
    "syntax_highlight": "none",
    "line_length_limit": 1_000_000,
}
LEFT_OUT = (nodes.comment, nodes.system_message, nodes.substitution_definition, nodes.target, nodes.raw)


def read_rst(content: bytes) -> ReadText:
    """The document's text. Raises ValueError when docutils cannot read it."""
    text = decoded(content)
    try:
        tree = publish_doctree(text, settings_overrides=dict(HARMLESS))
    except Exception as problem:
        raise ValueError(f"it is no reStructuredText that can be read: {problem}"[:200]) from problem
    blocks = [block for block in _blocks(tree, 1) if block.strip()]
    if not blocks:
        raise ValueError("it has no readable text")
    return ReadText(text="\n\n".join(blocks), structure="markdown")


def _blocks(node: nodes.Element, level: int) -> Iterator[str]:
    for child in node.children:
        if isinstance(child, LEFT_OUT) or not isinstance(child, nodes.Element):
            continue
        if isinstance(child, nodes.section):
            yield from _blocks(child, level + 1)
        elif isinstance(child, nodes.title):
            yield f"{'#' * min(max(level - 1, 1), 6)} {_line(child)}"
        else:
            yield _block(child, level)


def _block(node: nodes.Element, level: int) -> str:
    for kind, written in WRITTEN.items():
        if isinstance(node, kind):
            return written(node)
    if isinstance(node, nodes.TextElement):
        return _guarded(_line(node))
    return "\n\n".join(filter(None, _blocks(node, level)))


def _literal(node: nodes.Element) -> str:
    return f"```\n{node.astext().replace('```', '` ` `')}\n```"


def _bullets(node: nodes.Element) -> str:
    return "\n".join(f"- {_item(item)}" for item in node.children if isinstance(item, nodes.Element))


def _numbered(node: nodes.Element) -> str:
    items = [item for item in node.children if isinstance(item, nodes.Element)]
    return "\n".join(f"{number}. {_item(item)}" for number, item in enumerate(items, 1))


def _rows(node: nodes.Element) -> str:
    rows = (
        " | ".join(_item(cell) for cell in row.children if isinstance(cell, nodes.Element))
        for row in node.findall(nodes.row)
    )
    return "\n".join(filter(str.strip, rows))


def _definitions(node: nodes.Element) -> str:
    return "\n".join(
        ": ".join(filter(None, (_item(part) for part in item.children if isinstance(part, nodes.Element))))
        for item in node.children
        if isinstance(item, nodes.Element)
    )


def _item(node: nodes.Element) -> str:
    """An item's or a cell's whole text on one line."""
    return " ".join(" ".join(_blocks(node, 1)).split()) or _line(node)


def _line(node: nodes.Element) -> str:
    return " ".join(node.astext().split())


def _guarded(line: str) -> str:
    return f"\\{line}" if line.startswith(("#", "```")) else line


WRITTEN: dict[type[nodes.Element], Callable[[nodes.Element], str]] = {
    nodes.literal_block: _literal,
    nodes.doctest_block: _literal,
    nodes.bullet_list: _bullets,
    nodes.enumerated_list: _numbered,
    nodes.table: _rows,
    nodes.definition_list: _definitions,
    nodes.field_list: _definitions,
}
