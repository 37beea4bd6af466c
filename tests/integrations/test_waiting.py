"""Synchronous code waits for work on a loop, and no longer than what asked for it."""

import asyncio
from concurrent.futures import CancelledError
from contextvars import copy_context
from threading import Event, Thread

import pytest

from surefoot.errors import InputError
from surefoot.integrations.waiting import Waits, no_longer_than_this, wait_for


def test_a_wait_that_begins_when_all_is_over_is_stopped_at_once() -> None:
    stopped: list[str] = []

    def cancel() -> bool:
        stopped.append("late")
        return True

    waits = Waits()
    waits.end()
    with waits.waiting(cancel):
        assert stopped == ["late"]


def test_work_that_a_thread_asks_for_after_the_end_is_cancelled() -> None:
    async def story() -> bool:
        home, freed = asyncio.get_running_loop(), asyncio.Event()
        go, seen = Event(), []

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                freed.set()

        def thread() -> None:
            go.wait()
            try:
                wait_for(work(), home)
            except CancelledError:
                seen.append("cancelled")

        with no_longer_than_this():
            late = Thread(target=copy_context().run, args=(thread,))
            late.start()
        go.set()
        await asyncio.to_thread(late.join, 5)
        return seen == ["cancelled"] and not late.is_alive()

    assert asyncio.run(story())


def test_waiting_where_a_loop_runs_is_refused() -> None:
    async def story() -> None:
        async def work() -> None:
            """Never begun."""

        wait_for(work(), None)

    with pytest.raises(InputError, match="event loop runs"):
        asyncio.run(story())
