"""Rows become proposed cases or are left out with the reason, and no row goes in silence."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evals.examples import case_of, fact

from surefoot.evals.case_import import Imported, Taken, import_rows
from surefoot.evals.case_lint import Documents
from surefoot.evals.case_reading import read_case
from surefoot.evals.case_rows import LeftOut, Quote, Row
from surefoot.evals.case_writing import case_line
from surefoot.records import Case

DOCUMENTS = Documents(
    app="answers", texts={"a.md": "Codes are good for\nten minutes.", "b.md": "Not ten  minutes."}, unread={}
)
ORIGIN = {"from": "csv", "file": "ours.csv"}
THERE = (case_of(fact(("a.md", "ten minutes")), id="there", question="How many?"),)


def row(question: str = "How long?", place: str = "line 2", **said: object) -> Row:
    return Row(place=place, question=question, reference="Ten minutes.", **said)  # type: ignore[arg-type]


def brought(*rows: Row | LeftOut, there: Sequence[Case] = THERE) -> Imported:
    return import_rows(rows, there, DOCUMENTS, ORIGIN)


def taken(one: Row) -> Taken:
    (made,) = brought(one).rows
    assert isinstance(made, Taken), made
    return made


def reason(one: Row) -> str:
    (made,) = brought(one).rows
    assert isinstance(made, LeftOut), made
    return made.reason


def test_a_row_becomes_a_proposed_case_that_says_where_it_comes_from() -> None:
    made = taken(row(quotes=(Quote(text="ten minutes", source="a.md"),), tags=("x",), origin={"item": "7"}))

    assert (made.case.id, made.case.kind, made.case.cluster, made.notes) == ("how-long", "single", "a.md", ())
    assert made.case.status == "proposed" and made.case.tags == ("x",)
    assert made.case.provenance == {**ORIGIN, "row": "line 2", "item": "7"}
    assert made.case.facts == (fact(("a.md", "ten minutes")),)


def test_a_quote_without_a_document_has_every_document_that_holds_it() -> None:
    made = taken(row(quotes=(Quote(text="ten\n minutes"), Quote(text="Codes are good"))))

    assert made.case.facts == (
        fact(("a.md", "ten minutes"), ("b.md", "ten minutes")),
        fact(("a.md", "Codes are good")),
    )
    assert made.case.kind == "several" and made.notes == ()


@pytest.mark.parametrize(
    ("quote", "source", "said"),
    [
        (Quote(text="an hour", source="a.md"), "a.md", "is not in 'a.md'"),
        (Quote(text="an hour", source="z.md"), "z.md", "is not in 'z.md', which is no document here"),
        (Quote(text="an hour"), "unknown", "is in no document: its source is 'unknown'"),
    ],
)
def test_a_quote_that_no_document_holds_comes_in_with_a_note(quote: Quote, source: str, said: str) -> None:
    made = taken(row(quotes=(quote,)))

    assert made.case.facts == (fact((source, "an hour")),)
    assert len(made.notes) == 1 and said in made.notes[0]
    assert made.case.cluster == ("how-long" if source == "unknown" else source)


def test_a_row_without_evidence_says_that_it_has_none_yet() -> None:
    made = taken(row())
    silent = taken(row(kind="unanswerable"))

    assert made.case.kind == "single" and "no evidence yet" in made.notes[0]
    assert silent.case.kind == "unanswerable" and silent.notes == ()


def test_quotes_beyond_what_a_case_holds_are_told() -> None:
    made = taken(row(quotes=tuple(Quote(text=str(number), source="a.md") for number in range(9))))

    assert len(made.case.facts) == 8 and "it has 9 quotes: the first 8 are taken" in made.notes


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (Row(place="1", question=" ", reference="x"), "it has no question"),
        (Row(place="1", question="x", reference=""), "it has no reference answer"),
        (row(id="there"), "the suite has a case 'there' already"),
        (row("How many?"), "its question is that of 'there'"),
        (row(kind="easy"), "kind is 'easy'"),
        (
            row(kind="unanswerable", quotes=(Quote(text="x", source="a.md"),)),
            "is 'unanswerable' and has 1 facts",
        ),
    ],
)
def test_a_row_that_is_no_case_is_left_out_with_the_reason(one: Row, said: str) -> None:
    assert said in reason(one)


def test_an_id_that_cannot_be_one_is_made_one_with_a_note() -> None:
    made = taken(row(id="ticket #7: codes"))

    assert made.case.id == "ticket-7-codes" and "'ticket #7: codes'" in made.notes[0]


def test_what_was_brought_once_is_not_brought_again() -> None:
    rows = [row(), row("How short?", place="line 3"), row(place="line 4")]
    first = brought(*rows)

    again = brought(*rows, there=[*THERE, *(one.case for one in first.taken)])

    assert [one.place for one in first.left_out] == ["line 4"] and len(first.taken) == 2
    assert again.taken == () and len(again.left_out) == 3


def test_what_a_case_cannot_hold_is_counted_over_the_rows_that_are_taken() -> None:
    found = brought(row(lost=("a", "b", "a")), row("Two?", lost=("b",)), row(" ", lost=("c",)))

    assert found.lost == {"a": 1, "b": 2}


texts = st.text(max_size=12)
said: Mapping[str, st.SearchStrategy[object]] = {
    "question": texts,
    "reference": texts,
    "id": st.sampled_from(["", "a", "a b", "é", "there"]),
    "kind": st.sampled_from(["", "single", "several", "unanswerable", "odd"]),
    "cluster": texts,
    "tags": st.lists(texts, max_size=2).map(tuple),
    "split": texts,
    "origin": st.dictionaries(texts, texts, max_size=2),
    "quotes": st.lists(st.builds(Quote, text=texts, source=texts), max_size=3).map(tuple),
}


@given(st.lists(st.builds(Row, place=st.just("row"), **said), max_size=5))
def test_whatever_a_row_says_it_is_taken_or_left_out_and_what_is_taken_loads(rows: list[Row]) -> None:
    found = brought(*rows)

    assert len(found.rows) == len(rows)
    assert [read_case(case_line(one.case), "1") for one in found.taken] == [one.case for one in found.taken]
    assert len({one.case.id for one in found.taken} | {"there"}) == len(found.taken) + 1
