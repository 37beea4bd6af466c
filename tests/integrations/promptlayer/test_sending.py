"""Everything that waits gets through once PromptLayer is well; nothing is lost while it is not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.fakes.gate import WAIT_SECONDS
from tests.fakes.memory_promptlayer import MemoryPromptLayer
from tests.fakes.memory_trace_keeper import MemoryTraceKeeper
from tests.fakes.promptlayer_server import FAILURES, KEY, Failure, FakePromptLayer
from tests.integrations.promptlayer.examples import logged, publication, trace
from tests.traces.examples import PINS, THUMBS_UP

from surefoot.errors import ContentRefusedError, IntegrationError, TraceError
from surefoot.integrations.promptlayer.backlog import Backlog
from surefoot.integrations.promptlayer.client import PromptLayerClient
from surefoot.integrations.promptlayer.keeping import LoggingKeeper
from surefoot.integrations.promptlayer.mirroring import mirror_prompt
from surefoot.integrations.promptlayer.sending import Sender


@pytest.fixture
def backlog(tmp_path: Path) -> Backlog:
    return Backlog(tmp_path / "promptlayer.sqlite", most_requests=1000)


def sender_of(
    backlog: Backlog,
    promptlayer: MemoryPromptLayer | PromptLayerClient,
    mirror: Callable[[str], Awaitable[object]] | None = None,
) -> Sender:
    async def nothing(app: str) -> None:
        pass

    return Sender(
        backlog,
        prompts=promptlayer,
        requests=promptlayer,
        mirror=mirror or nothing,
        label_of=lambda app: "production",
        pause_seconds=0.01,
        look_seconds=0.01,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A sender at work, the stand-in it sends to, and what waits."""

    server: FakePromptLayer
    backlog: Backlog

    async def eventually(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not holds():
                await asyncio.sleep(0.01)

    async def everything_sent(self) -> None:
        await self.eventually(lambda: self.backlog.state().waiting == 0)


@asynccontextmanager
async def running(backlog: Backlog, failure: Failure | None = None) -> AsyncIterator[Running]:
    async with FakePromptLayer() as server:
        server.retry_after = "0"
        await server.fail_here(failure)
        async with PromptLayerClient(url=server.url, api_key=KEY, deadline_seconds=0.3) as client:
            task = asyncio.create_task(sender_of(backlog, client).run())
            try:
                yield Running(server=server, backlog=backlog)
            finally:
                task.cancel()
                async with asyncio.timeout(WAIT_SECONDS):
                    await asyncio.gather(task, return_exceptions=True)
        assert server.faults == []


def test_requests_go_with_their_scores_and_the_version_that_answered(backlog: Backlog) -> None:
    async def check() -> FakePromptLayer:
        backlog.keep([logged(number) for number in range(5)])
        async with FakePromptLayer() as server:
            async with PromptLayerClient(url=server.url, api_key=KEY, deadline_seconds=5) as client:
                await mirror_prompt(client, publication(digest=PINS.prompt), label="production")
                sender = sender_of(backlog, client)
                while await sender.send_next():
                    pass
            return server

    server = asyncio.run(check())

    sent = list(server.shelf.requests.values())
    assert [one.scores for one in sent] == [{"citations_valid": 100}] * 5
    assert {(one.body["prompt_name"], one.body["prompt_version_number"]) for one in sent} == {("answer", 1)}
    traces = [one.body["metadata"]["surefoot_trace"] for one in sent]  # type: ignore[index, call-overload]
    assert traces == [f"ans-{number}" for number in range(5)]
    for number, logged_trace in zip(server.shelf.requests, traces, strict=True):
        assert backlog.request_id_of(str(logged_trace)) == number
    asked = [call for call in server.calls if call.method == "GET"]
    assert len([call for call in asked if call.query == {"label": "production"}]) == 2, "then it is known"


def test_a_version_that_is_not_there_is_asked_for_once_and_the_request_goes_unlinked(
    backlog: Backlog,
) -> None:
    async def check() -> MemoryPromptLayer:
        backlog.keep([logged(1), logged(2)])
        promptlayer = MemoryPromptLayer()
        await mirror_prompt(promptlayer, publication(digest="another"), label="production")
        sender = sender_of(backlog, promptlayer)
        while await sender.send_next():
            pass
        return promptlayer

    assert [version for _, version in asyncio.run(check()).logged.values()] == [None, None]


@pytest.mark.parametrize("failure", FAILURES)
def test_nothing_is_lost_whichever_way_promptlayer_fails(backlog: Backlog, failure: Failure) -> None:
    async def check() -> FakePromptLayer:
        backlog.keep([logged(number) for number in range(6)])
        async with running(backlog, failure) as at_work:
            await at_work.eventually(lambda: backlog.state().last_error is not None)
            assert backlog.state().requests == 6
            await at_work.server.fail_here(None)
            await at_work.everything_sent()
            return at_work.server

    server = asyncio.run(check())

    traces = [one.body["metadata"]["surefoot_trace"] for one in server.shelf.requests.values()]  # type: ignore[index, call-overload]
    # One whose reply came too late is sent again, and may be there twice: their API has no key against that.
    assert {str(trace) for trace in traces} == {f"ans-{number}" for number in range(6)}
    assert all(one.scores == {"citations_valid": 100} for one in server.shelf.requests.values())
    state = backlog.state()
    assert (state.sent, state.dropped, state.given_up) == (6, 0, ())


def test_what_is_refused_for_good_is_given_up_with_its_reason_and_the_rest_goes_on(backlog: Backlog) -> None:
    class Picky(MemoryPromptLayer):
        async def log(self, request: object, *, prompt_version: int | None) -> int:
            if request == logged(1):
                raise ContentRefusedError("PromptLayer answered 422: no", remedy="none")
            return await super().log(request, prompt_version=prompt_version)  # type: ignore[arg-type]

    async def check() -> Picky:
        backlog.keep([logged(1), logged(2)])
        promptlayer = Picky()
        sender = sender_of(backlog, promptlayer)
        while await sender.send_next():
            pass
        return promptlayer

    assert len(asyncio.run(check()).logged) == 1
    (given_up,) = backlog.state().given_up
    assert given_up.reason == "PromptLayer answered 422: no"


def test_a_pause_lasts_as_long_as_promptlayer_asks(backlog: Backlog) -> None:
    async def check() -> float:
        backlog.keep([logged(1)])
        promptlayer = MemoryPromptLayer()
        promptlayer.failure = IntegrationError("slow down", remedy="wait", retry_after_seconds=60.0)
        sender = sender_of(backlog, promptlayer)
        assert await sender.send_next() is not None
        assert await sender.send_next() is None, "its time has not come"
        return sender.quiet_seconds

    assert asyncio.run(check()) > 59


def test_pauses_grow_and_end_with_the_first_success(backlog: Backlog) -> None:
    async def check() -> list[float]:
        backlog.keep([logged(1)])
        promptlayer = MemoryPromptLayer()
        promptlayer.failure = IntegrationError("it broke", remedy="wait")
        sender = sender_of(backlog, promptlayer)
        pauses = []
        for _ in range(6):
            await sender.send_next(due=False)
            pauses.append(sender.quiet_seconds)
        promptlayer.failure = None
        await sender.send_next(due=False)
        assert sender.quiet_seconds == 0
        return pauses

    pauses = asyncio.run(check())

    # The sixth is at least half of 0.32 s, less the moment until it is read; the first at most 0.01 s.
    assert pauses[0] <= 0.01 and pauses[-1] > 0.1


def test_a_mirror_that_fails_waits_and_is_done_later(backlog: Backlog) -> None:
    tries: list[str] = []

    async def mirror(app: str) -> None:
        tries.append(app)
        if len(tries) == 1:
            raise IntegrationError("it broke", remedy="wait")

    async def check() -> None:
        backlog.keep_mirror("answers")
        sender = sender_of(backlog, MemoryPromptLayer(), mirror)
        failed = await sender.send_next()
        assert failed is not None and failed.error is not None
        assert backlog.state().mirrors == ("answers",)
        done = await sender.send_next(due=False)
        assert done is not None and done.error is None

    asyncio.run(check())
    assert tries == ["answers", "answers"] and backlog.state().waiting == 0


def test_a_sender_that_is_stopped_in_the_middle_lets_its_entry_go(backlog: Backlog) -> None:
    async def check() -> None:
        backlog.keep([logged(1)])
        async with running(backlog, "hangs") as at_work:
            await asyncio.to_thread(at_work.server.reached.wait, WAIT_SECONDS)
        assert backlog.claim(due=False) is not None, "nobody has to wait for the claim to run out"

    asyncio.run(check())


def test_the_keeper_keeps_for_both_and_feedback_becomes_a_score(backlog: Backlog) -> None:
    async def check() -> MemoryPromptLayer:
        store, promptlayer = MemoryTraceKeeper(), MemoryPromptLayer()
        keeper = LoggingKeeper(store, backlog, content=False)
        await keeper.append([trace(1), replace(trace(2), pins=None)])
        assert set(store.kept) == {"ans-1", "ans-2"}
        sender = sender_of(backlog, promptlayer)
        await sender.send_next()
        await keeper.add_feedback("ans-1", THUMBS_UP)
        await sender.send_next()
        return promptlayer

    promptlayer = asyncio.run(check())
    assert promptlayer.scores == {1: {"citations_valid": 100, "feedback": 100}}
    assert THUMBS_UP.comment not in repr(promptlayer.logged)


def test_a_backlog_that_cannot_be_written_costs_no_trace(tmp_path: Path) -> None:
    (tmp_path / "promptlayer.sqlite").write_bytes(b"no database at all, " * 100)
    broken = Backlog(tmp_path / "promptlayer.sqlite", most_requests=10)
    with pytest.raises(TraceError):
        broken.state()

    async def check() -> MemoryTraceKeeper:
        store = MemoryTraceKeeper()
        keeper = LoggingKeeper(store, broken, content=False)
        await keeper.append([trace(1)])
        await keeper.add_feedback("ans-1", THUMBS_UP)
        return store

    assert len(asyncio.run(check()).kept["ans-1"].feedback) == 1
