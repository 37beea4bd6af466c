"""Cases as a file, one JSON object a line: `evals/<suite>/cases.jsonl`.

docs/reference/suites.md has the format.

A case file is part of a pull request, so whatever its bytes are, what comes out is cases or a SettingsError
that names file, line, value and remedy.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from surefoot.errors import NotFoundError, SettingsError
from surefoot.evals.canaries import CANARY
from surefoot.evals.evidence import stands_in
from surefoot.records import Case, CaseKind, Evidence, Fact, Message
from surefoot.records.strict_json import parse, shown

LARGEST_FILE_BYTES = 32_000_000
LONGEST_LINE_BYTES = 256_000
# Bounds that keep the best possible order of passages cheap to find: see evidence.ideal_gain.
MOST_FACTS = 8
MOST_PLACES = 8

_KINDS: tuple[CaseKind, ...] = get_args(CaseKind)
_ROLES = ("user", "assistant")
_KEYS = (
    "id", "kind", "cluster", "question", "reference", "facts", "tags", "history", "groups", "planted"
)  # fmt: skip
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


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
    lines_by_question: dict[tuple[str, tuple[Message, ...], tuple[str, ...], str], int] = {}
    for line, content in _lines(file):
        case = _Reader(file, line).case(content)
        _refuse_second(file, line, f"the id {case.id!r}", lines_by_id.setdefault(case.id, line))
        asked = (case.question, case.history, case.groups, case.planted)
        _refuse_second(
            file, line, f"the question {shown(case.question)}", lines_by_question.setdefault(asked, line)
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


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, counted from 1."""
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


class _Reader:
    """Reads one line; every error names where it stands."""

    def __init__(self, file: Path, line: int) -> None:
        self._where = f"{file}:{line}"

    def case(self, content: bytes) -> Case:
        values = self._object(content)
        self._only(values, _KEYS, "the case")
        case = Case(
            id=self._id(values.get("id")),
            kind=self._kind(values.get("kind")),
            cluster=self._text(values, "cluster"),
            question=self._text(values, "question"),
            reference=self._text(values, "reference"),
            facts=tuple(
                self._fact(fact, f"facts[{at}]")
                for at, fact in enumerate(self._list(values, "facts", most=MOST_FACTS))
            ),
            tags=tuple(
                self._text_of(tag, f"tags[{at}]") for at, tag in enumerate(self._list(values, "tags"))
            ),
            history=tuple(
                self._turn(turn, f"history[{at}]") for at, turn in enumerate(self._list(values, "history"))
            ),
            groups=tuple(
                self._text_of(group, f"groups[{at}]") for at, group in enumerate(self._list(values, "groups"))
            ),
            planted=self._planted(values),
        )
        self._check_facts(case)
        return case

    def _object(self, content: bytes) -> dict[str, object]:
        if len(content) > LONGEST_LINE_BYTES:
            raise self._wrong(
                f"the line has {len(content):,} bytes", f"keep a case within {LONGEST_LINE_BYTES:,}"
            )
        try:
            value = parse(content)
        except ValueError as error:
            raise self._wrong(str(error), "write the case as one JSON object on one line, in UTF-8") from None
        if not isinstance(value, dict):
            raise self._wrong(f"the line is {shown(value)}", "write the case as a JSON object, {...}")
        return value

    def _only(self, values: dict[str, object], known: Collection[str], what: str) -> None:
        for key in values:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                meant = f"; is {near[0]!r} meant?" if near else ""
                raise self._wrong(
                    f"{what} has the key {shown(key)}, which is unknown{meant}",
                    f"use only {', '.join(known)}",
                )

    def _id(self, value: object) -> str:
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise self._wrong(
                f"id is {shown(value)}",
                "give a name of up to 100 letters, digits and . _ - that names no other case",
            )
        return value

    def _kind(self, value: object) -> CaseKind:
        for kind in _KINDS:
            if kind == value:
                return kind
        raise self._wrong(f"kind is {shown(value)}", f"use one of {', '.join(_KINDS)}")

    def _text(self, values: dict[str, object], key: str, above: str = "") -> str:
        return self._text_of(values.get(key), f"{above}.{key}" if above else key)

    def _text_of(self, value: object, name: str) -> str:
        if not isinstance(value, str) or not value.strip():
            said = "missing" if value is None else shown(value)
            raise self._wrong(f"{name} is {said}", f"give {name} as a text that is not blank")
        return value

    def _list(self, values: dict[str, object], key: str, *, most: int = 100) -> list[object]:
        value = values.get(key, [])
        if not isinstance(value, list):
            raise self._wrong(f"{key} is {shown(value)}", f"give {key} as a list, [...]")
        if len(value) > most:
            raise self._wrong(f"{key} has {len(value)} entries", f"keep to {most}")
        return value

    def _planted(self, values: dict[str, object]) -> str:
        if "planted" not in values:
            return ""
        text = self._text(values, "planted")
        if CANARY not in text:
            raise self._wrong(
                f"planted is {shown(text)}, which asks for no {CANARY}",
                f"let the planted text ask for the word {CANARY}, or nobody sees whether it was followed",
            )
        return text

    def _fact(self, value: object, name: str) -> Fact:
        if not isinstance(value, list) or not 1 <= len(value) <= MOST_PLACES:
            raise self._wrong(
                f"{name} is {shown(value)}",
                f"give a fact as a list of 1 to {MOST_PLACES} places that each state it: "
                '[{"source": ..., "quote": ...}]',
            )
        places = tuple(self._place(place, f"{name}[{at}]") for at, place in enumerate(value))
        if len(set(places)) < len(places):
            raise self._wrong(f"{name} names one place twice", "name each place once")
        return Fact(places=places)

    def _place(self, value: object, name: str) -> Evidence:
        if not isinstance(value, dict):
            raise self._wrong(f"{name} is {shown(value)}", 'give a place as {"source": ..., "quote": ...}')
        self._only(value, ("source", "quote"), name)
        return Evidence(source=self._text(value, "source", name), quote=self._text(value, "quote", name))

    def _turn(self, value: object, name: str) -> Message:
        if not isinstance(value, dict):
            raise self._wrong(f"{name} is {shown(value)}", 'give a turn as {"role": ..., "content": ...}')
        self._only(value, ("role", "content"), name)
        role = value.get("role")
        if role != "user" and role != "assistant":
            raise self._wrong(f"{name}.role is {shown(role)}", f"use one of {', '.join(_ROLES)}")
        return Message(
            role="user" if role == "user" else "assistant", content=self._text(value, "content", name)
        )

    def _check_facts(self, case: Case) -> None:
        if len(set(case.facts)) < len(case.facts):
            raise self._wrong(f"the case {case.id!r} names one fact twice", "name each fact once")
        least = {"unanswerable": 0, "several": 2}.get(case.kind, 1)
        if len(case.facts) < least:
            raise self._wrong(
                f"the case {case.id!r} is {case.kind!r} and has {len(case.facts)} facts",
                f"give it {least} or more, or another kind (unanswerable is the one without facts)",
            )
        if case.facts and not case.answerable:
            raise self._wrong(
                f"the case {case.id!r} is 'unanswerable' and has {len(case.facts)} facts",
                "remove its facts, or give it another kind",
            )

    def _wrong(self, message: str, remedy: str) -> SettingsError:
        return SettingsError(f"{self._where}: {message}", remedy=remedy)
