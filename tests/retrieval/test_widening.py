"""Small passages are found, wider ones are shown."""

from hypothesis import given
from hypothesis import strategies as st

from surefoot.records import Passage
from surefoot.retrieval.widening import widened

TEXT = "one. two.\n\nthree. four.\nfive. six."
SPANS = [(0, 4), (5, 9), (11, 17), (18, 23), (24, 29), (30, 34)]


def passages(source: str) -> list[Passage]:
    return [
        Passage(
            id=f"{source}{at}",
            source=source,
            start=start,
            end=end,
            text=TEXT[start:end],
            page=at // 3 + 1,
            suspicions=("orders",) if at == 2 else (),
        )
        for at, (start, end) in enumerate(SPANS)
    ]


ALL = [*passages("a.md"), *passages("b.md")]
TEXTS = {"a.md": TEXT, "b.md": TEXT}


def test_a_passage_gets_what_stands_around_it_exactly_as_the_document_has_it() -> None:
    (shown,) = widened(ALL, [3], 1, TEXTS)

    assert shown.text == "three. four.\nfive."
    assert (shown.id, shown.start, shown.end, shown.page) == ("a.md3", 11, 29, 1)
    assert shown.suspicions == ("orders",), "a suspicion of what was added holds for the whole"


def test_it_stops_at_the_ends_of_its_document() -> None:
    first, last = widened(ALL, [6, 5], 3, TEXTS)

    assert (first.source, first.text) == ("b.md", "one. two.\n\nthree. four.")
    assert (last.source, last.text) == ("a.md", "three. four.\nfive. six.")


@given(
    st.lists(st.integers(0, len(ALL) - 1), unique=True, max_size=6),
    st.integers(0, 4),
)
def test_nothing_is_shown_twice_and_what_was_found_stays(places: list[int], neighbours: int) -> None:
    shown = widened(ALL, places, neighbours, TEXTS)

    assert [one.id for one in shown] == [ALL[place].id for place in places]
    letters = [(one.source, at) for one in shown for at in range(one.start, one.end) if TEXT[at].isalpha()]
    assert len(letters) == len(set(letters))
    assert all(one.text == TEXT[one.start : one.end] for one in shown)
