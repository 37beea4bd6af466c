"""Readiness follows the model server: away, back, and back with other weights."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from tests.fakes.model_protocol import fingerprint_of
from tests.fakes.model_server import FakeModelServer

from surefoot.errors import ModelError, ModelTimeoutError, ModelUnreachableError
from surefoot.models import Expectation, ModelWatch, PinnedFingerprint, Retries, complete
from surefoot.models.openai_chat import OpenAIChat
from surefoot.records import Message, Sampling

PINNED = PinnedFingerprint(fingerprint=fingerprint_of("pinned"), threshold=0.6)


@asynccontextmanager
async def watching(
    pinned: PinnedFingerprint | None = PINNED, probe_every_seconds: float = 0.02
) -> AsyncIterator[tuple[FakeModelServer, OpenAIChat, ModelWatch]]:
    async with (
        FakeModelServer() as server,
        OpenAIChat(base_url=server.url, model="chat", retries=Retries(count=0)) as chat,
    ):
        watch = ModelWatch(
            chat,
            Expectation(served_name="chat-identity", pinned=pinned),
            probe_every_seconds=probe_every_seconds,
            probe_limit_seconds=0.2,
        )
        task = asyncio.create_task(watch.run())
        try:
            yield server, chat, watch
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            assert not watch.state.ready


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.002)


def answers_asked(server: FakeModelServer) -> int:
    return sum(request.path == "/v1/chat/completions" for request in server.requests)


def test_a_model_is_ready_only_after_it_was_verified() -> None:
    async def scenario() -> None:
        async with watching() as (server, _, watch):
            assert not watch.state.ready
            await until(lambda: watch.state.ready)
            assert answers_asked(server) == 3

    asyncio.run(scenario())


def test_a_quiet_server_is_probed_without_asking_for_tokens() -> None:
    async def scenario() -> None:
        async with watching() as (server, _, watch):
            await until(lambda: watch.state.ready and len(server.requests) > 8)
            assert answers_asked(server) == 3

    asyncio.run(scenario())


def test_a_server_that_dies_and_comes_back_is_verified_again() -> None:
    async def scenario() -> None:
        async with watching() as (server, _, watch):
            await until(lambda: watch.state.ready)
            await server.refuse()
            await until(lambda: not watch.state.ready)
            assert "cannot be reached" in watch.state.reason
            await server.accept()
            await until(lambda: watch.state.ready)
            assert answers_asked(server) == 6

    asyncio.run(scenario())


def test_other_weights_behind_the_same_name_are_not_ready_until_the_right_ones_are_back() -> None:
    async def scenario() -> None:
        async with watching() as (server, _, watch):
            await until(lambda: watch.state.ready)
            await server.refuse()
            await until(lambda: not watch.state.ready)
            server.weights = "other"
            await server.accept()
            await until(lambda: "other weights answer" in watch.state.reason)
            assert fingerprint_of("other").texts[0] in watch.state.reason
            server.weights = "pinned"
            await until(lambda: watch.state.ready)

    asyncio.run(scenario())


def test_a_server_that_is_renamed_under_way_is_not_ready() -> None:
    async def scenario() -> None:
        async with watching() as (server, _, watch):
            await until(lambda: watch.state.ready)
            server.names = ("chat", "other-identity")
            await until(lambda: "'other-identity'" in watch.state.reason)

    asyncio.run(scenario())


def test_a_request_that_could_not_reach_the_server_makes_the_watch_look_at_once() -> None:
    async def scenario() -> None:
        async with watching(probe_every_seconds=60) as (server, chat, watch):
            await until(lambda: watch.state.ready)
            server.drop_next()
            with pytest.raises(ModelUnreachableError) as broken:
                await complete(chat, [Message(role="user", content="hi")], Sampling())
            watch.report(broken.value)
            assert not watch.state.ready
            await until(lambda: watch.state.ready)
            assert answers_asked(server) == 3 + 1 + 3

    asyncio.run(scenario())


@pytest.mark.parametrize("kind", [ModelError, ModelTimeoutError])
def test_an_error_of_a_server_that_was_reached_casts_no_doubt(kind: type[ModelError]) -> None:
    async def scenario() -> None:
        async with watching() as (_, _, watch):
            await until(lambda: watch.state.ready)
            watch.report(kind("refused", remedy="none"))
            assert watch.state.ready

    asyncio.run(scenario())


def test_a_server_that_goes_away_while_it_is_checked_is_checked_again() -> None:
    async def scenario() -> None:
        async with watching(probe_every_seconds=60) as (server, _, watch):
            gate = server.hold("second token")
            assert await asyncio.to_thread(gate.wait_reached)
            watch.report(ModelUnreachableError("gone", remedy="start it"))
            gate.release()
            await until(lambda: watch.state.ready)
            assert answers_asked(server) == 6

    asyncio.run(scenario())


def test_a_server_that_hangs_is_not_ready() -> None:
    async def scenario() -> None:
        async with watching() as (server, _, watch):
            await until(lambda: watch.state.ready)
            gate = server.hold("headers")
            await until(lambda: "did not list its models within 0.2 s" in watch.state.reason)
            gate.release()
            await until(lambda: watch.state.ready)

    asyncio.run(scenario())


def test_a_declared_model_is_held_to_the_fingerprint_it_first_gave() -> None:
    async def scenario() -> None:
        async with watching(pinned=None) as (server, _, watch):
            await until(lambda: watch.state.ready)
            await server.refuse()
            await until(lambda: not watch.state.ready)
            server.weights = "other"
            await server.accept()
            await until(lambda: "other weights answer" in watch.state.reason)

    asyncio.run(scenario())


class TornOnce(OpenAIChat):
    """A client with a fault in its code, which shows the first time it is asked."""

    torn = True

    async def served_names(self) -> tuple[str, ...]:
        if self.torn:
            self.torn = False
            raise ValueError("torn")
        return await super().served_names()


def test_a_fault_in_the_check_is_logged_and_the_watch_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        caplog.set_level("INFO")
        async with FakeModelServer() as server, TornOnce(base_url=server.url, model="chat") as chat:
            expected = Expectation(served_name="chat-identity", pinned=PINNED)
            watch = ModelWatch(chat, expected, probe_every_seconds=0.02)
            task = asyncio.create_task(watch.run())
            await until(lambda: watch.state.ready)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scenario())

    assert "the model is not ready: the check of the model failed: ValueError: torn" in caplog.text
    assert "Traceback" in caplog.text
    assert caplog.messages[-1] == "the model is ready: the pinned model answers"
