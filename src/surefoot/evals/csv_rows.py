"""Rows of a CSV file: its columns by their headers."""

import csv
import io
from collections.abc import Mapping, Sequence

from surefoot.errors import InputError
from surefoot.evals.case_rows import FIELDS, LeftOut, Quote, Row, Rows, split_words

_DELIMITERS = ",;\t|"


def read_csv_rows(content: bytes, columns: Mapping[str, str]) -> Rows:
    """The rows of the file. `columns` names by field the header that has it; by default the field's own name.

    It is in UTF-8, with commas, semicolons, tabs or bars between cells: whichever makes most of the header.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"this CSV file is not in UTF-8: byte {error.start + 1}", remedy="save it as CSV in UTF-8"
        ) from None
    wanted = {field: columns.get(field, field) for field in FIELDS}
    delimiter = _delimiter(text, wanted)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [cell.strip() for cell in next(reader, [])]
    places = _places(header, wanted, columns)
    lost = [name for at, name in enumerate(header) if name and at not in places.values()]
    line = reader.line_num + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(f"line {line}", cells, header, places, lost)
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"line {line} of this CSV file cannot be read: {error}", remedy="mend it there"
        ) from None


def _row(
    place: str, cells: Sequence[str], header: Sequence[str], places: Mapping[str, int], lost: Sequence[str]
) -> Row | LeftOut:
    if len(cells) > len(header):
        reason = (
            f"it has {len(cells)} cells, and the header names {len(header)}: is a quotation mark missing?"
        )
        return LeftOut(place=place, reason=reason)
    filled = {at: cell.strip() for at, cell in enumerate(cells)}
    said = {field: filled.get(at, "") for field, at in places.items()}
    quote, source = said.get("quote", ""), said.get("source", "")
    notes = (f"it names the document {source!r} and no quote of it",) if source and not quote else ()
    return Row(
        place=place,
        question=said["question"],
        reference=said["reference"],
        quotes=(Quote(text=quote, source=source),) if quote else (),
        id=said.get("id", ""),
        kind=said.get("kind", "").lower(),
        cluster=said.get("cluster", ""),
        tags=split_words(said.get("tags", "")),
        split=said.get("split", ""),
        notes=notes,
        lost=tuple(name for name in lost if filled.get(header.index(name))),
    )


def _delimiter(text: str, wanted: Mapping[str, str]) -> str:
    """The sign between cells that makes the most known headers of the first line, and then the most cells."""
    names = {name.casefold() for name in wanted.values()}

    def makes(delimiter: str) -> tuple[int, int]:
        header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
        return sum(cell.strip().casefold() in names for cell in header), len(header)

    return max(_DELIMITERS, key=makes)


def _places(header: Sequence[str], wanted: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, int]:
    """The column of each field that has one; capitals do not matter."""
    known = {name.casefold(): at for at, name in reversed([*enumerate(header)])}
    places = {field: known[name.casefold()] for field, name in wanted.items() if name.casefold() in known}
    for field, name in wanted.items():
        if field not in places and (field in columns or field in ("question", "reference")):
            raise InputError(
                f"this CSV file has no column {name!r}; it has {', '.join(map(repr, header)) or 'none'}",
                remedy=f"say which one it is: --map {field}=HEADER",
            )
    return places
