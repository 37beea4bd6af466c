"""Wait for asynchronous work from synchronous code, on the event loop that the work belongs to."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TypeVar

from surefoot.errors import InputError

T = TypeVar("T")


class Waits:
    """What threads wait for, until it is all to stop: what begins after that stops at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._cancels: set[Callable[[], bool]] = set()
        self._over = False

    @contextmanager
    def waiting(self, cancel: Callable[[], bool]) -> Iterator[None]:
        """While a thread waits for what this cancels."""
        with self._lock:
            self._cancels.add(cancel)
            over = self._over
        if over:
            cancel()
        try:
            yield
        finally:
            with self._lock:
                self._cancels.discard(cancel)

    def end(self) -> None:
        """Stop what is waited for, and what will be."""
        with self._lock:
            self._over = True
            cancels = tuple(self._cancels)
        for cancel in cancels:
            cancel()


_waits: ContextVar[Waits | None] = ContextVar("what threads wait for", default=None)


@contextmanager
def no_longer_than_this() -> Iterator[None]:
    """Stop, at the end of the block, whatever a thread that began in it still waits for."""
    waits = Waits()
    before = _waits.set(waits)
    try:
        yield
    finally:
        _waits.reset(before)
        waits.end()


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
    begun = asyncio.run_coroutine_threadsafe(work, home)
    waits = _waits.get()
    if waits is None:
        return begun.result()
    with waits.waiting(begun.cancel):
        return begun.result()
