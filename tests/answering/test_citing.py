"""What an answer cites is read from its text, and checked against what it was shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.answering.citing import abstains, citations_in, cited_numbers
from surefoot.answering.quality import score_answer
from surefoot.records import Passage, RankedPassage, Scored, Unscored

ABSTENTION = "The documents do not say."


def shown(*texts: str, similarity: float | None = 0.5) -> tuple[RankedPassage, ...]:
    return tuple(
        RankedPassage(
            passage=Passage(id=str(at), source=f"{at}.md", start=0, end=len(text), text=text),
            score=1 / (60 + at),
            similarity=similarity,
            lexical_score=None,
        )
        for at, text in enumerate(texts)
    )


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It opens at 33 degrees [3].", (3,)),
        ("Both hold [1][2], and so does a third [1, 4].", (1, 2, 4)),
        ("No mark, an [empty] one, a [1000] too long.", ()),
        ("[12 ,3]", (12, 3)),
        ("[1]" * 50, (1,)),
    ],
)
def test_marks_are_read_in_order_of_first_mention(text: str, numbers: tuple[int, ...]) -> None:
    assert cited_numbers(text) == numbers


def test_a_citation_points_to_the_span_of_the_passage_with_its_number() -> None:
    (cited,) = citations_in("Yes [2].", shown("first", "second"))

    assert (cited.number, cited.source, cited.start, cited.end, cited.text) == (2, "1.md", 0, 6, "second")


@given(text=st.text(), passages=st.lists(st.text(), max_size=5))
def test_no_text_can_cite_a_passage_that_was_not_shown(text: str, passages: list[str]) -> None:
    there = shown(*passages)

    assert all(1 <= cited.number <= len(there) for cited in citations_in(text, there))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The documents do not say.", True),
        ("the documents DO NOT say", True),
        ("  The documents do not say. [1]", True),
        ("The documents do say so [1].", False),
        ("33 degrees. The documents do not say more.", False),
        ("", False),
    ],
)
def test_an_answer_abstains_when_it_opens_with_the_sentence(text: str, expected: bool) -> None:
    assert abstains(text, ABSTENTION) is expected


@pytest.mark.parametrize(
    ("text", "valid", "overlap"),
    [
        ("Valve three opens at noon [1].", Scored(value=1.0), Scored(value=1.0)),
        ("Valve three opens at midnight [1].", Scored(value=1.0), Scored(value=0.75)),
        ("Valve three opens at noon [1][9].", Scored(value=0.5), Scored(value=1.0)),
        ("Valve three opens at noon.", Scored(value=0.0), Unscored(reason="cites no passage it was shown")),
    ],
)
def test_scores_say_how_far_an_answer_rests_on_what_it_cites(
    text: str, valid: Scored, overlap: Scored | Unscored
) -> None:
    passages = shown("Valve three opens at noon.")

    scores = score_answer(text, citations_in(text, passages), passages, abstained=False)

    assert (scores["citations_valid"], scores["cited_overlap"]) == (valid, overlap)
    assert scores["best_similarity"] == Scored(value=0.5)


def test_an_abstention_is_not_scored_for_what_it_cannot_cite() -> None:
    scores = score_answer(ABSTENTION, (), (), abstained=True)

    assert scores["abstained"] == Scored(value=1.0)
    assert {name for name, score in scores.items() if isinstance(score, Unscored)} == {
        "citations_valid",
        "citations_supported",
        "cited_overlap",
        "best_similarity",
    }


@given(text=st.text(), passages=st.lists(st.text(), max_size=4), abstained=st.booleans())
def test_every_score_is_a_number_in_range_or_a_reason(
    text: str, passages: list[str], abstained: bool
) -> None:
    there = shown(*passages)

    scores = score_answer(text, citations_in(text, there), there, abstained=abstained)

    for score in scores.values():
        assert 0 <= score.value <= 1 if isinstance(score, Scored) else score.reason
