"""Word documents (DOCX) to Markdown's shape, by python-docx: headings, lists and tables in their order."""

import io
import re
import zipfile
from collections.abc import Iterator

import docx
from docx.table import Table
from docx.text.paragraph import Paragraph

from surefoot.retrieval.ports import ReadText

MOST_UNPACKED = 200_000_000
HEADING = re.compile(r"heading (\d)", re.IGNORECASE)


def read_docx(content: bytes) -> ReadText:
    """The document's text. Raises ValueError with the reason when it cannot be read."""
    _check_size(content)
    try:
        document = docx.Document(io.BytesIO(content))
        blocks = [block for block in _blocks(document.iter_inner_content()) if block.strip()]
        title = (document.core_properties.title or "").strip()
    except Exception as problem:
        raise ValueError(f"it is no Word document that can be read: {problem}"[:200]) from problem
    if not blocks:
        raise ValueError("it has no readable text")
    return ReadText(
        text="\n\n".join(blocks), structure="markdown", metadata={"title": title} if title else {}
    )


def _check_size(content: bytes) -> None:
    """Refuse what unpacks to far more than it is, before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            unpacked = sum(part.file_size for part in package.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as problem:
        raise ValueError("it is no Word document: it is not a ZIP package") from problem
    if unpacked > MOST_UNPACKED:
        raise ValueError(f"it unpacks to {unpacked:,} bytes, more than {MOST_UNPACKED:,}")


def _blocks(parts: Iterator[Paragraph | Table]) -> Iterator[str]:
    """Paragraphs and tables in order; items of one list stand together."""
    items: list[str] = []
    for part in parts:
        item = _item(part) if isinstance(part, Paragraph) else None
        if item is not None:
            items.append(item)
            continue
        yield "\n".join(items)
        items = []
        yield _rows(part) if isinstance(part, Table) else _paragraph(part)
    yield "\n".join(items)


def _style(paragraph: Paragraph) -> str:
    return paragraph.style.name or "" if paragraph.style is not None else ""


def _item(paragraph: Paragraph) -> str | None:
    text = _flat(paragraph.text)
    return f"- {text}" if text and _style(paragraph).startswith("List") else None


def _paragraph(paragraph: Paragraph) -> str:
    style, text = _style(paragraph), _flat(paragraph.text)
    if text and style == "Title":
        return f"# {text}"
    if text and (heading := HEADING.fullmatch(style)):
        return f"{'#' * min(int(heading[1]), 6)} {text}"
    return f"\\{text}" if text.startswith(("#", "```")) else text


def _rows(table: Table) -> str:
    """A row a line; a cell that spans several columns or rows stands once in each row."""
    lines = []
    for row in table.rows:
        cells = dict.fromkeys(cell._tc for cell in row.cells)
        texts = {cell._tc: _flat(cell.text) for cell in row.cells}
        lines.append(" | ".join(texts[cell] for cell in cells))
    return "\n".join(line for line in lines if line.strip(" |"))


def _flat(text: str) -> str:
    return " ".join(text.split())
