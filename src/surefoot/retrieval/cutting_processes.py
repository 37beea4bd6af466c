"""Documents read and cut in processes of their own, one at a time in each: none takes another along.

A process ends when its input does, so that none outlives this one, however this one ends.
"""

import asyncio
import os
import pickle
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from surefoot.errors import SnapshotError, SurefootError
from surefoot.retrieval.at_once import at_the_same_time
from surefoot.retrieval.cut_document import Cutter, Outcome, Unread
from surefoot.retrieval.documents import DocumentFile

LENGTH_BYTES = 8
# What ends a process once may have been a want of memory; what ends it twice is the document.
MOST_TRIES = 2
MOST_SECONDS = 600.0  # a page of a PDF takes about one
WORKER = "surefoot.retrieval.cutting_worker"

Reply = Outcome | SurefootError | str


async def cut_in_processes(
    files: Sequence[DocumentFile], cutter: Cutter, processes: int, done: Callable[[], None]
) -> list[Outcome]:
    """What becomes of each, in their order; `done` is called for each. Raises what reading one raises.

    A document that ends the process which reads it, or that it is not done with in time, is unread, with
    that as the reason.
    """
    outcomes: dict[int, Outcome] = {}
    waiting = iter(enumerate(files))

    async def work() -> None:
        async with _Worker(cutter) as worker:
            for at, file in waiting:
                outcomes[at] = await worker.cut(file)
                done()

    await at_the_same_time(work, processes)
    return [outcomes[at] for at in range(len(files))]


class _Worker:
    """A process that reads and cuts, and another in its place where it dies."""

    def __init__(self, cutter: Cutter) -> None:
        self._cutter = cutter
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "_Worker":
        return self

    async def __aexit__(self, *of_error: object) -> None:
        await self._end()

    async def cut(self, file: DocumentFile) -> Outcome:
        """What becomes of the document. Raises SurefootError."""
        how = ""
        for _ in range(MOST_TRIES):
            process = self._process or await self._begin()
            try:
                await _send(process, file)
                return _outcome(await asyncio.wait_for(_receive(process), MOST_SECONDS))
            except TimeoutError:
                await self._end()
                return Unread(reason=f"reading it took more than {MOST_SECONDS:.0f} s")
            except (ConnectionError, asyncio.IncompleteReadError):
                how = _ended(await process.wait())
                self._process = None
        return Unread(reason=f"reading it ended the process that read it: {how}")

    async def _begin(self) -> asyncio.subprocess.Process:
        """A process that is ready. It sees the modules that this one sees, and no key that is pressed."""
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", WORKER),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,
        )
        try:
            await _send(process, self._cutter)
            await _receive(process)
        except (ConnectionError, asyncio.IncompleteReadError):
            raise SnapshotError(
                "a process that reads documents could not be started: "
                f"{_ended(await process.wait())}; what it said stands above",
                remedy="read them in one process with `surefoot index build --workers 1`",
            ) from None
        return process

    async def _end(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            self._process = None


async def _send(process: asyncio.subprocess.Process, what: Cutter | DocumentFile) -> None:
    assert process.stdin is not None  # noqa: S101  # started with a pipe
    content = pickle.dumps(what)
    process.stdin.write(len(content).to_bytes(LENGTH_BYTES) + content)
    await process.stdin.drain()


async def _receive(process: asyncio.subprocess.Process) -> Reply:
    assert process.stdout is not None  # noqa: S101  # started with a pipe
    length = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES))
    reply: Reply = pickle.loads(await process.stdout.readexactly(length))  # noqa: S301 our own process wrote it
    return reply


def _outcome(reply: Reply) -> Outcome:
    if isinstance(reply, SurefootError):
        raise reply
    if isinstance(reply, str):
        raise RuntimeError(reply)
    return reply


def _ended(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
