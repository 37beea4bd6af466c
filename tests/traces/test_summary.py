import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.traces.examples import ANSWER, FAILURE, NOON, PINS, THUMBS_UP, abstained, answered, failed

from surefoot.records import Score, Scored, Timings, Trace, Unscored
from surefoot.traces import Ending, Outline, ReleaseSummary, outline, percentile, series, summarise

LATER = NOON + timedelta(hours=1)
OTHER = dataclasses.replace(PINS, release="f6" * 32)


def summary_of(*traces: Trace) -> ReleaseSummary:
    (release,) = summarise(map(outline, traces), NOON, LATER).releases
    return release


def took(trace_id: str, first: float | None, total: float) -> Trace:
    times = Timings(queue_seconds=0, retrieval_seconds=0, first_token_seconds=first, total_seconds=total)
    return answered(trace_id, answer=dataclasses.replace(ANSWER, timings=times))


def test_requests_are_counted_by_how_they_ended() -> None:
    refused = dataclasses.replace(FAILURE, kind="ModelTimeoutError")
    release = summary_of(
        answered("1"), answered("2"), abstained("3"), failed("4"), failed("5"), failed("6", failure=refused)
    )
    assert (release.requests, release.answered, release.abstained, release.failed) == (6, 2, 1, 3)
    assert release.failures == (("ModelUnreachableError", 2), ("ModelTimeoutError", 1))
    assert release.error_rate == Scored(value=0.5)


def test_percentiles_are_nearest_rank() -> None:
    values = [15.0, 20.0, 35.0, 40.0, 50.0]
    assert [percentile(values, percent) for percent in (5, 30, 40, 50, 100)] == [15, 20, 20, 35, 50]
    with pytest.raises(ValueError, match="needs values"):
        percentile([], 50)


def test_times_are_those_of_answers_and_what_has_none_is_counted() -> None:
    release = summary_of(took("1", 0.2, 1.0), took("2", None, 3.0), took("3", 0.4, 2.0), failed("4"))
    assert release.first_token_seconds.p50 == Scored(value=0.2)
    assert release.first_token_seconds.p95 == Scored(value=0.4)
    assert (release.first_token_seconds.measured, release.first_token_seconds.unmeasured) == (2, 1)
    assert release.total_seconds.p50 == Scored(value=2.0)


def test_a_score_that_was_not_measured_is_counted_by_its_reason_and_never_a_zero() -> None:
    without = answered("3", answer=dataclasses.replace(ANSWER, scores={"citations_valid": Scored(value=0)}))
    release = summary_of(answered("1"), answered("2"), without)
    valid, overlap = release.scores
    assert (valid.name, valid.mean, valid.scored, valid.unscored) == (
        "citations_valid",
        Scored(value=2 / 3),
        3,
        (),
    )
    assert overlap.mean == Unscored(reason="no answer has it")
    assert overlap.unscored == (("has no words to compare", 2), ("the trace does not have it", 1))
    assert release.score("citations_valid") == valid.mean
    assert isinstance(release.score("never heard of"), Unscored)


def test_only_failures_leave_every_measurement_unscored() -> None:
    release = summary_of(failed("1"))
    assert release.error_rate == Scored(value=1.0)
    assert isinstance(release.total_seconds.p50, Unscored)
    assert release.scores == ()


def test_each_release_is_summed_up_apart_and_plain_chat_too() -> None:
    traces = [answered("1"), answered("2", pins=OTHER), answered("3", pins=OTHER), answered("4", pins=None)]
    summary = summarise(map(outline, traces), NOON, LATER)
    assert [(one.app, one.release, one.requests) for one in summary.releases] == [
        (None, None, 1),
        ("answers", OTHER.release, 2),
        ("answers", PINS.release, 1),
    ]


def test_the_window_holds_its_start_and_not_its_end() -> None:
    traces = [answered("before", started_at=NOON - timedelta(microseconds=1)), answered("start")]
    traces += [answered("end", started_at=LATER)]
    assert summary_of(*traces).requests == 1


def test_feedback_is_counted_by_rating() -> None:
    down = dataclasses.replace(THUMBS_UP, rating="down")
    rated = dataclasses.replace(answered("1"), feedback=(THUMBS_UP, down, down))
    release = summary_of(rated, answered("2"))
    assert (release.rated_up, release.rated_down) == (1, 2)


@given(st.lists(st.floats(allow_nan=False), min_size=1), st.floats(0.001, 100))
def test_a_percentile_is_a_measured_value_with_enough_at_or_below_it(
    values: list[float], percent: float
) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) >= percent / 100 * len(values) * (1 - 1e-12)
    assert sum(value < found for value in values) < percent / 100 * len(values) * (1 + 1e-12)


some_seconds = st.floats(0, 100)
some_scores: st.SearchStrategy[Score] = st.one_of(
    st.builds(Scored, value=st.floats(0, 1)), st.just(Unscored(reason="abstained"))
)
outlines = st.lists(
    st.builds(
        Outline,
        id=st.just("x"),
        started_at=st.integers(-10, 70).map(lambda minute: NOON + timedelta(minutes=minute)),
        route=st.just("/v1/answers"),
        app=st.sampled_from([None, "answers"]),
        release=st.sampled_from([PINS.release, OTHER.release]),
        prompt_name=st.just("answer"),
        prompt=st.just(PINS.prompt),
        ending=st.sampled_from(get_args(Ending)),
        failure_kind=st.sampled_from(["ModelTimeoutError", "OverloadError"]),
        queue_seconds=some_seconds,
        retrieval_seconds=some_seconds,
        first_token_seconds=st.none() | some_seconds,
        total_seconds=some_seconds,
        prompt_tokens=st.none(),
        output_tokens=st.none(),
        output_tokens_per_second=st.none() | some_seconds,
        scores=st.dictionaries(st.sampled_from(["citations_valid", "cited_overlap"]), some_scores),
        rated_up=st.integers(0, 2),
        rated_down=st.integers(0, 2),
    ),
    max_size=8,
)


@settings(max_examples=50)
@given(outlines)
def test_nothing_inside_the_window_is_lost_and_means_lie_between_their_values(given_: list[Outline]) -> None:
    inside = [short for short in given_ if NOON <= short.started_at < LATER]
    summary = summarise(given_, NOON, LATER)
    assert sum(one.requests for one in summary.releases) == len(inside)
    for one in summary.releases:
        assert one.requests == one.answered + one.abstained + one.failed
        assert one.failed == sum(count for _, count in one.failures)
        for score in one.scores:
            assert score.scored + sum(count for _, count in score.unscored) == one.answered + one.abstained
            measured = values_of(score.name, one, inside)
            if isinstance(score.mean, Scored):
                assert min(measured) <= score.mean.value <= max(measured)
            else:
                assert measured == []


def values_of(name: str, release: ReleaseSummary, outlines: Sequence[Outline]) -> list[float]:
    own = [short for short in outlines if (short.app, short.release) == (release.app, release.release)]
    scores = [short.scores[name] for short in own if name in short.scores and short.ending != "failed"]
    return [score.value for score in scores if isinstance(score, Scored)]


@settings(max_examples=50)
@given(outlines)
def test_the_order_of_traces_does_not_change_a_summary(given_: list[Outline]) -> None:
    assert summarise(given_, NOON, LATER) == summarise(list(reversed(given_)), NOON, LATER)


@settings(max_examples=50)
@given(outlines, st.integers(1, 9))
def test_the_spans_of_a_series_hold_each_request_once_and_meet(given_: list[Outline], spans: int) -> None:
    summary = summarise(given_, NOON, LATER)
    found = series(given_, NOON, LATER, spans=spans)
    assert len(found) == len(summary.releases)
    for one in found:
        (whole,) = [each for each in summary.releases if (each.app, each.release) == (one.app, one.release)]
        assert sum(point.summary.requests for point in one.points) == whole.requests
        edges: list[datetime] = [point.since for point in one.points] + [one.points[-1].until]
        assert edges[0] == NOON and edges[-1] == LATER and edges == sorted(edges)
        assert [point.until for point in one.points] == edges[1:]


def test_an_empty_span_is_unscored_and_not_zero() -> None:
    late = answered("1", started_at=LATER - timedelta(minutes=1))
    (one,) = series([outline(late)], NOON, LATER, spans=2)
    empty, full = one.points
    assert (empty.summary.app, empty.summary.release) == (PINS.app, PINS.release)
    assert empty.summary.error_rate == Unscored(reason="no requests")
    assert isinstance(empty.summary.first_token_seconds.p50, Unscored)
    assert full.summary.error_rate == Scored(value=0.0)


def test_a_series_over_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="since < until"):
        series([], NOON, NOON)


def test_no_requests_make_an_empty_summary() -> None:
    assert summarise([], NOON, LATER).releases == ()
