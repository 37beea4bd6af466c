"""Which snapshots are needed, and how the others are removed without harm to whoever reads one."""

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import SnapshotError
from surefoot.retrieval.folders import owned_folder, remove_abandoned
from surefoot.retrieval.snapshots import MANIFEST, SnapshotInfo, list_snapshots

REMOVING = ".removing-"
SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A snapshot that stays, and why."""

    snapshot: SnapshotInfo
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What stays, and what was removed, or would be."""

    kept: tuple[Kept, ...]
    removed: tuple[SnapshotInfo, ...]


@contextmanager
def held_open(snapshot: Path) -> Iterator[None]:
    """Keep a snapshot from being removed as long as this process reads it, however the process ends.

    Raises SnapshotError where it is not there, or was being removed.
    """
    try:
        descriptor = os.open(snapshot / MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        raise _not_there(snapshot) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if not _is_at(descriptor, snapshot / MANIFEST):
            raise _not_there(snapshot)
        yield
    finally:
        os.close(descriptor)


def sweep(folder: Path, pinned: Collection[str], *, remove: bool) -> Sweep:
    """Remove every snapshot that is neither live, nor `pinned` by a release, nor open in a process.

    Each is moved aside in one step and then removed, so that none is ever there in part. What a killed sweep
    left is removed too. Raises SnapshotError for a manifest that cannot be read.
    """
    if remove:
        remove_abandoned(folder, REMOVING)
    kept: list[Kept] = []
    removed: list[SnapshotInfo] = []
    for snapshot in list_snapshots(folder):
        reason = _needed(snapshot, pinned)
        if reason is None and remove:
            reason = None if _removed(snapshot) else "a process has it open"
        if reason is None:
            removed.append(snapshot)
        else:
            kept.append(Kept(snapshot=snapshot, reason=reason))
    return Sweep(kept=tuple(kept), removed=tuple(removed))


def named(folder: Path, beginning: str) -> Path:
    """The snapshot whose digest begins so. Raises SnapshotError for none, and for more than one."""
    digests = sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}"))
    found = [digest for digest in digests if beginning and digest.startswith(beginning)]
    if len(found) == 1:
        return folder / found[0]
    there = ", ".join(digest[:12] for digest in (found or digests)[:10]) or "none"
    if found:
        raise SnapshotError(
            f"{len(found)} snapshots begin with {beginning!r}: {there}", remedy="Give more of the digest."
        )
    raise SnapshotError(
        f"no snapshot begins with {beginning[:SHOWN]!r}; there are: {there}",
        remedy="`surefoot index list` shows those that are there; `surefoot index build` makes that of the "
        "documents as they are, and that of production where they have not changed since.",
    )


def _needed(snapshot: SnapshotInfo, pinned: Collection[str]) -> str | None:
    if snapshot.live_for:
        return f"live for {', '.join(snapshot.live_for)}"
    return "a release pins it" if snapshot.digest in pinned else None


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the open file is still the one of that name: what waited for its lock may have lost it."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _not_there(snapshot: Path) -> SnapshotError:
    return SnapshotError(
        f"there is no snapshot {snapshot.name!r} in {str(snapshot.parent)!r}",
        remedy="Run `surefoot index list` for those that are there, or `surefoot index build`.",
    )


def _removed(snapshot: SnapshotInfo) -> bool:
    """Remove it, unless a process holds it open."""
    descriptor = os.open(snapshot.path / MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with owned_folder(snapshot.path.parent, REMOVING) as aside:
            snapshot.path.rename(aside / snapshot.digest)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
