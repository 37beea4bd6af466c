import dataclasses
import json
from datetime import timedelta

from hypothesis import given, settings
from tests.traces import examples
from tests.traces.examples import ANSWER, NOON, THUMBS_UP, answered, failed

from surefoot.records import Trace, canonical_json
from surefoot.reports import summary_json, trace_json
from surefoot.traces import outline, summarise


def test_a_summary_says_values_and_reasons() -> None:
    traces = [dataclasses.replace(answered("1"), feedback=(THUMBS_UP,)), failed("2")]
    content = summary_json(summarise(map(outline, traces), NOON, NOON + timedelta(hours=1)))
    read = json.loads(content)
    assert content == canonical_json(read)
    (release,) = read["releases"]
    assert read["since"] == "2026-11-22T12:00:00+00:00"
    assert release["prompt"] == {"name": "answer", "digest": "b2" * 32}
    assert release["failures"] == {"ModelUnreachableError": 1}
    assert release["error_rate"] == {"value": 0.5}
    assert release["first_token_seconds"] == {
        "measured": 1,
        "unmeasured": 0,
        "p50": {"value": 0.5},
        "p95": {"value": 0.5},
    }
    assert release["scores"]["cited_overlap"] == {
        "mean": {"unscored": "no answer has it"},
        "scored": 0,
        "unscored": {"has no words to compare": 1},
    }
    assert release["feedback"] == {"up": 1, "down": 0}


def test_a_trace_is_whole_and_says_how_it_ended() -> None:
    read = json.loads(trace_json(answered("one")))
    assert read["ending"] == "answered"
    assert read["output_tokens_per_second"] == 10.0
    assert read["scores"]["citations_valid"] == {"value": 1.0}
    assert read["trace"]["pins"]["release"] == "a1" * 32
    assert read["trace"]["outcome"]["passages"][0]["passage"]["source"] == "guide/start.md"
    assert read["trace"]["outcome"]["text"] == ANSWER.text


@settings(max_examples=50, deadline=None)
@given(examples.traces)
def test_any_trace_can_be_said_in_canonical_json(trace: Trace) -> None:
    content = trace_json(trace)
    assert canonical_json(json.loads(content)) == content
