"""Keep traces off the hot path: a bounded queue in front, batches into the store behind.

A request offers its trace and goes on. What was offered is in the store one flush interval later (plus
the time the write takes), so a killed process loses no trace older than that.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from surefoot.errors import TraceError
from surefoot.records import Feedback, Trace

_BATCH_SIZE = 100  # traces a transaction: encoding them should not hold the interpreter for long
_LONGEST_PAUSE_SECONDS = 30.0


class TraceKeeper(Protocol):
    """Where traces end up. Appending the same trace twice keeps it once."""

    async def append(self, traces: Sequence[Trace]) -> None:
        """Keep all of them, or none and raise TraceError."""
        ...

    async def add_feedback(self, trace_id: str, feedback: Feedback) -> None:
        """Keep what a person said of an answer. Raises NotFoundError for an unknown trace, TraceError."""
        ...


class TraceWriter:
    """Takes traces without blocking and writes them in batches: `async with TraceWriter(store) as writer`.

    At most `queue_size` traces wait, those being written included. While the store fails, its traces stay,
    and are tried again after ever longer pauses; when the queue is full, new ones are dropped and counted.
    `offer` and all the rest belong to the event loop that entered the writer.
    """

    def __init__(
        self,
        store: TraceKeeper,
        *,
        queue_size: int = 1000,
        flush_seconds: float = 0.25,
        stop_seconds: float = 5.0,
    ) -> None:
        self._store = store
        self._queue_size = queue_size
        self._flush_seconds = flush_seconds
        self._stop_seconds = stop_seconds
        self._waiting: deque[Trace] = deque()
        self._flushing = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures_in_a_row = 0
        self.dropped = 0
        self.written = 0
        self.failed_writes = 0
        self.last_error: TraceError | None = None
        """Why the latest write failed; None again as soon as one succeeds."""

    @property
    def waiting(self) -> int:
        """Traces that are offered and not yet in the store."""
        return len(self._waiting)

    def offer(self, trace: Trace) -> bool:
        """Queue a trace, at once; False, and one more in `dropped`, when there is no room or it is over."""
        if len(self._waiting) >= self._queue_size or self._over:
            self.dropped += 1
            return False
        self._waiting.append(trace)
        return True

    async def add_feedback(self, trace_id: str, feedback: Feedback) -> None:
        """Keep feedback, also for a trace that still waits. Raises NotFoundError or TraceError."""
        await self.flush()
        await self._store.add_feedback(trace_id, feedback)

    async def flush(self) -> None:
        """Write all that waits now; returns when it is in the store. Raises TraceError."""
        async with self._flushing:
            while self._waiting:
                await self._write_batch()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="trace writer")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Take no more and write what waits, trying for `stop_seconds`. Raises TraceError for the rest."""
        self._stopping.set()
        if self._task is not None:
            await self._task
        deadline = time.monotonic() + self._stop_seconds
        while self._waiting and not await self._try_flush():
            if time.monotonic() >= deadline:
                raise self._lost()
            await asyncio.sleep(min(self._pause_seconds, max(0.0, deadline - time.monotonic())))

    @property
    def _over(self) -> bool:
        return self._stopping.is_set() or (self._task is not None and self._task.done())

    @property
    def _pause_seconds(self) -> float:
        doublings = min(self._failures_in_a_row, 20)
        return min(self._flush_seconds * 2.0**doublings, max(_LONGEST_PAUSE_SECONDS, self._flush_seconds))

    async def _run(self) -> None:
        while not await self._stopped_within(self._pause_seconds):
            await self._try_flush()

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._stopping.wait()
        except TimeoutError:
            return False

    async def _try_flush(self) -> bool:
        try:
            await self.flush()
        except TraceError:
            return False  # kept in last_error, and tried again
        return True

    async def _write_batch(self) -> None:
        batch = [self._waiting[place] for place in range(min(_BATCH_SIZE, len(self._waiting)))]
        try:
            await self._store.append(batch)
        except TraceError as error:
            self.last_error = error
            self.failed_writes += 1
            self._failures_in_a_row += 1
            raise
        # Only now: a flush that is cancelled or fails leaves them waiting, and the store keeps each once.
        for _ in batch:
            self._waiting.popleft()
        self.written += len(batch)
        self.last_error = None
        self._failures_in_a_row = 0

    def _lost(self) -> TraceError:
        lost = len(self._waiting)
        self._waiting.clear()
        self.dropped += lost
        return TraceError(
            f"{lost} traces could not be written before the end: {self.last_error}",
            remedy=self.last_error.remedy if self.last_error else "look at the trace database",
        )
