"""What waits to be sent to PromptLayer: an SQLite file that survives a restart and a killed process.

Several processes may use it at once: who takes an entry claims it for a while, so that nobody sends it too.
A process killed between sending and noting so sends that one again once the claim has run out. The file can
be read by its owner only. Every method blocks for a moment, and raises TraceError where the file is unusable.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from surefoot.integrations.promptlayer.backlog_file import BacklogFile
from surefoot.integrations.promptlayer.ports import LoggedRequest
from surefoot.records.encoding import from_plain, plain

FILE = "promptlayer.sqlite"
CLAIM_SECONDS = 120.0
_AGAIN = '{"again": 1}'
_SENT_REMEMBERED = 50_000  # whose feedback can still follow
_GIVEN_UP_REMEMBERED = 20

_NEXT_DUE = """SELECT position, kind, name, request, request_id, scores, tries FROM waiting
WHERE claimed_until <= :now AND next_try <= :now AND position > :after ORDER BY kind, position LIMIT 1"""
_NEXT_OF_ALL = """SELECT position, kind, name, request, request_id, scores, tries FROM waiting
WHERE claimed_until <= :now AND position > :after ORDER BY position LIMIT 1"""

_MIRROR_OF = """SELECT position, kind, name, request, request_id, scores, tries FROM waiting
WHERE claimed_until <= :now AND kind = 'mirror' AND name = :app"""

Kind = Literal["mirror", "request"]
Count = Literal["sent", "dropped", "given_up"]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One entry, claimed. A mirror's `name` is the app's, a request's the trace's id.

    `request` is None for a mirror, and for scores that follow a request which was sent. `request_id` is
    known once PromptLayer has the request; `scores` are those it has not.
    """

    position: int
    kind: Kind
    name: str
    request: LoggedRequest | None
    request_id: int | None
    scores: Mapping[str, int]
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """What will not be sent any more, and why."""

    what: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogState:
    """How it stands. `oldest` is when what waits longest was kept, seconds since 1970; `tries` its tries."""

    requests: int = 0
    mirrors: tuple[str, ...] = ()
    oldest: float | None = None
    tries: int = 0
    last_error: str | None = None
    sent: int = 0
    dropped: int = 0
    given_up: tuple[GivenUp, ...] = ()

    @property
    def waiting(self) -> int:
        """Requests and mirrors together."""
        return self.requests + len(self.mirrors)


class Backlog:
    """The backlog in one file. At most `most_requests` requests wait; more are dropped, and counted."""

    def __init__(self, path: Path, *, most_requests: int, clock: Callable[[], float] = time.time) -> None:
        self._file = BacklogFile(path)
        self._most_requests = most_requests
        self._clock = clock

    def keep(self, requests: Sequence[LoggedRequest]) -> None:
        """Let requests wait, each once; those for which there is no room are dropped."""
        with self._file.transaction() as db:
            room = self._most_requests - _one(db, "SELECT count(*) FROM waiting WHERE kind = 'request'")
            for request in requests:
                if _one(db, "SELECT count(*) FROM sent WHERE trace_id = ?", request.trace_id):
                    continue
                if room <= 0:
                    _count(db, "dropped")
                    continue
                room -= self._insert(
                    db, "request", request.trace_id, json.dumps(plain(request)), None, request.scores
                )

    def keep_score(self, trace_id: str, name: str, value: int) -> None:
        """Let a score follow a request that waits or was sent; for any other there is nothing to follow."""
        with self._file.transaction() as db:
            waits = db.execute(
                "SELECT position, scores FROM waiting WHERE kind = 'request' AND name = ?", (trace_id,)
            ).fetchone()
            if waits is not None:
                scores = json.dumps({**json.loads(waits[1]), name: value})
                db.execute("UPDATE waiting SET scores = ? WHERE position = ?", (scores, waits[0]))
                return
            sent = db.execute("SELECT request_id FROM sent WHERE trace_id = ?", (trace_id,)).fetchone()
            if sent is not None:
                self._insert(db, "request", trace_id, "", sent[0], {name: value})

    def keep_mirror(self, app: str) -> None:
        """Let the app's production be mirrored, at once where an earlier try waits."""
        with self._file.transaction() as db:
            self._insert(db, "mirror", app, "", None, {})
            # Marked for whoever mirrors it right now, and may have read what production was before.
            db.execute(
                "UPDATE waiting SET next_try = 0, scores = ? WHERE kind = 'mirror' AND name = ?",
                (_AGAIN, app),
            )

    def claim(self, *, after: int = 0, due: bool = True, mirror_of: str | None = None) -> Waiting | None:
        """Take the next entry that nobody else has: mirrors first, then requests in their order.

        `due` leaves out those whose next try is later. `after` is for going through all of them once;
        `mirror_of` takes this app's mirror and nothing else.
        """
        if not self._file.exists():
            return None
        with self._file.transaction() as db:
            now = self._clock()
            row = db.execute(
                _query(due, mirror_of), {"now": now, "after": after, "app": mirror_of}
            ).fetchone()
            if row is None:
                return None
            db.execute(
                "UPDATE waiting SET claimed_until = ?, scores = iif(kind = 'mirror', '{}', scores)"
                " WHERE position = ?",
                (now + CLAIM_SECONDS, row[0]),
            )
        return Waiting(
            position=row[0],
            kind=row[1],
            name=row[2],
            request=from_plain(LoggedRequest, json.loads(row[3])) if row[3] else None,
            request_id=row[4],
            scores=json.loads(row[5]),
            tries=row[6],
        )

    def logged(self, entry: Waiting, request_id: int) -> None:
        """PromptLayer has the request under this id: remembered beside the trace's."""
        with self._file.transaction() as db:
            db.execute(
                "UPDATE waiting SET request_id = ?, request = '', claimed_until = ? WHERE position = ?",
                (request_id, self._clock() + CLAIM_SECONDS, entry.position),
            )
            db.execute(
                "INSERT OR REPLACE INTO sent (trace_id, request_id) VALUES (?, ?)", (entry.name, request_id)
            )
            db.execute(
                "DELETE FROM sent WHERE position <= (SELECT max(position) FROM sent) - ?", (_SENT_REMEMBERED,)
            )
            _count(db, "sent")

    def scored(self, entry: Waiting, name: str, value: int) -> None:
        """PromptLayer has this score, unless another of that name has come meanwhile."""
        with self._file.transaction() as db:
            scores = self._scores(db, entry)
            if scores.get(name) == value:
                del scores[name]
            db.execute(
                "UPDATE waiting SET scores = ?, claimed_until = ? WHERE position = ?",
                (json.dumps(scores), self._clock() + CLAIM_SECONDS, entry.position),
            )

    def done(self, entry: Waiting) -> None:
        """All of it is sent, except what has come meanwhile, which waits on."""
        with self._file.transaction() as db:
            if self._scores(db, entry):
                db.execute("UPDATE waiting SET claimed_until = 0 WHERE position = ?", (entry.position,))
            else:
                db.execute("DELETE FROM waiting WHERE position = ?", (entry.position,))

    def failed(self, entry: Waiting, error: str, *, again_in_seconds: float) -> None:
        """It did not work, for this reason, and is tried again later."""
        with self._file.transaction() as db:
            db.execute(
                "UPDATE waiting SET tries = tries + 1, next_try = ?, claimed_until = 0, last_error = ?"
                " WHERE position = ?",
                (self._clock() + again_in_seconds, error, entry.position),
            )

    def release(self, entry: Waiting) -> None:
        """Nobody works on it any more, and nothing is known to be wrong with it."""
        with self._file.transaction() as db:
            db.execute("UPDATE waiting SET claimed_until = 0 WHERE position = ?", (entry.position,))

    def give_up(self, entry: Waiting, reason: str) -> None:
        """It is never sent: PromptLayer refuses it for good. The reason is kept and shown."""
        with self._file.transaction() as db:
            db.execute("DELETE FROM waiting WHERE position = ?", (entry.position,))
            what = f"{entry.kind} {entry.name}"
            db.execute(
                "INSERT INTO given_up (what, reason, at) VALUES (?, ?, ?)", (what, reason, self._clock())
            )
            db.execute(
                "DELETE FROM given_up WHERE position <= (SELECT max(position) FROM given_up) - ?",
                (_GIVEN_UP_REMEMBERED,),
            )
            _count(db, "given_up")

    def remember_version(self, name: str, digest: str, version: int) -> None:
        """The prompt of this digest is this version there."""
        with self._file.transaction() as db:
            db.execute("INSERT OR REPLACE INTO published VALUES (?, ?, ?)", (name, digest, version))

    def version_of(self, name: str, digest: str) -> int | None:
        """Which version the prompt of this digest is there, where that is known here."""
        if not self._file.exists():
            return None
        with self._file.transaction() as db:
            row = db.execute(
                "SELECT version FROM published WHERE name = ? AND digest = ?", (name, digest)
            ).fetchone()
        return None if row is None else int(row[0])

    def request_id_of(self, trace_id: str) -> int | None:
        """The id under which PromptLayer has a trace's request."""
        with self._file.transaction() as db:
            row = db.execute("SELECT request_id FROM sent WHERE trace_id = ?", (trace_id,)).fetchone()
        return None if row is None else int(row[0])

    def state(self) -> BacklogState:
        """How it stands now. Where there is no file yet, nothing waits, and none is made."""
        if not self._file.exists():
            return BacklogState()
        with self._file.transaction() as db:
            oldest = db.execute("SELECT kept_at, tries FROM waiting ORDER BY position LIMIT 1").fetchone()
            error = db.execute(
                "SELECT last_error FROM waiting WHERE last_error IS NOT NULL ORDER BY next_try DESC LIMIT 1"
            ).fetchone()
            counts = dict(db.execute("SELECT name, value FROM counts"))
            mirrors = db.execute("SELECT name FROM waiting WHERE kind = 'mirror' ORDER BY position")
            given_up = db.execute("SELECT what, reason, at FROM given_up ORDER BY position DESC")
            return BacklogState(
                requests=_one(db, "SELECT count(*) FROM waiting WHERE kind = 'request'"),
                mirrors=tuple(name for (name,) in mirrors),
                oldest=oldest[0] if oldest else None,
                tries=oldest[1] if oldest else 0,
                last_error=error[0] if error else None,
                sent=counts.get("sent", 0),
                dropped=counts.get("dropped", 0) + counts.get("given_up", 0),
                given_up=tuple(GivenUp(what=what, reason=reason, at=at) for what, reason, at in given_up),
            )

    def _insert(
        self,
        db: sqlite3.Connection,
        kind: Kind,
        name: str,
        request: str,
        request_id: int | None,
        scores: Mapping[str, int],
    ) -> int:
        """How many entries are new: 1, or 0 for one that is there."""
        return db.execute(
            "INSERT OR IGNORE INTO waiting (kind, name, kept_at, request, request_id, scores)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (kind, name, self._clock(), request, request_id, json.dumps(dict(scores))),
        ).rowcount

    def _scores(self, db: sqlite3.Connection, entry: Waiting) -> dict[str, int]:
        row = db.execute("SELECT scores FROM waiting WHERE position = ?", (entry.position,)).fetchone()
        return dict(json.loads(row[0])) if row else {}


def _query(due: bool, mirror_of: str | None) -> str:
    if mirror_of is not None:
        return _MIRROR_OF
    return _NEXT_DUE if due else _NEXT_OF_ALL


def _one(db: sqlite3.Connection, query: str, *values: object) -> int:
    return int(db.execute(query, values).fetchone()[0])


def _count(db: sqlite3.Connection, name: Count) -> None:
    db.execute("INSERT INTO counts VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1", (name,))
