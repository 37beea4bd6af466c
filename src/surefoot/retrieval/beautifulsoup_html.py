"""HTML to the text a person reads, in Markdown's shape: `#` headings, `-` items, `a | b` table rows.

The parser of Markdown then cuts it like any other document. Scripts, styles and navigation are left out.
"""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from surefoot.retrieval.plain_files import decoded
from surefoot.retrieval.ports import ReadText

LEFT_OUT = frozenset(
    ["head", "title", "nav", "script", "style", "template", "noscript", "svg", "iframe", "select"]
)
HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
BLOCKS = frozenset(
    """address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption
    figure footer form header hr html li main ol p section summary tbody tfoot thead ul""".split()
)
# A line of a page that Markdown would take for a heading or a fence.
MARKUP = re.compile(r"^(#+\s|```)", re.MULTILINE)


def read_html(content: bytes) -> ReadText:
    """The page's text. Raises ValueError with the reason when it cannot be read."""
    return ReadText(text=readable_text(decoded(content)), structure="markdown")


def readable_text(html: str) -> str:
    """The page's text, blocks apart by a blank line. Raises ValueError when it is nested beyond reading."""
    soup = BeautifulSoup(html, "html.parser")
    try:
        blocks = list(_blocks(soup))
    except RecursionError:
        raise ValueError("its HTML is nested too deeply to read") from None
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    if title and not soup.find(list(HEADINGS)):
        blocks.insert(0, f"# {title}")
    return "\n\n".join(block for block in blocks if block.strip())


def _blocks(element: Tag) -> Iterator[str]:
    """The blocks below an element in order; text that stands between blocks is a block too."""
    line: list[str] = []
    for child in element.children:
        whole = _whole_block(child)
        if whole is None and not _holds_blocks(child):
            line.append(_inline(child))
            continue
        yield _paragraph(line)
        line = []
        if whole is not None:
            yield whole
        elif isinstance(child, Tag):
            yield from _blocks(child)
    yield _paragraph(line)


def _whole_block(child: PageElement) -> str | None:
    """A heading, list, table or preformatted text as one block; None for anything else."""
    if not isinstance(child, Tag):
        return None
    if child.name in HEADINGS:
        heading = _flat(_inline(child))
        return f"{HEADINGS[child.name]} {heading}" if heading else ""
    if child.name == "pre":
        return f"```\n{child.get_text().strip(chr(10)).replace('```', '` ` `')}\n```"
    if child.name == "table":
        return "\n".join(_rows(child))
    if child.name in ("ul", "ol"):
        return "\n".join(_items(child, ""))
    return None


def _holds_blocks(child: PageElement) -> bool:
    if not isinstance(child, Tag) or child.name in LEFT_OUT:
        return False
    return child.name in BLOCKS or child.find([*BLOCKS, *HEADINGS, "pre", "table"]) is not None


def _rows(table: Tag) -> Iterator[str]:
    if caption := table.find("caption"):
        yield _flat(caption.get_text(" "))
    for row in table.find_all("tr"):
        cells = [cell for cell in row.find_all(["th", "td"]) if cell.find_parent("tr") is row]
        texts = [_own_text(cell, ("th", "td", "tr", "table")) for cell in cells]
        if any(texts):
            yield " | ".join(texts)


def _items(listing: Tag, indent: str) -> Iterator[str]:
    for number, item in enumerate(_siblings(listing), 1):
        mark = f"{number}." if listing.name == "ol" else "-"
        yield f"{indent}{mark} {_own_text(item, ('ul', 'ol', 'li'))}"
        for nested in item.find_all(["ul", "ol"], recursive=False):
            yield from _items(nested, indent + "   ")


def _siblings(parent: Tag) -> Iterator[Tag]:
    """List items in order. One whose end tag was left out holds the next one, as the page is parsed."""
    for item in parent.find_all("li", recursive=False):
        yield item
        yield from _siblings(item)


def _own_text(element: Tag, without: tuple[str, ...]) -> str:
    """The text of an item or a cell on one line, without the ones that are nested in it."""
    own = (child for child in element.children if not (isinstance(child, Tag) and child.name in without))
    return _flat("".join(_inline(child) for child in own))


def _inline(child: PageElement) -> str:
    """An element's text; a line break stays one, all other white space is for `_paragraph` to settle."""
    if isinstance(child, PreformattedString):  # comments, doctypes and the like
        return ""
    if isinstance(child, NavigableString):
        return child.replace("\n", " ")
    if not isinstance(child, Tag) or child.name in LEFT_OUT:
        return ""
    if child.name == "br":
        return "\n"
    apart = " " if child.name in BLOCKS or child.name in ("tr", "td", "th") else ""
    return apart + "".join(_inline(inner) for inner in child.children) + apart


def _paragraph(line: list[str]) -> str:
    text = "\n".join(" ".join(part.split()) for part in "".join(line).split("\n")).strip()
    return MARKUP.sub(r"\\\1", text)


def _flat(text: str) -> str:
    return " ".join(text.split())
