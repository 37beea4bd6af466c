import dataclasses
import json
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from tests.traces import examples
from tests.traces.examples import ANSWER, FAILURE, answered, failed

from surefoot.records import Answer, Timings, Trace, Usage
from surefoot.traces import outline, output_tokens_per_second
from surefoot.traces.trace_json import trace_from_json, trace_to_json


def timings(first: float | None, total: float) -> Timings:
    return Timings(queue_seconds=0, retrieval_seconds=0, first_token_seconds=first, total_seconds=total)


def test_the_speed_is_that_of_the_tokens_after_the_first() -> None:
    assert output_tokens_per_second(Usage(prompt_tokens=9, output_tokens=11), timings(0.5, 2.5)) == 5.0


@pytest.mark.parametrize(
    ("usage", "times"),
    [
        (None, timings(0.5, 1.0)),
        (Usage(prompt_tokens=9, output_tokens=11), timings(None, 1.0)),
        (Usage(prompt_tokens=9, output_tokens=1), timings(0.5, 1.0)),
        (Usage(prompt_tokens=9, output_tokens=11), timings(1.0, 1.0)),
    ],
)
def test_what_has_no_speed_has_none(usage: Usage | None, times: Timings) -> None:
    assert output_tokens_per_second(usage, times) is None


def test_a_failed_request_has_its_error_and_its_seconds_and_no_measurements() -> None:
    short = outline(failed("one"))
    assert (short.ending, short.failure_kind, short.total_seconds) == (
        "failed",
        "ModelUnreachableError",
        0.25,
    )
    assert short.first_token_seconds is None and short.output_tokens is None and short.scores == {}


def test_a_failed_request_has_the_times_it_got_to() -> None:
    failure = dataclasses.replace(
        FAILURE, queue_seconds=0.01, retrieval_seconds=0.02, first_token_seconds=0.1
    )
    short = outline(failed("one", failure=failure))
    assert (short.queue_seconds, short.retrieval_seconds, short.first_token_seconds) == (0.01, 0.02, 0.1)


def test_a_failure_kept_before_it_held_passages_is_still_read() -> None:
    text = trace_to_json(failed("one"))
    fields = json.loads(text)
    for name in ("queue_seconds", "retrieval_seconds", "first_token_seconds", "passages", "messages"):
        del fields["outcome"][name]
    del fields["unopened_app"]
    assert trace_from_json(json.dumps(fields)) == failed("one")


def test_plain_chat_has_no_release() -> None:
    short = outline(answered("one", pins=None))
    assert (short.app, short.release, short.prompt_name, short.prompt) == (None, None, None, None)


@settings(max_examples=30, deadline=None)
@given(examples.traces)
def test_an_outline_says_answered_abstained_or_failed(trace: Trace) -> None:
    short = outline(trace)
    if isinstance(trace.outcome, Answer):
        assert short.ending == ("abstained" if trace.outcome.abstained else "answered")
    else:
        assert short.ending == "failed"
    assert short.rated_up + short.rated_down == len(trace.feedback)


@settings(max_examples=30, deadline=None)
@given(examples.traces)
def test_the_json_of_a_trace_is_ascii_and_reads_back_as_the_trace(trace: Trace) -> None:
    text = trace_to_json(trace)
    assert text.isascii()
    assert trace_from_json(text, feedback=trace.feedback) == trace


def test_scores_in_a_read_only_mapping_are_kept_too() -> None:
    trace = answered("one", answer=dataclasses.replace(ANSWER, scores=MappingProxyType(ANSWER.scores)))
    assert trace_from_json(trace_to_json(trace)) == trace
