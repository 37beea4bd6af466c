"""The fake is as strict as the server it stands for, so that a wrong request cannot pass a test."""

import asyncio

import aiohttp
import pytest
from tests.fakes.model_server import FakeModelServer

GOOD = {"model": "chat", "messages": [{"role": "user", "content": "hi"}]}


def post(path: str, body: object) -> tuple[int, str]:
    async def scenario() -> tuple[int, str]:
        async with (
            FakeModelServer() as server,
            aiohttp.ClientSession() as session,
            session.post(server.url + path, json=body) as reply,
        ):
            return reply.status, await reply.text()

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    "change",
    [
        {"messages": []},
        {"messages": "hi"},
        {"messages": [{"role": "tool", "content": "hi"}]},
        {"messages": [{"role": "user", "content": ["hi"]}]},
        {"messages": [{"role": "user"}]},
        {"temperature": "0"},
        {"stream": 1},
        {"max_tokens": True},
        {"max_tokens": 0},
        {"max_tokens": 5000},
        {"stream_options": {"include_usage": True}},
        {"n": 2},
        {"tempreature": 0},
    ],
)
def test_a_request_of_a_wrong_shape_is_refused(change: dict[str, object]) -> None:
    status, text = post("/v1/chat/completions", {**GOOD, **change})

    assert status == 400
    assert next(iter(change)) in text


@pytest.mark.parametrize("body", [[], "x", None])
def test_a_body_that_is_no_object_is_refused(body: object) -> None:
    for path in ("/v1/chat/completions", "/tokenize", "/v1/embeddings"):
        assert post(path, body)[0] == 400


def test_an_unknown_model_is_404_with_the_names_there_are() -> None:
    status, text = post("/v1/chat/completions", {**GOOD, "model": "x"})

    assert status == 404
    assert "chat, chat-identity" in text


def test_embeddings_of_nothing_are_refused() -> None:
    assert post("/v1/embeddings", {"model": "chat", "input": []})[0] == 400
