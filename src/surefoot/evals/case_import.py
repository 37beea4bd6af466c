"""Rows of another tool's file as proposed cases, or left out with the reason: none goes in silence."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from surefoot.errors import SettingsError
from surefoot.evals.case_lint import Documents
from surefoot.evals.case_reading import ID, LONGEST_ORIGIN, MOST_FACTS, MOST_PLACES
from surefoot.evals.case_rows import LeftOut, Quote, Row
from surefoot.evals.case_writing import drafted, facts_form, free_id
from surefoot.evals.cases import Asked, asked_of
from surefoot.evals.evidence import spaced, times_in
from surefoot.records import Case, Evidence, Fact
from surefoot.records.encoding import plain
from surefoot.records.strict_json import shown

# What stands for a document that nobody knows; lint calls such a quote stale.
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A row that became a case. `notes` say what to look at before it is accepted."""

    place: str
    case: Case
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of every row, in the file's order, and how many rows lost what a case cannot hold."""

    rows: tuple[Taken | LeftOut, ...]
    lost: Mapping[str, int]

    @property
    def taken(self) -> tuple[Taken, ...]:
        """The rows that became cases."""
        return tuple(row for row in self.rows if isinstance(row, Taken))

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """The rows that did not."""
        return tuple(row for row in self.rows if isinstance(row, LeftOut))


def import_rows(
    rows: Iterable[Row | LeftOut], there: Sequence[Case], documents: Documents, origin: Mapping[str, str]
) -> Imported:
    """Make cases of the rows that the suite does not have yet. `origin` is where all of them come from."""
    taking = _Taking(there, documents, origin)
    lost: Counter[str] = Counter()
    made: list[Taken | LeftOut] = []
    for row in rows:
        became = row if isinstance(row, LeftOut) else taking.take(row)
        made.append(became)
        if isinstance(row, Row) and isinstance(became, Taken):
            lost.update(set(row.lost))
    return Imported(rows=tuple(made), lost=dict(sorted(lost.items())))


class _Taking:
    """Takes row after row; what is taken counts as there for the next."""

    def __init__(self, there: Sequence[Case], documents: Documents, origin: Mapping[str, str]) -> None:
        self._origin = origin
        self._texts = {source: spaced(text) for source, text in documents.texts.items()}
        self._ids = {case.id for case in there}
        self._asked: dict[Asked, str] = {asked_of(case): case.id for case in there}

    def take(self, row: Row) -> Taken | LeftOut:
        """The row as a case, or why it is none."""
        for what, text in (("question", row.question), ("reference answer", row.reference)):
            if not text.strip():
                return LeftOut(place=row.place, reason=f"it has no {what}")
        notes = [*row.notes]
        name = self._id(row, notes)
        if name in self._ids:
            return LeftOut(place=row.place, reason=f"the suite has a case {name!r} already")
        facts = self._facts(row, notes)
        try:
            case = self._case(row, name, facts)
        except SettingsError as error:
            return LeftOut(place=row.place, reason=error.message.removeprefix(f"{row.place}: "))
        twin = self._asked.setdefault(asked_of(case), name)
        if twin != name:
            return LeftOut(place=row.place, reason=f"its question is that of {twin!r}")
        self._ids.add(name)
        return Taken(place=row.place, case=case, notes=tuple(notes))

    def _id(self, row: Row, notes: list[str]) -> str:
        if not row.id:
            return free_id(row.question, self._ids)
        if re.fullmatch(ID, row.id):
            return row.id
        name = free_id(row.id, self._ids)
        notes.append(f"its id {shown(row.id)} cannot be one here: it is called {name!r}")
        return name

    def _facts(self, row: Row, notes: list[str]) -> tuple[Fact, ...]:
        found = tuple(dict.fromkeys(self._fact(quote, notes) for quote in row.quotes))
        if len(found) > MOST_FACTS:
            notes.append(f"it has {len(found)} quotes: the first {MOST_FACTS} are taken")
        if not found and row.kind != "unanswerable":
            notes.append("it has no evidence yet: add the quotes that answer it")
        return found[:MOST_FACTS]

    def _fact(self, quote: Quote, notes: list[str]) -> Fact:
        """The places of the quote: where the row says, else every document that holds it."""
        text = spaced(quote.text)
        if quote.source:
            if not times_in(text, self._texts.get(quote.source, "")):
                there = "" if quote.source in self._texts else ", which is no document here"
                notes.append(f"its quote {shown(text)} is not in {quote.source!r}{there}")
            sources = [quote.source]
        else:
            sources = [source for source, content in self._texts.items() if times_in(text, content)]
            if not sources:
                notes.append(f"its quote {shown(text)} is in no document: its source is {UNKNOWN!r}")
                sources = [UNKNOWN]
        return Fact(places=tuple(Evidence(source=source, quote=text) for source in sources[:MOST_PLACES]))

    def _case(self, row: Row, name: str, facts: Sequence[Fact]) -> Case:
        first = facts[0].places[0].source if facts else UNKNOWN
        origin = {**self._origin, "row": row.place, **row.origin}
        return drafted(
            {
                "id": name,
                "kind": row.kind or ("several" if len(facts) > 1 else "single"),
                "cluster": row.cluster or (name if first == UNKNOWN else first),
                "question": row.question,
                "reference": row.reference,
                "facts": facts_form(facts),
                "tags": list(row.tags),
                "history": plain(row.history),
                "split": row.split,
                "provenance": {key: text[:LONGEST_ORIGIN] for key, text in origin.items()},
                "status": "proposed",
            },
            row.place,
        )
