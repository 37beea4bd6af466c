import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fakes.memory_trace_keeper import MemoryTraceKeeper
from tests.traces.examples import THUMBS_UP, answered

from surefoot.errors import NotFoundError, TraceError
from surefoot.traces import TraceWriter
from surefoot.traces.sqlalchemy_store import TraceStore

LONG = 60.0  # seconds: the writer never flushes by itself within a test


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.002)


def test_what_is_offered_is_in_the_store_a_flush_interval_later() -> None:
    async def scene() -> None:
        keeper = MemoryTraceKeeper()
        async with TraceWriter(keeper, flush_seconds=0.02) as writer:
            assert writer.offer(answered("one"))
            assert not keeper.kept
            await until(lambda: "one" in keeper.kept)
            assert (writer.waiting, writer.written) == (0, 1)

    asyncio.run(scene())


def test_leaving_the_writer_writes_all_that_waits_in_batches() -> None:
    async def scene() -> None:
        keeper = MemoryTraceKeeper()
        async with TraceWriter(keeper, flush_seconds=LONG) as writer:
            for place in range(250):
                assert writer.offer(answered(f"{place}"))
        assert list(keeper.kept) == [f"{place}" for place in range(250)]
        assert keeper.appends == 3
        assert not writer.offer(answered("late")) and writer.dropped == 1

    asyncio.run(scene())


def test_a_full_queue_refuses_at_once_and_counts_what_it_refused() -> None:
    async def scene() -> None:
        keeper = MemoryTraceKeeper()
        keeper.may_append.clear()
        async with TraceWriter(keeper, queue_size=3, flush_seconds=0.01) as writer:
            assert [writer.offer(answered(name)) for name in "abc"] == [True, True, True]
            await until(lambda: keeper.appends == 1)
            # The three are being written, and take room until they are.
            assert not writer.offer(answered("d")) and not writer.offer(answered("e"))
            assert (writer.dropped, writer.waiting) == (2, 3)
            keeper.may_append.set()
            await until(lambda: writer.waiting == 0)
            assert writer.offer(answered("f"))
        assert list(keeper.kept) == ["a", "b", "c", "f"]

    asyncio.run(scene())


def test_offering_takes_next_to_no_time_while_the_store_hangs() -> None:
    async def scene() -> float:
        keeper = MemoryTraceKeeper()
        keeper.may_append.clear()
        async with TraceWriter(keeper, queue_size=100, flush_seconds=0.001) as writer:
            writer.offer(answered("first"))
            await until(lambda: keeper.appends == 1)
            started = time.perf_counter()
            for place in range(1000):
                writer.offer(answered(f"{place}"))
            spent = time.perf_counter() - started
            keeper.may_append.set()
        return spent / 1000

    assert asyncio.run(scene()) < 0.001


def test_a_failing_store_loses_nothing_says_why_and_is_tried_again() -> None:
    async def scene() -> None:
        keeper = MemoryTraceKeeper()
        keeper.failing = True
        async with TraceWriter(keeper, flush_seconds=0.005) as writer:
            writer.offer(answered("one"))
            await until(lambda: writer.failed_writes >= 2)
            assert str(writer.last_error) == "the disk is full"
            writer.offer(answered("two"))
            keeper.failing = False
            await until(lambda: writer.waiting == 0)
            assert list(keeper.kept) == ["one", "two"]
            assert writer.last_error is None and writer.dropped == 0

    asyncio.run(scene())


def test_the_pauses_between_tries_grow_while_the_store_fails() -> None:
    async def scene() -> int:
        keeper = MemoryTraceKeeper()
        keeper.failing = True
        async with TraceWriter(keeper, flush_seconds=0.01) as writer:
            writer.offer(answered("one"))
            await asyncio.sleep(0.5)
            tries = writer.failed_writes
            keeper.failing = False
        return tries

    # 0.01 + 0.02 + ... + 0.32 s is more than half a second: at most six tries, where evenly it were fifty.
    assert 2 <= asyncio.run(scene()) <= 6


def test_leaving_with_a_store_that_stays_broken_says_how_many_were_lost() -> None:
    async def scene() -> None:
        keeper = MemoryTraceKeeper()
        keeper.failing = True
        async with TraceWriter(keeper, flush_seconds=0.01, stop_seconds=0.05) as writer:
            writer.offer(answered("one"))
            writer.offer(answered("two"))

    with pytest.raises(TraceError, match="2 traces could not be written before the end: the disk is full"):
        asyncio.run(scene())


def test_leaving_waits_for_a_store_that_mends_in_time() -> None:
    async def scene() -> None:
        keeper = MemoryTraceKeeper()
        keeper.failing = True

        async def mend() -> None:
            await until(lambda: keeper.appends >= 2)
            keeper.failing = False

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(mend())
            async with TraceWriter(keeper, flush_seconds=0.01) as writer:
                writer.offer(answered("one"))
        assert list(keeper.kept) == ["one"]

    asyncio.run(scene())


def test_feedback_reaches_a_trace_that_still_waits(tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            TraceStore(tmp_path / "traces.sqlite") as store,
            TraceWriter(store, flush_seconds=LONG) as writer,
        ):
            writer.offer(answered("one"))
            await writer.add_feedback("one", THUMBS_UP)
            assert (await store.find("one")).feedback == (THUMBS_UP,)
            with pytest.raises(NotFoundError, match="'two'"):
                await writer.add_feedback("two", THUMBS_UP)

    asyncio.run(scene())


def test_a_flush_that_is_cancelled_half_way_loses_nothing_and_doubles_nothing() -> None:
    async def scene() -> None:
        keeper = MemoryTraceKeeper()
        keeper.may_append.clear()
        async with TraceWriter(keeper, flush_seconds=LONG) as writer:
            writer.offer(answered("one"))
            flush = asyncio.create_task(writer.flush())
            await until(lambda: keeper.appends == 1)
            flush.cancel()
            with pytest.raises(asyncio.CancelledError):
                await flush
            keeper.may_append.set()
        assert list(keeper.kept) == ["one"] and writer.written == 1

    asyncio.run(scene())
