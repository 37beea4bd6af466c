"""The backlog's SQLite file: its tables, and one transaction at a time."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from surefoot.errors import TraceError
from surefoot.traces.sqlite_remedies import trace_error

SCHEMA = 1
_BUSY_SECONDS = 5.0

_TABLES = """
CREATE TABLE waiting (
    position INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, name TEXT NOT NULL,
    kept_at REAL NOT NULL, request TEXT NOT NULL, request_id INTEGER, scores TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, next_try REAL NOT NULL DEFAULT 0, claimed_until REAL NOT NULL DEFAULT 0,
    last_error TEXT, UNIQUE (kind, name)
);
CREATE TABLE sent (position INTEGER PRIMARY KEY, trace_id TEXT UNIQUE NOT NULL, request_id INTEGER NOT NULL);
CREATE TABLE given_up (
    position INTEGER PRIMARY KEY, what TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE published (name TEXT NOT NULL, digest TEXT NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (name, digest));
CREATE INDEX waiting_in_order ON waiting (kind, position);
"""


class BacklogFile:
    """The file at `path`, made at the first transaction; only its owner can read it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def exists(self) -> bool:
        """Whether anything was ever kept."""
        return self._path.exists()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction. A connection for each: nothing is held open, in whatever thread this runs."""
        with self._lock:
            try:
                with closing(self._opened()) as db:
                    db.execute("BEGIN IMMEDIATE")
                    yield db
                    db.execute("COMMIT")
            except (sqlite3.Error, OSError) as error:
                raise trace_error(self._path, error) from error

    def _opened(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not self._path.exists():
            self._path.touch(mode=0o600)
        db = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _prepare(db, self._path)
        except BaseException:
            db.close()
            raise
        return db


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    """Make the tables in an empty file; refuse a file of another surefoot."""
    db.execute("PRAGMA synchronous=NORMAL")
    if (version := _version(db)) == SCHEMA:
        return
    if version != 0:
        raise TraceError(
            f"the backlog {str(path)!r} has schema {version}, and this surefoot knows {SCHEMA}",
            remedy="use the surefoot that wrote it, or move the file aside: a new one is made",
        )
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("BEGIN IMMEDIATE")
    if _version(db) == 0:  # else another process was quicker
        for statement in filter(str.strip, _TABLES.split(";")):
            db.execute(statement)
        db.execute(f"PRAGMA user_version={SCHEMA}")
    db.execute("COMMIT")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
