"""A trace keeper in memory, which can be told to fail for a while."""

import asyncio
import dataclasses
from collections.abc import Sequence

from surefoot.errors import NotFoundError, TraceError
from surefoot.records import Feedback, Trace


class MemoryTraceKeeper:
    """Keeps traces in `kept`, by id; raises TraceError from `append` while `failing`."""

    def __init__(self) -> None:
        self.kept: dict[str, Trace] = {}
        self.failing = False
        self.appends = 0
        self.may_append = asyncio.Event()
        self.may_append.set()

    async def append(self, traces: Sequence[Trace]) -> None:
        self.appends += 1
        await self.may_append.wait()
        if self.failing:
            raise TraceError("the disk is full", remedy="free some room")
        for trace in traces:
            self.kept.setdefault(trace.id, trace)

    async def add_feedback(self, trace_id: str, feedback: Feedback) -> None:
        if trace_id not in self.kept:
            raise NotFoundError(f"no trace has the id {trace_id!r}", remedy="list them")
        trace = self.kept[trace_id]
        self.kept[trace_id] = dataclasses.replace(trace, feedback=(*trace.feedback, feedback))

    async def find(self, trace_id: str) -> Trace:
        if trace_id not in self.kept:
            raise NotFoundError(f"no trace has the id {trace_id!r}", remedy="list them")
        return self.kept[trace_id]
