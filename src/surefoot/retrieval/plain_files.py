"""Readers that need no vendor: text, tables of comma-separated values, JSON Lines."""

import csv
import io
import json
import re
from collections.abc import Iterator

from surefoot.retrieval.ports import ReadText

DELIMITERS = ",;\t|"
MOST_FIELD = 1_000_000
LINE_ENDS = re.compile(r"\r\n?")


def decoded(content: bytes) -> str:
    """UTF-8 text with plain line ends. Raises ValueError with the reason when it is none, or empty."""
    if b"\0" in content:
        raise ValueError("it is not text: it holds NUL bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ValueError(
            f"it is not UTF-8: byte {problem.start} is {content[problem.start]:#04x}"
        ) from problem
    if not text.strip():
        raise ValueError("it is empty")
    return LINE_ENDS.sub("\n", text)


def read_markdown(content: bytes) -> ReadText:
    """Markdown as it is."""
    return ReadText(text=decoded(content), structure="markdown")


def read_plain(content: bytes) -> ReadText:
    """Text as it is."""
    return ReadText(text=decoded(content), structure="text")


def read_csv(content: bytes) -> ReadText:
    """Each row as a paragraph that names its columns, by the first row.

    Columns are parted by whichever of comma, semicolon, tab and bar stands in that row most often.
    """
    text = decoded(content)
    first = text.lstrip().partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    csv.field_size_limit(MOST_FIELD)
    try:
        rows = [
            row
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            if any(map(str.strip, row))
        ]
    except csv.Error as problem:
        raise ValueError(f"it is no table of separated values: {problem}") from problem
    names = [_flat(name) for name in rows[0]]
    if len(rows) == 1:
        return ReadText(text=", ".join(names), structure="rows")
    return ReadText(text="\n\n".join(_row(names, row) for row in rows[1:]), structure="rows")


def read_json_lines(content: bytes) -> ReadText:
    """Each record as a paragraph of `name: value` lines; names within names are joined by dots."""
    records: list[str] = []
    for number, line in enumerate(decoded(content).split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as problem:
            raise ValueError(f"its line {number} is not JSON: {problem}") from problem
        records.append("\n".join(_fields("", value)))
    return ReadText(text="\n\n".join(filter(None, records)), structure="rows")


def _row(names: list[str], row: list[str]) -> str:
    named = [
        (names[at] if at < len(names) and names[at] else f"column {at + 1}", _flat(cell))
        for at, cell in enumerate(row)
    ]
    return "\n".join(f"{name}: {cell}" for name, cell in named if cell)


def _fields(name: str, value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _fields(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for at, inner in enumerate(value, 1):
            yield from _fields(f"{name}.{at}" if name else str(at), inner)
    else:
        words = ", ".join(map(_word, value)) if isinstance(value, list) else _word(value)
        if words:
            yield f"{name}: {words}" if name else words


def _word(value: object) -> str:
    return _flat(value) if isinstance(value, str) else "" if value is None else json.dumps(value)


def _flat(text: str) -> str:
    return " ".join(text.split())
