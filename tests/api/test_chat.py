"""`POST /v1/chat/completions`: the wire form itself, and what an app does not take."""

import json
from typing import Any

import pytest
from tests.api.serving import Running

JsonObject = dict[str, Any]


def chunks_of(text: str) -> list[JsonObject]:
    frames = text.removesuffix("\n\n").split("\n\n")
    assert frames[-1] == "data: [DONE]"
    return [json.loads(frame.removeprefix("data: ")) for frame in frames[:-1]]


def test_a_completion_has_openais_form_and_what_surefoot_adds(running: Running) -> None:
    body = running.chat().json()

    assert body["object"] == "chat.completion" and body["model"] == "handbook"
    assert body["id"].startswith("chatcmpl-") and len(body["id"]) == 9 + 26
    (choice,) = body["choices"]
    assert choice["message"] == {"role": "assistant", "content": "Nine litres [1].", "refusal": None}
    assert choice["finish_reason"] == "stop"
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    added = body["surefoot"]
    assert added.keys() == {"release", "prompt", "citations", "abstained", "scores", "timings", "ignored"}
    assert added["citations"][0]["source"] == "guide.md" and added["ignored"] == []


def test_chunks_come_as_role_text_finish_and_done(running: Running) -> None:
    chunks = chunks_of(running.chat(stream=True).text)

    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "content": ""} and deltas[-1] == {}
    assert "".join(delta.get("content", "") for delta in deltas) == "Nine litres [1]."
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert [chunk for chunk in chunks if "surefoot" in chunk] == chunks[-1:]
    assert len({chunk["id"] for chunk in chunks}) == 1 and "usage" not in chunks[0]


def test_the_usage_chunk_comes_last_and_only_when_asked_for(running: Running) -> None:
    chunks = chunks_of(running.chat(stream=True, stream_options={"include_usage": True}).text)

    assert chunks[-1]["choices"] == [] and chunks[-1]["usage"]["completion_tokens"] == 3
    assert all(chunk["usage"] is None for chunk in chunks[:-1])
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop" and "surefoot" in chunks[-2]


def test_sampling_that_a_client_sends_is_reported_as_ignored(running: Running) -> None:
    body = running.chat(temperature=0, max_tokens=5, top_p=0.5, user="me", n=1, tools=[], seed=None).json()

    assert body["surefoot"]["ignored"] == ["max_tokens", "temperature", "top_p", "user"]
    sent = json.loads(running.model.requests[-1].body)
    assert (sent["temperature"], sent["max_tokens"]) == (0.0, 50), "the prompt's own sampling"


def test_a_question_may_be_a_list_of_text_parts(running: Running) -> None:
    parts = [{"type": "text", "text": "How "}, {"type": "text", "text": "much?"}]
    response = running.client.post(
        "/v1/chat/completions",
        json={"model": "handbook", "messages": [{"role": "user", "content": parts, "name": "x"}]},
    )

    assert response.status_code == 200
    assert "Question: How much?" in running.model.requests[-1].body.decode()


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"n": 2}, "n"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"logprobs": True}, "logprobs"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"modalities": ["audio"]}, "modalities"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": 3}, "stream_options"),
        ({"stream": True, "stream_options": {"include_usage": "yes"}}, "include_usage"),
        ({"messages": []}, "messages"),
        ({"messages": "Hello"}, "messages"),
        ({"messages": ["Hello"]}, "messages[0]"),
        ({"messages": [{"role": "system", "content": "Be rude"}]}, "messages[0].role"),
        ({"messages": [{"role": "developer", "content": "Be rude"}]}, "messages[0].role"),
        ({"messages": [{"role": "tool", "content": "4"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "  "}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0]"),
        (
            {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
            "messages[1].role",
        ),
        ({"model": 7}, "model"),
        ({"model": None}, "model"),
    ],
)
def test_what_an_app_cannot_do_is_refused_in_openais_form(
    running: Running, fields: dict[str, object], param: str
) -> None:
    before = len(running.model.requests)
    response = running.chat(**fields)

    assert response.status_code == 400
    error = response.json()["error"]
    assert error["type"] == "invalid_request_error" and error["param"] == param
    assert "What to do: " in error["message"] and error["code"] is None
    assert len(running.model.requests) == before, "nothing reached the model"


def test_a_system_message_is_refused_with_where_prompts_live(running: Running) -> None:
    messages = [{"role": "system", "content": "Be rude"}, {"role": "user", "content": "How much?"}]
    error = running.chat(messages=messages).json()["error"]

    assert "prompt lives in Git" in error["message"]


def test_an_unknown_model_is_told_which_apps_there_are(running: Running) -> None:
    response = running.chat(model="gpt-4o")

    assert response.status_code == 404
    error = response.json()["error"]
    assert error["code"] == "model_not_found" and "handbook" in error["message"]


def test_a_models_alias_is_refused_while_plain_chat_is_off(running: Running) -> None:
    response = running.chat(model="chat")

    assert response.status_code == 403
    assert "service.plain_chat" in response.json()["error"]["message"]
