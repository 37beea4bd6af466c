"""Count the requests that are being answered, so that nothing they use is closed under them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class InFlight:
    """How many requests are in here, and whether the last one has left."""

    def __init__(self) -> None:
        self._count = 0
        self._none = asyncio.Event()
        self._none.set()

    @contextmanager
    def one(self) -> Iterator[None]:
        """A request, for as long as it takes."""
        self._count += 1
        self._none.clear()
        try:
            yield
        finally:
            self._count -= 1
            if self._count == 0:
                self._none.set()

    async def ended(self, *, within_seconds: float) -> bool:
        """Wait for the last one to leave; False when the time was not enough."""
        try:
            async with asyncio.timeout(within_seconds):
                return await self._none.wait()
        except TimeoutError:
            return False
