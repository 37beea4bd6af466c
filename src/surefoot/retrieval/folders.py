"""Folders that appear whole or not at all, and ones that a killed process cannot leave behind for ever."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surefoot.errors import SnapshotError
from surefoot.files import flush

LOCK_ENDING = ".lock"


@contextmanager
def owned_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A new empty folder that is removed at the end, whatever is left of it.

    A lock on a file beside it says that its owner lives. The kernel lets go of the lock when the process
    dies, however it dies, and the lock holds across containers too, where process ids do not.
    """
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / f"{prefix}{os.getpid()}-{os.urandom(4).hex()}"
    lock = folder.with_name(folder.name + LOCK_ENDING)
    descriptor = _lock(lock)
    try:
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def remove_abandoned(parent: Path, prefix: str) -> int:
    """Remove such folders whose owners died; says how many. Those of living owners stay."""
    removed = 0
    names = {path.name.removesuffix(LOCK_ENDING) for path in parent.glob(f"{prefix}*")}
    for name in sorted(names):
        lock = parent / (name + LOCK_ENDING)
        descriptor = _try_lock(lock)
        if descriptor is None:
            continue
        shutil.rmtree(parent / name, ignore_errors=True)
        lock.unlink(missing_ok=True)
        os.close(descriptor)
        removed += 1
    return removed


def settle(folder: Path) -> None:
    """Make a built folder ready to be published: its files read-only, and all of it on the disk.

    Its folders stay writable, so that its owner can remove it with a plain `rm -r`.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            path.chmod(0o444)
            flush(path)
        else:
            flush(path)
    flush(folder)


def publish(folder: Path, target: Path) -> bool:
    """Rename a settled folder to its final name. False when someone else's is there already."""
    try:
        folder.rename(target)
    except OSError:
        if target.is_dir():
            return False
        raise
    flush(target.parent)
    return True


def cannot_write(problem: OSError, folder: Path) -> SnapshotError:
    """The error for a disk that is full or refuses, with what to do."""
    return SnapshotError(
        f"{str(folder)!r} cannot be written: {problem.strerror or problem}; what was there is untouched",
        remedy=f"Free disk space, or let this user write to {folder}; then build again.",
    )


def _lock(path: Path) -> int:
    """Create and lock the file; again if a cleaner removed it in between."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink > 0:
            return descriptor
        os.close(descriptor)


def _try_lock(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
