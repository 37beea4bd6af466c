"""A chat client against a server that fails in each way servers fail."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.fakes.model_server import Ending, FakeModelServer

from surefoot.errors import ModelError, ModelTimeoutError, ModelUnreachableError, SettingsError
from surefoot.models import Limits, Retries, complete
from surefoot.models.openai_chat import OpenAIChat
from surefoot.records import Completion, Message, Sampling, TextDelta

QUESTION = [Message(role="user", content="What is in the box?")]
SHORT = Limits(connect_seconds=0.2, first_token_seconds=0.2, idle_seconds=0.2, total_seconds=5)
QUICK = Retries(first_delay_seconds=0.001)
ONCE = Retries(count=0)


@asynccontextmanager
async def chatting(
    limits: Limits | None = None, retries: Retries = QUICK, api_key: str | None = None
) -> AsyncIterator[tuple[FakeModelServer, OpenAIChat]]:
    async with (
        FakeModelServer() as server,
        OpenAIChat(
            base_url=server.url + "/v1/", model="chat", limits=limits, retries=retries, api_key=api_key
        ) as chat,
    ):
        yield server, chat


async def ask(chat: OpenAIChat) -> Completion:
    return await complete(chat, QUESTION, Sampling())


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_fault_is_asked_again(status: int) -> None:
    async def scenario() -> None:
        async with chatting() as (server, chat):
            server.fail_next(status, times=2)
            assert (await ask(chat)).text == "You asked: What is in the box?"
            assert len(server.requests) == 3

    asyncio.run(scenario())


def test_a_fault_that_stays_ends_after_the_last_retry_with_the_servers_words() -> None:
    async def scenario() -> None:
        async with chatting() as (server, chat):
            server.fail_next(500, times=9)
            with pytest.raises(ModelError, match="answered 500: 'told to answer 500'"):
                await ask(chat)
            assert len(server.requests) == 3

    asyncio.run(scenario())


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_refusal_is_not_asked_again(status: int) -> None:
    async def scenario() -> None:
        async with chatting() as (server, chat):
            server.fail_next(status)
            with pytest.raises(ModelError, match=f"answered {status}"):
                await ask(chat)
            assert len(server.requests) == 1

    asyncio.run(scenario())


def test_a_server_that_stays_away_is_unreachable() -> None:
    async def scenario() -> None:
        async with chatting() as (server, chat):
            server.fail_next(503, times=3)
            with pytest.raises(ModelUnreachableError, match="503"):
                await ask(chat)
            await server.refuse()
            with pytest.raises(ModelUnreachableError, match="cannot be reached"):
                await ask(chat)
            await server.accept()
            assert (await ask(chat)).finish_reason == "stop"

    asyncio.run(scenario())


def test_retry_after_is_waited_out() -> None:
    async def scenario() -> None:
        async with chatting() as (server, chat):
            server.fail_next(429, retry_after="1")
            started = time.monotonic()
            await ask(chat)
            assert 1.0 <= time.monotonic() - started < 4

    asyncio.run(scenario())


def test_a_retry_after_beyond_the_limit_fails_at_once() -> None:
    async def scenario() -> None:
        async with chatting() as (server, chat):
            server.fail_next(429, retry_after="3600")
            with pytest.raises(ModelError, match="429"):
                await ask(chat)
            assert len(server.requests) == 1

    asyncio.run(scenario())


def test_a_server_that_sends_no_headers_passes_the_first_token_limit() -> None:
    async def scenario() -> None:
        async with chatting(SHORT) as (server, chat):
            server.hold("headers")
            with pytest.raises(ModelTimeoutError, match=r"first_token_seconds=0\.2"):
                await ask(chat)
            assert await asyncio.to_thread(server.wait_closed_by_client)
            assert len(server.requests) == 1, "a slow model is not asked twice"

    asyncio.run(scenario())


def test_a_server_that_sends_headers_but_no_token_passes_the_first_token_limit() -> None:
    async def scenario() -> None:
        async with chatting(SHORT) as (server, chat):
            server.hold("first token")
            with pytest.raises(ModelTimeoutError, match=r"first_token_seconds=0\.2"):
                await ask(chat)

    asyncio.run(scenario())


def test_silence_after_the_first_token_passes_the_idle_limit() -> None:
    async def scenario() -> None:
        async with chatting(SHORT) as (server, chat):
            server.hold("second token")
            with pytest.raises(ModelTimeoutError, match=r"idle_seconds=0\.2"):
                await ask(chat)
            assert await asyncio.to_thread(server.wait_closed_by_client)

    asyncio.run(scenario())


def test_the_whole_answer_passes_the_total_limit() -> None:
    async def scenario() -> None:
        async with chatting(Limits(total_seconds=0.2)) as (server, chat):
            server.hold("second token")
            with pytest.raises(ModelTimeoutError, match=r"total_seconds=0\.2"):
                await ask(chat)

    asyncio.run(scenario())


def test_a_server_that_takes_no_connection_passes_the_connect_limit() -> None:
    async def scenario() -> None:
        with socket.socket() as listener, socket.socket() as filler:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            port = listener.getsockname()[1]
            # One connection fills the queue of a listener that never accepts; Linux drops the next ones.
            filler.connect(("127.0.0.1", port))
            limits = Limits(connect_seconds=0.2)
            async with OpenAIChat(
                base_url=f"http://127.0.0.1:{port}", model="chat", limits=limits, retries=ONCE
            ) as chat:
                with pytest.raises(ModelTimeoutError, match=r"connect_seconds=0\.2"):
                    await ask(chat)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("ending", "error", "words"),
    [
        ("reset", ModelUnreachableError, "broke off its answer"),
        ("error event", ModelError, "broke off its answer: 'EngineCore died'"),
        ("no finish", ModelError, "the stream ended before the answer did"),
    ],
)
def test_an_answer_that_is_broken_off_is_an_error_after_its_text(
    ending: Ending, error: type[ModelError], words: str
) -> None:
    async def scenario() -> None:
        async with chatting() as (server, chat):
            server.dies = (2, ending)
            texts = []
            with pytest.raises(error, match=words):
                async for piece in chat.stream(QUESTION, Sampling()):
                    assert isinstance(piece, TextDelta)
                    texts.append(piece.text)
            assert texts == ["You", " asked:"]
            assert len(server.requests) == 1, "what was partly told is not asked again"

    asyncio.run(scenario())


def test_a_connection_that_breaks_before_the_first_byte_is_tried_again() -> None:
    async def scenario() -> None:
        async with chatting() as (server, chat):
            server.drop_next(times=2)
            assert (await ask(chat)).finish_reason == "stop"
            assert len(server.requests) == 3

    asyncio.run(scenario())


def test_a_stream_without_a_finish_is_no_answer() -> None:
    async def scenario() -> None:
        async with chatting() as (server, chat):
            server.dies = (0, "no finish")
            with pytest.raises(ModelError, match="ended before the answer did, after 0 characters"):
                await ask(chat)

    asyncio.run(scenario())


def test_leaving_the_stream_early_frees_the_server_at_once() -> None:
    async def scenario() -> None:
        async with chatting() as (server, chat):
            server.hold("second token")
            stream = chat.stream(QUESTION, Sampling())
            assert await anext(stream) == TextDelta(text="You")
            await stream.aclose()
            assert await asyncio.to_thread(server.wait_closed_by_client)

    asyncio.run(scenario())


def test_cancelling_the_wait_for_the_first_token_frees_the_server_at_once() -> None:
    async def scenario() -> None:
        async with chatting() as (server, chat):
            gate = server.hold("first token")
            asking = asyncio.create_task(ask(chat))
            await asyncio.to_thread(gate.wait_reached)
            asking.cancel()
            assert await asyncio.to_thread(server.wait_closed_by_client)
            with pytest.raises(asyncio.CancelledError):
                await asking

    asyncio.run(scenario())


def test_leaving_a_forwarded_stream_frees_the_server_at_once() -> None:
    async def scenario() -> None:
        async with chatting() as (server, chat):
            server.hold("second token")
            body = {"model": "chat", "messages": [{"role": "user", "content": "hi"}], "stream": True}
            with pytest.raises(KeyError, match="the caller left"):
                async with chat.forward(json.dumps(body).encode()) as reply:
                    await anext(reply.chunks())
                    raise KeyError("the caller left")
            assert await asyncio.to_thread(server.wait_closed_by_client)

    asyncio.run(scenario())


def test_many_answers_run_at_once() -> None:
    async def scenario() -> None:
        async with chatting() as (server, chat):
            gate = server.hold("first token")
            asking = [asyncio.create_task(ask(chat)) for _ in range(120)]
            await asyncio.to_thread(gate.wait_reached)
            while len(server.requests) < 120:
                await asyncio.sleep(0.01)
            gate.release()
            assert len({completion.text for completion in await asyncio.gather(*asking)}) == 1

    asyncio.run(scenario())


def test_the_api_key_is_sent_and_never_repeated() -> None:
    async def scenario() -> None:
        async with chatting(api_key="sk-secret") as (server, chat):
            server.answer = lambda messages: ""
            await ask(chat)
            assert server.requests[0].authorization == "Bearer sk-secret"
            chat.model = "sk-secret"
            with pytest.raises(ModelError) as refused:
                await ask(chat)
            assert "sk-secret" not in str(refused.value)
            assert "***" in str(refused.value)

    asyncio.run(scenario())


def test_text_that_is_no_valid_unicode_reaches_the_server() -> None:
    async def scenario() -> None:
        async with chatting() as (_, chat):
            broken = [Message(role="user", content="half an emoji: \ud83d")]
            assert (await complete(chat, broken, Sampling())).finish_reason == "stop"

    asyncio.run(scenario())


def test_an_empty_answer_is_an_answer() -> None:
    async def scenario() -> None:
        async with chatting() as (server, chat):
            server.answer = lambda messages: ""
            completion = await ask(chat)
            assert (completion.text, completion.finish_reason) == ("", "stop")

    asyncio.run(scenario())


@pytest.mark.parametrize("address", ["localhost:8000", "ftp://models", "http://", "http://gpu:port", ""])
def test_an_address_that_is_none_is_quoted(address: str) -> None:
    with pytest.raises(SettingsError, match=f"'{address}' is not the address of a model server"):
        OpenAIChat(base_url=address, model="chat")


@pytest.mark.parametrize("address", ["http://me:hush@gpu:8000/v1", "me:hush@gpu:8000"])
def test_an_address_with_credentials_is_refused_without_repeating_them(address: str) -> None:
    with pytest.raises(SettingsError, match="holds an '@'") as refused:
        OpenAIChat(base_url=address, model="chat")
    assert "hush" not in str(refused.value) + refused.value.remedy
