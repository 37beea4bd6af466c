"""A place in a fake where answers wait until a test lets them go on."""

import asyncio
import threading

WAIT_SECONDS = 10.0


class Gate:
    """A place where answers wait until `release`. Both methods may be called from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._reached = threading.Event()
        self._released = asyncio.Event()

    async def pass_through(self) -> None:
        self._reached.set()
        await self._released.wait()

    def wait_reached(self) -> bool:
        """Block until an answer waits here; in a coroutine use `asyncio.to_thread(gate.wait_reached)`."""
        return self._reached.wait(WAIT_SECONDS)

    def release(self) -> None:
        self._loop.call_soon_threadsafe(self._released.set)
