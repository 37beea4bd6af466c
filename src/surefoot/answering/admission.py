"""Let a bounded number of requests run, a bounded number wait, and refuse the rest at once."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from surefoot.errors import OverloadError


class Admission:
    """First come, first served: `most_running` at once, `most_waiting` in line, 429 beyond that.

    `running` and `waiting` may be read at any time, for the metrics.
    """

    def __init__(self, *, most_running: int, most_waiting: int) -> None:
        self._places = asyncio.Semaphore(most_running)
        self._most_running = most_running
        self._most_waiting = most_waiting
        self._recent_seconds = 5.0
        self.running = 0
        self.waiting = 0

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[float]:
        """Wait for a place and yield the seconds it took; OverloadError at once when the line is full."""
        if self._places.locked() and self.waiting >= self._most_waiting:
            raise self._full()
        arrived = time.perf_counter()
        self.waiting += 1
        try:
            await self._places.acquire()
        finally:
            self.waiting -= 1
        entered = time.perf_counter()
        self.running += 1
        try:
            yield entered - arrived
        finally:
            self.running -= 1
            self._recent_seconds += 0.2 * (time.perf_counter() - entered - self._recent_seconds)
            self._places.release()

    def _full(self) -> OverloadError:
        seconds = max(1, round(self._recent_seconds * (self.waiting + 1) / self._most_running))
        return OverloadError(
            f"{self.running} requests are running and {self.waiting} wait, which is all that may",
            remedy=f"try again in {seconds} seconds, or raise service.most_running or service.most_waiting",
            retry_after_seconds=seconds,
        )
