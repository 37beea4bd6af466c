"""Answers in a form of their own: JSON that fits the prompt's schema, and calls of the prompt's tools."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.serving import PROMPT, Options, Running, running_service
from tests.api.test_answers import events_of
from tests.api.test_chat import chunks_of
from tests.fakes.model_server import FakeModelServer

from surefoot.records import Answer, Failure, ToolCall

OUTPUT = """output:
  format: json
  schema:
    type: object
    properties: {reason: {type: string}, litres: {type: number}}
    required: [reason, litres]
"""
TOOLS = """tools:
  - name: open_valve
    description: Open a valve
    parameters: {type: object, properties: {valve: {type: integer, minimum: 1}}, required: [valve]}
"""
JSON_PROMPT = PROMPT.replace("output: {format: text}\n", OUTPUT)
TOOL_PROMPT = PROMPT.replace("output: {format: text}\n", TOOLS)
CALL = ToolCall(id="call_1", name="open_valve", arguments='{"valve": 3}')
CALL_FIELDS = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "open_valve", "arguments": '{"valve": 3}'},
}


def service(folder: Path, prompt: str, *, answer: str = "") -> Iterator[Running]:
    folder.mkdir(exist_ok=True)
    model = FakeModelServer(answer=lambda _: answer) if answer else FakeModelServer()
    with running_service(folder, Options(prompt=prompt), model) as running:
        yield running


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[Running]:
    yield from service(tmp_path, TOOL_PROMPT, answer="Nine litres [1].")


def test_the_prompts_schema_reaches_the_model_with_its_properties_in_order(tmp_path: Path) -> None:
    for running in service(tmp_path, JSON_PROMPT):
        body = running.chat().json()

    sent = json.loads(running.model.requests[-1].body)["response_format"]
    assert sent["type"] == "json_schema" and sent["json_schema"]["name"] == "answer"
    assert list(sent["json_schema"]["schema"]["properties"]) == ["reason", "litres"]
    assert json.loads(body["choices"][0]["message"]["content"]) == {"reason": "", "litres": 0}
    assert body["surefoot"]["scores"]["schema_valid"] == 1.0


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("Nine litres.", "cannot be read: it is not JSON"),
        ('{"reason": "[1]"}', "'litres' is a required property"),
        ('{"reason": "[1]", "litres": NaN}', "NaN is not JSON"),
    ],
)
def test_an_answer_that_does_not_fit_is_an_error_and_no_answer(tmp_path: Path, said: str, named: str) -> None:
    for running in service(tmp_path, JSON_PROMPT, answer=said):
        whole, native = running.chat(), running.ask()
        streamed, events = running.chat(stream=True), events_of(running.ask(stream=True).text)
        outcomes = [trace.outcome for trace in running.traces()]

    assert whole.status_code == native.status_code == 502
    assert native.json()["error"]["kind"] == "ModelOutputError"
    assert named in whole.json()["error"]["message"]
    assert "response_format" in native.json()["error"]["remedy"]
    assert '"error"' in streamed.text and 'finish_reason":"stop' not in streamed.text
    assert events[-1][0] == "error"
    assert all(isinstance(outcome, Failure) and outcome.kind == "ModelOutputError" for outcome in outcomes)


def test_json_that_is_cut_off_says_which_limit_to_raise(tmp_path: Path) -> None:
    long = json.dumps({"reason": "word " * 80, "litres": 1})
    for running in service(tmp_path, JSON_PROMPT, answer=long):
        refused = running.ask()

    assert refused.status_code == 502
    assert "cut off after 50 tokens" in refused.json()["error"]["message"]
    assert "max_output_tokens" in refused.json()["error"]["remedy"]


def test_json_cites_and_abstains_as_text_does(tmp_path: Path) -> None:
    said = json.dumps({"reason": "The documents do not say.", "litres": 0})
    for running in service(tmp_path / "a", JSON_PROMPT, answer=said):
        assert running.ask().json()["abstained"]
    for running in service(tmp_path / "b", JSON_PROMPT, answer='{"reason": "It holds 9 [1].", "litres": 9}'):
        assert [cited["number"] for cited in running.ask().json()["citations"]] == [1]


def test_a_tool_call_comes_in_openais_form_and_is_traced(tools: Running) -> None:
    tools.model.tool_calls = (CALL,)
    body = tools.chat().json()
    (trace,) = tools.traces()

    (choice,) = body["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"] == {
        "role": "assistant", "content": None, "refusal": None, "tool_calls": [CALL_FIELDS],
    }  # fmt: skip
    sent = json.loads(tools.model.requests[-1].body)
    assert (sent["tools"][0]["function"]["name"], sent["tool_choice"]) == ("open_valve", "auto")
    assert isinstance(trace.outcome, Answer) and trace.outcome.tool_calls == (CALL,)
    assert trace.outcome.timings.first_token_seconds is not None
    assert body["surefoot"]["scores"]["citations_valid"] == {
        "unscored": "asks for a tool in place of an answer"
    }


def test_a_streamed_tool_call_is_one_delta_before_the_finish(tools: Running) -> None:
    tools.model.tool_calls = (CALL,)
    chunks = chunks_of(tools.chat(stream=True).text)

    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas == [
        {"role": "assistant", "content": ""}, {"tool_calls": [{"index": 0, **CALL_FIELDS}]}, {},
    ]  # fmt: skip
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls" and "surefoot" in chunks[-1]


def test_the_native_form_carries_tool_calls_too(tools: Running) -> None:
    tools.model.tool_calls = (CALL,)
    assert tools.ask().json()["tool_calls"] == [CALL_FIELDS]
    assert events_of(tools.ask(stream=True).text)[-1][1]["tool_calls"] == [CALL_FIELDS]


def test_a_model_that_calls_nothing_answers_with_text(tools: Running) -> None:
    message = tools.chat().json()["choices"][0]["message"]
    assert message == {"role": "assistant", "content": "Nine litres [1].", "refusal": None}


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (ToolCall(id="1", name="open_door", arguments="{}"), "'open_door' is called"),
        (ToolCall(id="1", name="open_valve", arguments='{"valve": 0}'), "less than the minimum"),
        (ToolCall(id="1", name="open_valve", arguments='{"valve": '), "cannot be read: it is not JSON"),
    ],
)
def test_a_call_that_does_not_fit_its_tool_never_reaches_the_caller(
    tools: Running, call: ToolCall, named: str
) -> None:
    tools.model.tool_calls = (call,)
    whole, streamed = tools.chat(), tools.chat(stream=True)

    assert whole.status_code == streamed.status_code == 502
    assert named in whole.json()["error"]["message"]
