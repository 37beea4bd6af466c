"""One run of a worker process, from its start to its end: lines to it, replies from it, its last words."""

import asyncio
import json
import os
import signal
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

from surefoot.evals.fault_words import sound

ENDS_WITHIN_SECONDS = 3.0
KEPT_LINES = 20

Replies: TypeAlias = asyncio.Queue[Mapping[str, object] | None]
"""What the worker says to one request; None when it ends."""


class WorkerDiedError(Exception):
    """The worker ended before it replied; the message says how."""


class WorkerLife:
    """A worker that was started with pipes, in a process group of its own.

    `version` is the future of its first word, cancelled when it ends before that. `over` says that it ended,
    and `end` how.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.over = False
        self.end = ""
        self.version: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._process = process
        self._replies: dict[int, Replies] = {}
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._overhearing = asyncio.create_task(self._overhear())
        self._hearing = asyncio.create_task(self._hear())

    async def send(self, line: Mapping[str, object]) -> None:
        """Write a line. Raises WorkerDiedError when nobody reads it."""
        assert self._process.stdin is not None  # noqa: S101  # started with a pipe
        with suppress(ConnectionError):
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            await self._process.stdin.drain()
            return
        await asyncio.wait([self._hearing])
        raise WorkerDiedError(self.end)

    @asynccontextmanager
    async def conversation(self, number: int) -> AsyncIterator[Replies]:
        """The replies to one request. Left by an exception, the request is called off."""
        if self.over:
            raise WorkerDiedError(self.end)
        replies = self._replies[number] = asyncio.Queue()
        try:
            yield replies
        except BaseException:
            if not self.over and self._process.stdin is not None and not self._process.stdin.is_closing():
                self._process.stdin.write(json.dumps({"id": number, "cancel": True}).encode() + b"\n")
            raise
        finally:
            del self._replies[number]

    async def kill(self) -> None:
        """End it now, with whatever it started."""
        self._kill()
        await asyncio.wait([self._hearing])

    async def close(self) -> None:
        """End it: by the end of its input, and by force when that takes too long."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await self._wait_a_little()
        finally:
            await self.kill()

    def last_words(self) -> str:
        """The last line it wrote to standard error, for a reader."""
        return next((sound(line) for line in reversed(self._lines) if line.strip()), "nothing")

    async def _hear(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  # started with a pipe
        try:
            async for raw in self._process.stdout:
                self._take(json.loads(raw))
        except (ValueError, TypeError, KeyError) as error:
            self.end = f"what it wrote is no reply: {type(error).__name__}"
        else:
            await self._wait_a_little()
        self._kill()
        code = await self._process.wait()
        await self._overhearing
        self.end = self.end or (f"signal {-code}" if code < 0 else f"exit code {code}")
        self.over = True
        self.version.cancel()
        for replies in self._replies.values():
            replies.put_nowait(None)

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def _wait_a_little(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(ENDS_WITHIN_SECONDS):
                await self._process.wait()

    def _take(self, line: Mapping[str, object]) -> None:
        if "ready" in line and not self.version.done():
            self.version.set_result(str(line["ready"]))
        elif isinstance(number := line["id"], int) and number in self._replies:
            self._replies[number].put_nowait(line)

    async def _overhear(self) -> None:
        """Standard error is read to its end: a pipe that nobody empties stops who writes to it."""
        assert self._process.stderr is not None  # noqa: S101  # started with a pipe
        while piece := await self._process.stderr.read(1 << 16):
            self._lines.extend(piece.decode("utf-8", "replace").splitlines())
