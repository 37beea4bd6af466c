"""One at a time: several clones, or two terminals, share one cache folder."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from surefoot.local.progress import Notice, Report

LOOK_AGAIN_SECONDS = 0.25


@asynccontextmanager
async def one_at_a_time(cache: Path, name: str, report: Report) -> AsyncIterator[int]:
    """Hold the cache folder's lock of that name; yields its file descriptor.

    Waits, saying so once, while another process holds it. A child that is given the descriptor holds the lock
    too, so that what a killed surefoot left running is waited for. The kernel frees it when all of them end.
    """
    folder = cache / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _taken(descriptor):
            report(Notice(text=f"another surefoot is busy with {name}: waiting for it"))
            while not _taken(descriptor):  # noqa: ASYNC110  # another process has it: no event tells us
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
        yield descriptor
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
