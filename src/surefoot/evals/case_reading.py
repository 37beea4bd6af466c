"""One case as it is written: a JSON object on one line. docs/reference/suites.md has the format.

docs/reference/case.schema.json says the same to editors; `case_schema` makes it from what stands here.
"""

import difflib
import re
from collections.abc import Collection, Mapping
from typing import get_args

from surefoot.errors import SettingsError
from surefoot.evals.canaries import CANARY
from surefoot.records import Case, CaseKind, CaseStatus, Evidence, Fact, Message
from surefoot.records.strict_json import parse, shown

LONGEST_LINE_BYTES = 256_000
# Bounds that keep the best possible order of passages cheap to find: see evidence.ideal_gain.
MOST_FACTS = 8
MOST_PLACES = 8
MOST_ENTRIES = 100
MOST_ORIGINS = 20
LONGEST_ORIGIN = 1_000

KINDS: tuple[CaseKind, ...] = get_args(CaseKind)
STATUSES: tuple[CaseStatus, ...] = get_args(CaseStatus)
FEWEST_FACTS: Mapping[CaseKind, int] = {"unanswerable": 0, "single": 1, "several": 2, "misleading": 1}
ROLES = ("user", "assistant")
KEYS = (
    "id", "kind", "cluster", "question", "reference", "facts", "tags", "history", "groups", "planted",
    "split", "provenance", "status",
)  # fmt: skip
ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_ID = re.compile(ID)


def read_case(content: bytes, where: str) -> Case:
    """The case on a line; `where` says in errors which line it is. Raises SettingsError."""
    return _Reader(where).case(content)


class _Reader:
    """Reads one line; every error names where it stands."""

    def __init__(self, where: str) -> None:
        self._where = where

    def case(self, content: bytes) -> Case:
        values = self._object(content)
        self._only(values, KEYS, "the case")
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
            split=self._text(values, "split") if "split" in values else "",
            provenance=self._provenance(values),
            status=self._status(values.get("status", STATUSES[0])),
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
        for kind in KINDS:
            if kind == value:
                return kind
        raise self._wrong(f"kind is {shown(value)}", f"use one of {', '.join(KINDS)}")

    def _status(self, value: object) -> CaseStatus:
        for status in STATUSES:
            if status == value:
                return status
        raise self._wrong(f"status is {shown(value)}", f"use one of {', '.join(STATUSES)}, or leave it out")

    def _provenance(self, values: dict[str, object]) -> str | Mapping[str, str]:
        """Where the case came from: in words, or as texts by name."""
        value = values.get("provenance", "")
        if "provenance" not in values:
            return ""
        if not isinstance(value, dict):
            return self._origin(value, "provenance")
        if not 1 <= len(value) <= MOST_ORIGINS or not all(name.strip() for name in value):
            raise self._wrong(
                f"provenance is {shown(value)}", f"give it 1 to {MOST_ORIGINS} texts, each under a name"
            )
        return {name: self._origin(text, f"provenance.{name}") for name, text in value.items()}

    def _origin(self, value: object, name: str) -> str:
        text = self._text_of(value, name)
        if len(text) > LONGEST_ORIGIN:
            raise self._wrong(f"{name} has {len(text):,} characters", f"keep it within {LONGEST_ORIGIN:,}")
        return text

    def _text(self, values: dict[str, object], key: str, above: str = "") -> str:
        return self._text_of(values.get(key), f"{above}.{key}" if above else key)

    def _text_of(self, value: object, name: str) -> str:
        if not isinstance(value, str) or not value.strip():
            said = "missing" if value is None else shown(value)
            raise self._wrong(f"{name} is {said}", f"give {name} as a text that is not blank")
        return value

    def _list(self, values: dict[str, object], key: str, *, most: int = MOST_ENTRIES) -> list[object]:
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
            raise self._wrong(f"{name}.role is {shown(role)}", f"use one of {', '.join(ROLES)}")
        return Message(
            role="user" if role == "user" else "assistant", content=self._text(value, "content", name)
        )

    def _check_facts(self, case: Case) -> None:
        if len(set(case.facts)) < len(case.facts):
            raise self._wrong(f"the case {case.id!r} names one fact twice", "name each fact once")
        least = FEWEST_FACTS[case.kind] if case.accepted else 0
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
