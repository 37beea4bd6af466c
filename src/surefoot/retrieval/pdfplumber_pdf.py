"""PDF to Markdown's shape, by pdfplumber: columns in reading order, ruled tables as rows, headings by size.

Only text that is in the file is read: there is no recognition of scanned pages.
"""

import io
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.page import Page
from pdfplumber.table import Table
from pdfplumber.utils.exceptions import PdfminerException

from surefoot.retrieval.ports import ReadText
from surefoot.retrieval.reading_order import TextLine, Word, in_order

MOST_PAGES = 2_000
MOST_LETTERS = 20_000_000
HEADING_SIZE = 1.15
# Letters further apart than this, in letter heights, are of two words: tight setting has small spaces.
SPACE = 0.15
ITEM = re.compile(r"[•‣◦▪●–*-] |\(?\d{1,2}[.)] ")
HEADING_WORDS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """A paragraph or a table. `size` is its letters' height, None for a table."""

    text: str
    size: float | None = None


def read_pdf(content: bytes) -> ReadText:
    """The document's text, and where each page begins in it. Raises ValueError with the reason."""
    try:
        with pdfplumber.open(io.BytesIO(content)) as pdf:
            if len(pdf.pages) > MOST_PAGES:
                raise ValueError(f"it has {len(pdf.pages):,} pages, more than {MOST_PAGES:,}")
            title = str((pdf.metadata or {}).get("Title") or "").strip()
            pages = list(_pages(pdf.pages))
    except Exception as problem:
        raise ValueError(_reason(problem)) from problem
    if not any(pages):
        raise ValueError("it has no text: pages that are pictures are not read")
    return _joined(pages, title)


def _pages(pages: Sequence[Page]) -> Iterator[list[_Block]]:
    letters = 0
    for page in pages:
        letters += len(page.chars)
        if letters > MOST_LETTERS:
            raise ValueError(f"it has more than {MOST_LETTERS:,} letters")
        yield _blocks(page)
        page.close()  # what was parsed of it is let go


def _reason(problem: Exception) -> str:
    inner = problem.args[0] if isinstance(problem, PdfminerException) and problem.args else problem
    if isinstance(inner, PDFPasswordIncorrect):
        return "it is encrypted with a password"
    if isinstance(problem, ValueError) and str(problem).startswith("it "):
        return str(problem)
    return f"it is no PDF that can be read: {inner or type(problem).__name__}"[:200]


def _blocks(page: Page) -> list[_Block]:
    """Paragraphs and tables from top to bottom, column by column; a table's words stand in its rows alone."""
    tables = [table for table in page.find_tables() if len(table.rows) > 1 and len(table.columns) > 1]
    words = [
        Word(
            text=str(word["text"]),
            left=float(word["x0"]),
            right=float(word["x1"]),
            top=float(word["top"]),
            bottom=float(word["bottom"]),
            size=float(word["bottom"]) - float(word["top"]),
        )
        for word in page.extract_words(use_text_flow=False, x_tolerance_ratio=SPACE)
    ]
    outside = [word for word in words if not any(_within(word, table) for table in tables)]
    marks = {_mark(table): table for table in tables}
    blocks: list[_Block] = []
    for lines in in_order([*outside, *marks]):
        found = [marks[word] for line in lines for word in line.words if word in marks]
        blocks.append(_Block(text=_paragraph(lines), size=None if found else lines[0].size))
        blocks += [_Block(text=_rows(table)) for table in found]
    return [block for block in blocks if block.text.strip()]


def _mark(table: Table) -> Word:
    """A word in a table's place, so that the table has its turn in the reading order."""
    left, top, right, bottom = map(float, table.bbox)
    return Word(text="", left=left, right=right, top=top, bottom=bottom, size=bottom - top)


def _within(word: Word, table: Table) -> bool:
    left, top, right, bottom = table.bbox
    return left <= (word.left + word.right) / 2 <= right and top <= (word.top + word.bottom) / 2 <= bottom


def _rows(table: Table) -> str:
    rows = ([" ".join((cell or "").split()) for cell in row] for row in table.extract())
    return "\n".join(" | ".join(row) for row in rows if any(row))


def _paragraph(lines: Sequence[TextLine]) -> str:
    """The lines as running text, an item of a list on a line of its own.

    A word that was parted at a line's end is put together.
    """
    text = ""
    for line in lines:
        if text and ITEM.match(line.text):
            text += f"\n{line.text}"
        elif text.endswith("-") and len(text) > 1 and text[-2].isalpha() and line.text[:1].islower():
            text = text[:-1] + line.text
        else:
            text = f"{text} {line.text}" if text else line.text
    return text


def _joined(pages: Sequence[Sequence[_Block]], title: str) -> ReadText:
    """All pages' text. What is set larger than most of the text, and short, is a heading."""
    sizes = [block.size for page in pages for block in page if block.size for _ in block.text.split()]
    body = statistics.median(sizes) if sizes else 0.0
    larger = sorted({round(size, 1) for size in sizes if size > body * HEADING_SIZE}, reverse=True)
    text, starts = "", []
    for page in pages:
        starts.append(len(text) + (2 if text and page else 0))
        for block in page:
            text += ("\n\n" if text else "") + _written(block, larger)
    return ReadText(
        text=text, structure="markdown", pages=tuple(starts), metadata={"title": title} if title else {}
    )


def _written(block: _Block, larger: Sequence[float]) -> str:
    if block.size is not None and round(block.size, 1) in larger and len(block.text.split()) <= HEADING_WORDS:
        return f"{'#' * min(larger.index(round(block.size, 1)) + 1, 6)} {block.text}"
    return f"\\{block.text}" if block.text.startswith(("#", "```")) else block.text
