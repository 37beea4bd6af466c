"""A trace becomes a logged request: numbers and digests always, texts only where they may leave."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.integrations.promptlayer.examples import TRACE, logged
from tests.traces.examples import ANSWER, FAILURE, NOON, PINS
from tests.traces.examples import traces as all_traces

from surefoot.integrations.promptlayer.entries import out_of_100, to_log
from surefoot.records import Failure, Scored, ToolCall, Unscored
from surefoot.records.encoding import plain


def test_digests_tokens_times_and_scores_are_logged() -> None:
    request = logged()

    assert request.input_tokens == 120 and request.output_tokens == 11
    assert (request.started_at, request.ended_at) == (
        "2026-11-22T12:00:00.000Z",
        "2026-11-22T12:00:01.500Z",
    )
    assert request.scores == {"citations_valid": 100}, "what was not measured is no score"
    assert request.metadata["score.cited_overlap"] == "not measured"
    assert request.metadata["surefoot_release"] == PINS.release
    assert request.metadata["surefoot_trace"] == TRACE.id
    assert request.status == "SUCCESS"


def words_of(trace: object) -> list[str]:
    """Every text in a trace that somebody wrote or read."""
    return [
        *(ANSWER.question, ANSWER.text, ANSWER.passages[0].passage.text, ANSWER.passages[0].passage.source),
        *(message.content for message in ANSWER.messages),
        *("anna", FAILURE.message, FAILURE.text_sent),
    ]


@pytest.mark.parametrize("outcome", [ANSWER, replace(FAILURE, messages=ANSWER.messages)])
def test_no_word_of_anybody_leaves_unless_it_may(outcome: Failure) -> None:
    request = to_log(replace(TRACE, outcome=outcome), content=False)

    sent = json.dumps(plain(request), ensure_ascii=False)
    assert [words for words in words_of(TRACE) if words in sent] == []


def test_with_content_messages_and_answer_go_in_promptlayers_form() -> None:
    request = logged(content=True)

    assert request.input["messages"] == [
        {"role": message.role, "content": [{"type": "text", "text": message.content}]}
        for message in ANSWER.messages
    ]
    assert request.output["messages"] == [
        {"role": "assistant", "content": [{"type": "text", "text": ANSWER.text}]}
    ]


def test_tools_that_were_asked_for_are_named_and_handed_over_with_content() -> None:
    calls = (ToolCall(id="c1", name="search", arguments='{"q": "oil"}'),)
    asked = replace(TRACE, outcome=replace(ANSWER, tool_calls=calls))

    whole, bare = to_log(asked, content=True), to_log(asked, content=False)

    assert whole is not None and bare is not None
    assert bare.metadata["tools_called"] == "search" and "oil" not in json.dumps(plain(bare))
    (message,) = json.loads(json.dumps(whole.output["messages"]))
    assert message["tool_calls"] == [
        {"id": "c1", "type": "function", "function": {"name": "search", "arguments": '{"q": "oil"}'}}
    ]


@pytest.mark.parametrize(
    ("outcome", "status", "error_type"),
    [
        (FAILURE, "ERROR", "PROVIDER_ERROR"),
        (replace(FAILURE, kind="ModelTimeoutError"), "ERROR", "PROVIDER_TIMEOUT"),
        (replace(FAILURE, kind="PromptError"), "ERROR", "TEMPLATE_RENDER_ERROR"),
        (replace(FAILURE, kind="OverloadError"), "ERROR", "UNKNOWN_ERROR"),
        (replace(ANSWER, finish_reason="length"), "WARNING", "PROVIDER_PARTIAL_RESPONSE"),
    ],
)
def test_how_it_ended_is_said_in_promptlayers_words(outcome: Failure, status: str, error_type: str) -> None:
    request = to_log(replace(TRACE, outcome=outcome), content=False)

    assert request is not None
    assert (request.status, request.error_type) == (status, error_type)


def test_what_no_release_answered_is_not_logged() -> None:
    assert to_log(replace(TRACE, pins=None), content=True) is None


@pytest.mark.parametrize(
    ("value", "sent"), [(0.873, 87), (0.0, 0), (1.0, 100), (-0.3, 0), (1.7, 100), (0.005, 0)]
)
def test_scores_are_whole_numbers_from_0_to_100(value: float, sent: int) -> None:
    assert out_of_100(value) == sent


@given(all_traces, st.booleans())
def test_every_trace_there_can_be_is_sent_as_json_within_the_bounds(trace: object, content: bool) -> None:
    request = to_log(trace, content=content)  # type: ignore[arg-type]
    if request is not None:
        json.dumps(plain(request)).encode()
        assert all(0 <= score <= 100 for score in request.scores.values())
        assert request.input_tokens >= 0 and request.output_tokens >= 0
        assert len(request.error_message or "") <= 1024


def test_a_score_that_was_not_measured_is_never_a_number() -> None:
    answer = replace(ANSWER, scores={"a": Unscored(reason="anna said nothing"), "b": Scored(value=0.5)})
    request = to_log(replace(TRACE, outcome=answer, started_at=NOON), content=False)

    assert request is not None and request.scores == {"b": 50}
    assert "anna" not in json.dumps(plain(request)), "a reason may quote what was asked"
