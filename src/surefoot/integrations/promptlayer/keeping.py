"""Let what the trace store keeps wait for PromptLayer too, off the request path, and never at its cost."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from surefoot.errors import TraceError
from surefoot.integrations.promptlayer.backlog import Backlog
from surefoot.integrations.promptlayer.entries import FEEDBACK, out_of_100, to_log
from surefoot.records import Feedback, Trace
from surefoot.traces import TraceKeeper

_log = logging.getLogger("surefoot.promptlayer")


class LoggingKeeper:
    """A trace keeper that hands what it keeps to a backlog as well. A failing backlog is told, and no more.

    `content` says whether texts may leave.
    """

    def __init__(self, keeper: TraceKeeper, backlog: Backlog, *, content: bool) -> None:
        self._keeper = keeper
        self._backlog = backlog
        self._content = content

    async def append(self, traces: Sequence[Trace]) -> None:
        """Keep all of them, or none and raise TraceError."""
        await self._keeper.append(traces)
        await self._tried(len(traces), lambda: self._keep(traces))

    async def add_feedback(self, trace_id: str, feedback: Feedback) -> None:
        """Keep what a person said of an answer; it becomes a score, and the comment stays here."""
        await self._keeper.add_feedback(trace_id, feedback)
        value = out_of_100(1.0 if feedback.rating == "up" else 0.0)
        await self._tried(1, lambda: self._backlog.keep_score(trace_id, FEEDBACK, value))

    def _keep(self, traces: Sequence[Trace]) -> None:
        logged = (to_log(trace, content=self._content) for trace in traces)
        self._backlog.keep([request for request in logged if request is not None])

    async def _tried(self, many: int, work: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(work)
        except TraceError as error:
            _log.warning("not kept for PromptLayer: %s; %s", error.message, error.remedy)
