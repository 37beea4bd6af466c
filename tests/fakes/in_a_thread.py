"""A fake server in a thread of its own, for tests that are not coroutines."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from tests.fakes.gate import WAIT_SECONDS


class FakeServer(Protocol):
    """A server that listens between two calls."""

    async def accept(self) -> None: ...

    async def refuse(self) -> None: ...


Server = TypeVar("Server", bound=FakeServer)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """The server, listening until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.accept(), loop).result(WAIT_SECONDS)
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.refuse(), loop).result(WAIT_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(WAIT_SECONDS)
        loop.close()
