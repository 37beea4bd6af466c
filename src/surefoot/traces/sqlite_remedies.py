"""Say in words what to do about a SQLite error code."""

import sqlite3
from pathlib import Path

from surefoot.errors import TraceError

_FREE = "free some room on that disk; what waits is written as soon as there is some"
_RIGHTS = "let this user write the file and its folder, or name another folder as the state directory"
_BUSY = "another process holds the file; let it finish, or stop it"
_DAMAGED = (
    "stop the service, move the file and its -wal and -shm aside, and start again: a new one is made; "
    "`sqlite3 OLD .recover` prints what can be saved"
)

_REMEDIES = {
    "SQLITE_FULL": _FREE,
    "SQLITE_IOERR": "look at the disk: it is full, failing or gone; what waits is written when it is back",
    "SQLITE_READONLY": _RIGHTS,
    "SQLITE_CANTOPEN": _RIGHTS,
    "SQLITE_PERM": _RIGHTS,
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_CORRUPT": _DAMAGED,
}


def trace_error(path: Path, error: BaseException | None) -> TraceError:
    """What the reader should know of a failed call to the database at `path`."""
    remedy = "look at the file and its folder; what waits to be written stays and is tried again"
    if isinstance(error, sqlite3.Error):
        # Extended codes read SQLITE_IOERR_WRITE and the like: their first two words are the code.
        code = "_".join(str(getattr(error, "sqlite_errorname", "")).split("_")[:2])
        remedy = _REMEDIES.get(code, remedy)
    elif isinstance(error, OSError):
        remedy = _RIGHTS
    return TraceError(f"the database {str(path)!r} failed: {error}", remedy=remedy)
