"""Send what waits: one entry at a time, each as far as it goes, with ever longer pauses while it fails."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from surefoot.errors import ContentRefusedError, IntegrationError, SurefootError, TraceError
from surefoot.integrations.promptlayer.backlog import Backlog, BacklogState, Waiting
from surefoot.integrations.promptlayer.mirroring import DIGEST
from surefoot.integrations.promptlayer.ports import LoggedRequest, Prompts, Requests

LOOK_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0
UNKNOWN_VERSION_SECONDS = 300.0
AT_ONCE = 4

_log = logging.getLogger("surefoot.promptlayer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of one entry; `error` is why it waits on, or was given up, None when it is through."""

    entry: Waiting
    error: SurefootError | None


class Sender:
    """Sends a backlog's entries. `mirror` brings an app's production over, and raises SurefootError.

    `pause_seconds` is the first pause after a failure; it doubles to `longest_pause_seconds`, less a random
    part, or is what PromptLayer asked for.
    """

    def __init__(
        self,
        backlog: Backlog,
        *,
        prompts: Prompts,
        requests: Requests,
        mirror: Callable[[str], Awaitable[object]],
        label_of: Callable[[str], str],
        pause_seconds: float = 1.0,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._backlog = backlog
        self._prompts = prompts
        self._requests = requests
        self._mirror = mirror
        self._label_of = label_of
        self._pause_seconds = pause_seconds
        self._look_seconds = look_seconds
        self._failures_in_a_row = 0
        self._quiet_until = 0.0
        self._unknown: dict[str, float] = {}
        self.state = BacklogState()
        """How the backlog stood when `run` looked last."""

    @property
    def quiet_seconds(self) -> float:
        """How long nothing is sent from now on, as PromptLayer was not well."""
        return max(0.0, self._quiet_until - time.monotonic())

    async def send_next(
        self, *, after: int = 0, due: bool = True, mirror_of: str | None = None
    ) -> Sent | None:
        """Send one entry as far as it goes; None when none is left for now. Raises TraceError."""
        entry = await asyncio.to_thread(self._backlog.claim, after=after, due=due, mirror_of=mirror_of)
        if entry is None:
            return None
        try:
            await self._send(entry)
        except ContentRefusedError as error:
            await asyncio.to_thread(self._backlog.give_up, entry, error.message)
            return Sent(entry=entry, error=error)
        except TraceError:
            raise
        except SurefootError as error:
            pause = self._note_failure(error, entry.tries)
            await asyncio.to_thread(self._backlog.failed, entry, error.message, again_in_seconds=pause)
            return Sent(entry=entry, error=error)
        except asyncio.CancelledError:
            self._backlog.release(entry)  # at once, in this thread: nothing can be awaited any more
            raise
        self._failures_in_a_row, self._quiet_until = 0, 0.0
        await asyncio.to_thread(self._backlog.done, entry)
        return Sent(entry=entry, error=None)

    async def run(self) -> None:
        """Send what waits, and what comes, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(AT_ONCE):
                tasks.create_task(self._work(), name=f"sending to PromptLayer, {number}")

    async def _work(self) -> None:
        while True:
            try:
                await self._keep_quiet()
                sent = await self.send_next()
                self.state = await asyncio.to_thread(self._backlog.state)
            except TraceError as error:
                _log.warning("%s; %s", error.message, error.remedy)
                sent = None
            if sent is None:
                await asyncio.sleep(self._look_seconds)
            elif sent.error is not None:
                _log.warning("%s; %s", sent.error.message, sent.error.remedy)

    async def _keep_quiet(self) -> None:
        # Again, as another sender may have met a failure meanwhile.
        while self.quiet_seconds > 0:  # noqa: ASYNC110 - a time, no event
            await asyncio.sleep(self.quiet_seconds)

    async def _send(self, entry: Waiting) -> None:
        if entry.kind == "mirror":
            await self._mirror(entry.name)
            return
        request_id = entry.request_id
        if request_id is None:
            if entry.request is None:
                return
            version = await self._version(entry.request)
            request_id = await self._requests.log(entry.request, prompt_version=version)
            await asyncio.to_thread(self._backlog.logged, entry, request_id)
        await self._send_scores(entry, request_id, entry.scores)

    async def _send_scores(self, entry: Waiting, request_id: int, scores: Mapping[str, int]) -> None:
        for name, value in scores.items():
            await self._requests.score(request_id, name, value)
            await asyncio.to_thread(self._backlog.scored, entry, name, value)

    async def _version(self, request: LoggedRequest) -> int | None:
        """Which version answered, where PromptLayer has it: asked for seldom while it has not."""
        name, digest = request.prompt_name, request.prompt_digest
        known = await asyncio.to_thread(self._backlog.version_of, name, digest)
        if known is not None or self._unknown.get(digest, 0.0) > time.monotonic():
            return known
        app = request.metadata.get("surefoot_app", "")
        there = await self._prompts.find(name, label=self._label_of(app))
        if there is None or there.metadata.get(DIGEST) != digest:
            self._unknown[digest] = time.monotonic() + UNKNOWN_VERSION_SECONDS
            return None
        await asyncio.to_thread(self._backlog.remember_version, name, digest, there.version)
        return there.version

    def _note_failure(self, error: SurefootError, tries: int) -> float:
        """How long the entry waits. All sending rests too, the longer the more fails in a row."""
        self._failures_in_a_row += 1
        asked = error.retry_after_seconds if isinstance(error, IntegrationError) else None
        self._quiet_until = time.monotonic() + (asked or self._pause(self._failures_in_a_row - 1))
        return max(asked or 0.0, self._pause(tries))

    def _pause(self, doublings: int) -> float:
        longest = min(self._pause_seconds * 2.0 ** min(doublings, 20), LONGEST_PAUSE_SECONDS)
        return longest * (0.5 + random.random() / 2)  # noqa: S311 - spreads tries, guards nothing
