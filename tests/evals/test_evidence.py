"""Facts and passages laid over each other: whichever way a document is cut, what is held is the same."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.evals.examples import case_of, fact, passage_of

from surefoot.evals.evidence import covered_characters, first_ranks, gain, holds, ideal_gain, stands_in
from surefoot.records import Fact

DOCUMENT = "Codes are short. An enrolment code stays valid for ten minutes after it was shown. Ask anew."
QUOTE = "An enrolment code stays valid for ten minutes"
AT = DOCUMENT.index(QUOTE)
WORDS = st.lists(st.sampled_from("alpha beta gamma delta eight 30 days".split()), min_size=1, max_size=12)


def held(start: int, end: int) -> bool:
    return holds(passage_of("a.md", DOCUMENT[start:end], start), fact(("a.md", QUOTE)))


def test_a_passage_holds_a_fact_when_it_covers_the_larger_half_of_the_quote() -> None:
    half = AT + math.ceil(len(QUOTE) / 2)
    assert held(0, len(DOCUMENT))
    assert held(0, half)
    assert not held(0, half - 2)
    assert held(half - 2, len(DOCUMENT))
    assert not held(half + 2, len(DOCUMENT))


def test_a_passage_within_the_quote_holds_it_when_it_is_large_enough() -> None:
    assert held(AT + 3, AT + len(QUOTE) - 8)
    assert not held(AT + 13, AT + 30)


@settings(deadline=None, max_examples=60)
@given(st.integers(min_value=1, max_value=len(QUOTE) - 1))
def test_a_cut_anywhere_in_a_quote_leaves_it_with_one_side_at_least(cut: int) -> None:
    # A space at the cut belongs to neither side, so the half may miss by it.
    left, right = DOCUMENT[: AT + cut].rstrip(), DOCUMENT[AT + cut :].lstrip()
    sides = [covered_characters(QUOTE, side) for side in (left, right)]
    assert sum(sides) >= len(QUOTE) - 1
    assert max(sides) * 2 >= len(QUOTE) - 1


def test_the_source_must_be_the_same_and_any_place_is_enough() -> None:
    stated = fact(("a.md", "ten minutes"), ("b.md", "10 min"))
    assert holds(passage_of("b.md", "It is 10\n  min."), stated)
    assert not holds(passage_of("c.md", "It is ten minutes."), stated)
    assert not holds(passage_of("b.md", "It is ten minutes."), stated)


def test_a_likeness_in_the_middle_is_no_evidence() -> None:
    stated = fact(("a.md", "The default is 30 days"))
    assert not holds(passage_of("a.md", "Pings: The default is 5 minutes, no less."), stated)
    assert not holds(passage_of("a.md", "The default is 300 days or so."), stated)


@pytest.mark.parametrize(
    ("quote", "text", "there"),
    [
        ("30 days", "after 30 days.", True),
        ("30 days", "after 30\n\tdays.", True),
        ("30 days", "130 days", False),
        ("30 days", "130 days, then 30 days", True),
        ("keep", "max_keep", False),
        ("", "anything", False),
    ],
)
def test_a_quote_stands_in_a_text_with_its_words_whole(quote: str, text: str, there: bool) -> None:
    assert stands_in(quote, text) == there


@settings(deadline=None, max_examples=60)
@given(WORDS, WORDS, WORDS)
def test_whoever_holds_the_whole_quote_holds_the_fact(
    before: list[str], quote: list[str], after: list[str]
) -> None:
    text = "\n".join([" ".join(before), "  ".join(quote), " ".join(after)])
    assert holds(passage_of("a.md", text), fact(("a.md", " ".join(quote))))


@settings(deadline=None, max_examples=60)
@given(st.text("ab 1", max_size=12), st.text("ab 1", max_size=12))
def test_no_more_is_covered_than_the_quote_and_the_text_have(quote: str, text: str) -> None:
    quote, text = " ".join(quote.split()), " ".join(text.split())
    assert 0 <= covered_characters(quote, text) <= min(len(quote), len(text))


def test_overlapping_passages_never_count_a_fact_twice() -> None:
    case = case_of(fact(("a.md", QUOTE)))
    overlapping = [passage_of("a.md", DOCUMENT[start:], start) for start in (0, 5, 10)]
    assert first_ranks(case, overlapping) == {0: 1}


def test_the_best_order_shows_the_document_with_most_facts_first() -> None:
    a, b, c = fact(("a.md", "one")), fact(("a.md", "two")), fact(("b.md", "three"))
    assert ideal_gain([a, b, c]) == pytest.approx(2 + 1 / math.log2(3))
    assert ideal_gain([a, c]) == pytest.approx(1 + 1 / math.log2(3))
    assert ideal_gain([a]) == 1


def test_the_best_order_is_found_where_the_largest_first_would_miss_it() -> None:
    # Each document holds two facts of four; "between" first would leave one fact each to the other two.
    sources = [("between", {1, 2}), ("left", {0, 1}), ("right", {2, 3})]
    facts = [
        fact(*((name, f"quote {number}") for name, numbers in sources if number in numbers))
        for number in range(4)
    ]
    assert ideal_gain(facts) == pytest.approx(2 + 2 / math.log2(3))


@st.composite
def facts_and_shown(draw: st.DrawFn) -> tuple[list[Fact], list[tuple[str, list[int]]]]:
    """Up to five facts over documents a to d, and passages that each hold some facts of one document."""
    places = draw(st.lists(st.sets(st.sampled_from("abcd"), min_size=1, max_size=3), min_size=1, max_size=5))
    facts = [
        fact(*((name, f"quote number {number}.") for name in sorted(names)))
        for number, names in enumerate(places)
    ]
    passage = st.tuples(
        st.sampled_from("abcd"), st.lists(st.integers(0, len(places) - 1), unique=True, max_size=5)
    )
    return facts, draw(st.lists(passage, max_size=6))


@settings(deadline=None, max_examples=60)
@given(facts_and_shown())
def test_no_order_of_passages_gains_more_than_the_ideal(
    example: tuple[list[Fact], list[tuple[str, list[int]]]],
) -> None:
    facts, shown = example
    passages = [
        passage_of(name, " ".join(f"quote number {number}." for number in numbers)) for name, numbers in shown
    ]
    ranks = first_ranks(case_of(*facts), passages)
    newly = [list(ranks.values()).count(rank) for rank in range(1, len(passages) + 1)]
    assert gain(newly) <= ideal_gain(facts) + 1e-12
    assume(len(passages) > 1)
    # Showing one more passage never loses anything.
    assert len(first_ranks(case_of(*facts), passages[:-1])) <= len(ranks)
