"""A process that offers traces until it is killed, and says when each was offered and when it was kept.

python writing_process.py DATABASE            lines: `offered ID SECONDS`, `kept ID SECONDS`
python writing_process.py DATABASE full       a file-size limit stands in for a full disk
"""

import asyncio
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.traces.examples import answered

from surefoot.records import Feedback, Trace
from surefoot.traces import TraceWriter
from surefoot.traces.sqlalchemy_store import TraceStore


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


class TellingStore:
    """The real store; says what it kept, once it is kept."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store

    async def append(self, traces: Sequence[Trace]) -> None:
        await self._store.append(traces)
        for trace in traces:
            say("kept", trace.id, time.monotonic())

    async def add_feedback(self, trace_id: str, feedback: Feedback) -> None:
        await self._store.add_feedback(trace_id, feedback)


async def offer_for_ever(path: Path) -> None:
    async with TraceWriter(TellingStore(TraceStore(path))) as writer:
        for place in range(1_000_000):
            writer.offer(answered(f"trace-{place}"))
            say("offered", f"trace-{place}", time.monotonic())
            await asyncio.sleep(0.003)


async def run_out_of_room(path: Path) -> None:
    async with TraceStore(path) as store, TraceWriter(store, flush_seconds=0.01) as writer:
        await store.append([answered("before")])
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
        for place in range(60):
            writer.offer(answered(f"trace-{place}"))
        while writer.failed_writes < 2:
            await asyncio.sleep(0.005)
        assert writer.last_error is not None
        say("failed", writer.last_error, "|", writer.last_error.remedy)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        while writer.waiting:
            await asyncio.sleep(0.005)
        say("written", writer.written, "dropped", writer.dropped, "error", writer.last_error)


if __name__ == "__main__":
    scene = run_out_of_room if sys.argv[2:] == ["full"] else offer_for_ever
    asyncio.run(scene(Path(sys.argv[1])))
