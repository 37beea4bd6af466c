"""A sentence that cites is held against what it cites."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.answering.test_pipeline import app_of
from tests.fakes.answering import ScriptedModel

from surefoot.answering import AnswerPart, Question, SentenceCited, answer
from surefoot.answering.supporting import (
    Supporting,
    cited_sentences,
    sentence_spans,
    supported_citations,
    whole_until,
)
from surefoot.records import Answer, Passage, TextDelta

KEYS = (
    "Vault keys are turned every spring. The old key stays readable for 14 days after rotation. "
    "Agents that miss it must be enrolled again."
)
LOGS = "Log files are kept for a year. Nobody reads them."


def passage(text: str, start: int = 100) -> Passage:
    return Passage(id="p", source="a.md", start=start, end=start + len(text), text=text)


def support_of(sentence: str, *texts: str) -> list[tuple[int, bool, str]]:
    """For each passage cited: its number, whether it supports, and the span that does."""
    shown = [passage(text) for text in texts]
    found = []
    for cited in cited_sentences(sentence):
        for number, support in Supporting(shown).supports(cited).items():
            span = texts[number - 1][support.source_start - 100 : support.source_end - 100]
            found.append((number, support.supported, span))
    return found


def test_the_span_that_says_it_is_found_to_the_letter() -> None:
    assert support_of("The old key is readable for 14 days [1].", KEYS, LOGS) == [
        (1, True, "The old key stays readable for 14 days after rotation.")
    ]


def test_a_sentence_over_two_of_the_source_gets_both() -> None:
    said = "The old key stays readable for 14 days, and agents that miss it must be enrolled again [1]."

    ((_, supported, span),) = support_of(said, KEYS)

    assert supported and span == KEYS[KEYS.index("The old") :]


@pytest.mark.parametrize(
    "said",
    [
        "The old key is readable for 41 days [1].",  # a number that the passage lacks
        "Invoices are paid by the treasurer in Lisbon [1].",  # other words altogether
        "Log files are kept for a year [1].",  # said by another passage than the cited one
    ],
)
def test_what_the_cited_passage_does_not_say_is_marked(said: str) -> None:
    assert [supported for _, supported, _ in support_of(said, KEYS, LOGS)] == [False]


def test_each_of_several_citations_has_its_own_span() -> None:
    found = support_of("Keys are turned every spring and log files are kept for a year [1][2].", KEYS, LOGS)

    assert [(number, supported) for number, supported, _ in found] == [(1, True), (2, True)]
    assert found[1][2] == "Log files are kept for a year."


def test_a_number_that_no_passage_has_supports_nothing() -> None:
    assert support_of("Keys are turned [7].", KEYS) == []


def test_marks_behind_the_stop_belong_to_the_sentence_before_them() -> None:
    text = "Keys are turned. [1] Logs are kept [2].\n\n- Agents wait [1, 2]"

    assert [(text[one.start : one.end], one.numbers) for one in cited_sentences(text)] == [
        ("Keys are turned. [1]", (1,)),
        ("Logs are kept [2].", (2,)),
        ("- Agents wait [1, 2]", (1, 2)),
    ]


PIECES = st.lists(
    st.sampled_from(["Keys turn", " [1]", "[2, 3]", ". ", "!", "\n", "  ", "3.2", " ü"]), max_size=14
)


@given(PIECES)
def test_sentences_cover_all_letters_in_order(pieces: list[str]) -> None:
    text = "".join(pieces)
    spans = list(sentence_spans(text))

    assert "".join(text[start:end] for start, end in spans).split() == text.split() or all(
        text[start:end].strip() == text[start:end] for start, end in spans
    )
    covered = {at for start, end in spans for at in range(start, end)}
    assert all(letter.isspace() or at in covered for at, letter in enumerate(text))


@given(PIECES)
def test_what_is_whole_stays_whole_whatever_follows(pieces: list[str]) -> None:
    text = "".join(pieces)
    for cut in range(len(text)):
        whole = whole_until(text[:cut])
        ends = [end for _, end in sentence_spans(text)]
        assert not text[:whole].strip() or any(text[end:whole].strip() == "" for end in ends if end <= whole)


def test_sentences_come_while_the_answer_is_being_written_and_again_in_the_whole() -> None:
    pieces = (
        "Keys are turned ev",
        "ery spring [1]. Log",
        " files are kept for a year [2]. ",
        "Moons are green [1].",
    )
    app = app_of(ScriptedModel(pieces), KEYS, LOGS)

    async def story() -> list[AnswerPart]:
        return [part async for part in answer(app, Question(text="When?"))]

    parts = asyncio.run(story())
    told = [part for part in parts if isinstance(part, SentenceCited)]
    whole = parts[-1]
    assert isinstance(whole, Answer)

    kinds = [type(part).__name__ for part in parts]
    assert kinds[1:6] == ["TextDelta", "TextDelta", "SentenceCited", "TextDelta", "TextDelta"]
    assert isinstance(parts[2], TextDelta) and [tuple(one.supports) for one in told] == [(1,), (2,)]
    assert [[one.supported for one in citation.supports] for citation in whole.citations] == [
        [True, False],
        [True],
    ]
    spans = [whole.text[one.start : one.end] for citation in whole.citations for one in citation.supports]
    assert spans == [
        "Keys are turned every spring [1].",
        "Moons are green [1].",
        "Log files are kept for a year [2].",
    ]
    score = whole.scores["citations_supported"]
    assert getattr(score, "value", None) == pytest.approx(2 / 3)


def test_nothing_cited_has_nothing_to_support() -> None:
    assert supported_citations("Keys are turned.", (), Supporting([passage(KEYS)])) == ()
