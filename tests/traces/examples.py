"""Traces for tests: one plain example of each kind, and every trace there can be, for Hypothesis."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from surefoot.records import (
    Answer,
    Citation,
    Failure,
    Feedback,
    Message,
    Passage,
    Pins,
    RankedPassage,
    Score,
    Scored,
    Timings,
    Trace,
    Unscored,
    Usage,
)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PINS = Pins(
    app="answers",
    release="a1" * 32,
    prompt_name="answer",
    prompt="b2" * 32,
    snapshot="c3" * 32,
    model_alias="chat",
    model="d4" * 32,
)
PASSAGE = Passage(
    id="e5" * 32, source="guide/start.md", start=10, end=37, text="Press the green key twice.\n"
)
RANKED = RankedPassage(passage=PASSAGE, score=0.031, similarity=0.62, lexical_score=None)
CITATION = Citation(
    number=1,
    passage_id=PASSAGE.id,
    source=PASSAGE.source,
    start=10,
    end=37,
    headings=("Start", "First day"),
    text=PASSAGE.text,
    score=0.031,
)
SCORES: Mapping[str, Score] = {
    "citations_valid": Scored(value=1.0),
    "cited_overlap": Unscored(reason="has no words to compare"),
}
ANSWER = Answer(
    question="How do I start it?",
    text="Press the green key twice [1].",
    finish_reason="stop",
    abstained=False,
    citations=(CITATION,),
    passages=(RANKED,),
    messages=(
        Message(role="system", content="Answer only from the passages."),
        Message(role="user", content="[1] Press the green key twice.\nHow do I start it?"),
    ),
    usage=Usage(prompt_tokens=120, output_tokens=11),
    timings=Timings(queue_seconds=0.0, retrieval_seconds=0.012, first_token_seconds=0.5, total_seconds=1.5),
    scores=SCORES,
)
FAILURE = Failure(
    kind="ModelUnreachableError", message="the connection broke", text_sent="Press", total_seconds=0.25
)
THUMBS_UP = Feedback(rating="up", comment="right", caller="anna", given_at=NOON)


def answered(
    trace_id: str, *, started_at: datetime = NOON, pins: Pins | None = PINS, answer: Answer = ANSWER
) -> Trace:
    return Trace(
        id=trace_id,
        started_at=started_at,
        route="/v1/answers",
        caller="loopback",
        question=answer.question,
        pins=pins,
        outcome=answer,
    )


def abstained(trace_id: str, *, started_at: datetime = NOON) -> Trace:
    answer = dataclasses.replace(ANSWER, text="The documents do not say.", abstained=True, citations=())
    return answered(trace_id, started_at=started_at, answer=answer)


def failed(trace_id: str, *, started_at: datetime = NOON, failure: Failure = FAILURE) -> Trace:
    return dataclasses.replace(answered(trace_id, started_at=started_at), outcome=failure)


# Any text, lone surrogates included: a file name or a hostile client can hold them.
texts = st.text(st.characters(), max_size=12)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
numbers = st.floats(allow_nan=False)
seconds = st.floats(min_value=0, max_value=1e6)
counts = st.integers(min_value=0, max_value=10**30)
zones = st.integers(-12 * 60, 12 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=zones)
scores: st.SearchStrategy[Score] = st.builds(
    Scored, value=st.floats(allow_nan=False, allow_infinity=False)
) | st.builds(Unscored, reason=texts)
passages = st.builds(
    Passage,
    id=digests,
    source=texts,
    start=counts,
    end=counts,
    text=texts,
    headings=st.lists(texts, max_size=2).map(tuple),
)
ranked = st.builds(
    RankedPassage,
    passage=passages,
    score=numbers,
    similarity=st.none() | numbers,
    lexical_score=st.none() | numbers,
)
citations = st.builds(
    Citation,
    number=counts,
    passage_id=digests,
    source=texts,
    start=counts,
    end=counts,
    headings=st.lists(texts, max_size=2).map(tuple),
    text=texts,
    score=numbers,
)
messages = st.lists(
    st.builds(Message, role=st.sampled_from(["system", "user", "assistant"]), content=texts), max_size=2
).map(tuple)
answers = st.builds(
    Answer,
    question=texts,
    text=texts,
    finish_reason=st.sampled_from(["stop", "length"]),
    abstained=st.booleans(),
    citations=st.lists(citations, max_size=2).map(tuple),
    passages=st.lists(ranked, max_size=2).map(tuple),
    messages=messages,
    usage=st.none() | st.builds(Usage, prompt_tokens=counts, output_tokens=counts),
    timings=st.builds(
        Timings,
        queue_seconds=seconds,
        retrieval_seconds=seconds,
        first_token_seconds=st.none() | seconds,
        total_seconds=seconds,
    ),
    scores=st.dictionaries(texts, scores, max_size=3),
)
failures = st.builds(
    Failure,
    kind=texts,
    message=texts,
    text_sent=texts,
    total_seconds=seconds,
    queue_seconds=st.none() | seconds,
    retrieval_seconds=st.none() | seconds,
    first_token_seconds=st.none() | seconds,
    passages=st.lists(ranked, max_size=2).map(tuple),
    messages=messages,
)
feedbacks = st.builds(
    Feedback, rating=st.sampled_from(["up", "down"]), comment=texts, caller=texts, given_at=moments
)
pins = st.builds(
    Pins,
    app=texts,
    release=digests,
    prompt_name=texts,
    prompt=digests,
    snapshot=digests,
    model_alias=texts,
    model=digests,
)
traces = st.builds(
    Trace,
    id=st.uuids().map(str),
    started_at=moments,
    route=texts,
    caller=texts,
    question=texts,
    pins=st.none() | pins,
    outcome=answers | failures,
    feedback=st.lists(feedbacks, max_size=2).map(tuple),
    unopened_app=st.none() | texts,
)
