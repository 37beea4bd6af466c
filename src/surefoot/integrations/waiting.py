"""Wait for asynchronous work from synchronous code, on the event loop that the work belongs to."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from surefoot.errors import InputError

T = TypeVar("T")

_awaited: ContextVar[set[Callable[[], bool]] | None] = ContextVar("what threads wait for", default=None)


@contextmanager
def no_longer_than_this() -> Iterator[None]:
    """Stop, at the end of the block, whatever a thread that began in it still waits for."""
    awaited: set[Callable[[], bool]] = set()
    before = _awaited.set(awaited)
    try:
        yield
    finally:
        _awaited.reset(before)
        for cancel in tuple(awaited):
            cancel()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs in this thread; None without one."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def wait_for(work: Coroutine[None, None, T], home: asyncio.AbstractEventLoop | None) -> T:
    """The result of `work`, which runs on `home`, or on a loop of its own where there is none.

    InputError inside a running loop, which waiting would stop.
    """
    if running_loop() is not None:
        work.close()
        raise InputError(
            "a synchronous call was made where an event loop runs",
            remedy="await the asynchronous call: ainvoke in place of invoke, aquery in place of query",
        )
    if home is None or not home.is_running():
        return asyncio.run(work)
    awaited, begun = _awaited.get(), asyncio.run_coroutine_threadsafe(work, home)
    if awaited is not None:
        awaited.add(begun.cancel)
    try:
        return begun.result()
    finally:
        if awaited is not None:
            awaited.discard(begun.cancel)
