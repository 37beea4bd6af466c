"""Cases as a file, one JSON object a line: `evals/<suite>/cases.jsonl`.

docs/reference/suites.md has the format.

A case file is part of a pull request, so whatever its bytes are, what comes out is cases or a SettingsError
that names file, line, value and remedy.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import NotFoundError, SettingsError
from surefoot.evals.case_reading import read_case
from surefoot.evals.evidence import stands_in
from surefoot.records import Case, Message
from surefoot.records.strict_json import shown

LARGEST_FILE_BYTES = 32_000_000

Asked = tuple[str, tuple[Message, ...], tuple[str, ...], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleQuote:
    """Evidence that its document no longer holds. `document_is_there` tells a changed one from a gone one."""

    case: str
    source: str
    quote: str
    document_is_there: bool


def load_cases(file: Path) -> tuple[Case, ...]:
    """Every case of the file, in its order. Raises NotFoundError and SettingsError."""
    cases: list[Case] = []
    lines_by_id: dict[str, int] = {}
    lines_by_question: dict[Asked, int] = {}
    for line, content in case_lines(file):
        case = read_case(content, f"{file}:{line}")
        _refuse_second(file, line, f"the id {case.id!r}", lines_by_id.setdefault(case.id, line))
        _refuse_second(
            file,
            line,
            f"the question {shown(case.question)}",
            lines_by_question.setdefault(asked_of(case), line),
        )
        cases.append(case)
    if not cases:
        raise SettingsError(f"{file} holds no case", remedy="write one case a line, as JSON")
    return tuple(cases)


def stale(cases: Sequence[Case], document: Callable[[str], str | None]) -> tuple[StaleQuote, ...]:
    """Every quote that its document no longer holds verbatim; any run of white space counts as one space.

    `document` gives a document's text by its source, as passages are cut from it: for HTML the text that was
    read out of it. None says that there is no such document.
    """
    found = []
    for case in cases:
        for place in (place for fact in case.facts for place in fact.places):
            text = document(place.source)
            if text is None or not stands_in(place.quote, text):
                found.append(
                    StaleQuote(
                        case=case.id,
                        source=place.source,
                        quote=place.quote,
                        document_is_there=text is not None,
                    )
                )
    return tuple(found)


def asked_of(case: Case) -> Asked:
    """What no two cases of a file have alike."""
    return (case.question, case.history, case.groups, case.planted)


def case_lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, counted from 1. Raises NotFoundError and SettingsError."""
    if not file.exists():
        raise NotFoundError(f"there is no {file}", remedy=f"write {file}: one case a line, as JSON")
    try:
        if not file.is_file():
            raise SettingsError(f"{file} is not a file", remedy="put the cases into a file of that name")
        with file.open("rb") as stream:
            content = stream.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be read: {error.strerror}", remedy="let this user read it"
        ) from error
    if len(content) > LARGEST_FILE_BYTES:
        raise SettingsError(
            f"{file} is larger than {LARGEST_FILE_BYTES:,} bytes",
            remedy="split the suite, or shorten its cases",
        )
    for line, written in enumerate(content.split(b"\n"), 1):
        if written.strip():
            yield line, written


def _refuse_second(file: Path, line: int, what: str, first: int) -> None:
    if first != line:
        raise SettingsError(
            f"{file}:{line}: {what} stands in line {first} already",
            remedy="change it, or remove one of the two",
        )
