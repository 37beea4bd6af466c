"""The trace store: one SQLite file that one service writes and any number of commands read meanwhile.

Write-ahead logging with `synchronous=NORMAL`: what `append` returned from survives a killed process; a
power cut may cost the last transactions, never the file. The columns a summary needs stand beside the
whole trace as JSON. This is the only file that imports sqlalchemy.
"""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from surefoot.errors import NotFoundError, TraceError
from surefoot.records import Feedback, Trace
from surefoot.traces import columns
from surefoot.traces.outline import Ending, Outline
from surefoot.traces.sqlite_remedies import trace_error
from surefoot.traces.trace_json import feedback_from_json, scores_from_json, trace_from_json

SCHEMA = 1
_BUSY_SECONDS = 5.0
_PAGE = 200

Result = TypeVar("Result")

_tables = sa.MetaData()
_traces = sa.Table(
    "traces",
    _tables,
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("started_at", sa.Text, nullable=False, index=True),
    *(
        sa.Column(name, sa.Text, nullable=name not in columns.ALWAYS_THERE, unique=name == "id")
        for name in columns.WORDS
    ),
    *(sa.Column(name, sa.Integer) for name in columns.TOKENS),
    *(sa.Column(name, sa.Float, nullable=name not in columns.ALWAYS_THERE) for name in columns.MEASURES),
    sa.Column("scores", sa.Text, nullable=False),
    sa.Column("trace", sa.Text, nullable=False),
    sqlite_autoincrement=True,  # a position is never used twice, so `after` misses nothing
)
_feedback = sa.Table(
    "feedback",
    _tables,
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("trace_id", sa.ForeignKey("traces.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("rating", sa.Text, nullable=False),
    sa.Column("feedback", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTraces:
    """Traces kept after a position, in the order they were kept, and the position to go on from."""

    traces: tuple[Trace, ...]
    position: int


class TraceStore:
    """Traces in a SQLite file. Nothing is opened before the first call; close it, or use `async with`.

    `create=False` is for readers: a missing file is then a NotFoundError, not a new empty file. A new
    file can be read by its owner only, as it holds what people asked. Every method raises TraceError
    when the file cannot be opened, read or written, and tries anew at the next call.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self._path = path
        self._create = create
        self._opening = threading.Lock()
        self._engine: sa.Engine | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the file."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await asyncio.to_thread(engine.dispose)

    async def append(self, traces: Sequence[Trace]) -> None:
        """Keep these traces in one transaction: all, or none. One that is there already stays as it is."""
        insertion = insert(_traces).on_conflict_do_nothing(index_elements=["id"])

        def write(connection: sa.Connection) -> None:
            for trace in traces:
                row = columns.trace_columns(trace)
                if connection.execute(insertion, row).rowcount and trace.feedback:
                    given = [columns.feedback_columns(str(row["id"]), one) for one in trace.feedback]
                    connection.execute(sa.insert(_feedback), given)

        await self._write(write)

    async def add_feedback(self, trace_id: str, feedback: Feedback) -> None:
        """Keep what a person said of an answer. Raises NotFoundError for a trace that is not there."""

        def write(connection: sa.Connection) -> None:
            kept_id = self._find(connection, trace_id)["id"]
            connection.execute(sa.insert(_feedback), [columns.feedback_columns(kept_id, feedback)])

        await self._write(write)

    async def delete_before(self, moment: datetime) -> int:
        """Forget the traces that started before a moment, with their feedback; returns how many."""

        def write(connection: sa.Connection) -> int:
            return connection.execute(
                sa.delete(_traces).where(_traces.c.started_at < columns.moment_text(moment))
            ).rowcount

        return await self._write(write)

    async def find(self, trace_id: str) -> Trace:
        """One trace with its feedback. Raises NotFoundError, naming ids that are there."""

        def read(connection: sa.Connection) -> Trace:
            return _whole(connection, [self._find(connection, trace_id)])[0]

        return await self._read(read)

    async def recent(
        self, limit: int, *, before: datetime | None = None, only: Ending | None = None
    ) -> tuple[Trace, ...]:
        """At most `limit` traces, latest first; those that started `before`, those that ended as `only`."""
        query = sa.select(_traces).order_by(_traces.c.started_at.desc(), _traces.c.position.desc())
        if before is not None:
            query = query.where(_traces.c.started_at < columns.moment_text(before))
        if only is not None:
            query = query.where(_traces.c.ending == only)
        return await self._read(
            lambda connection: _whole(connection, connection.execute(query.limit(limit)).mappings().all())
        )

    async def since(self, moment: datetime) -> AsyncIterator[Trace]:
        """Every trace that started at a moment or later, in the order they were kept, a page at a time."""
        position = 0
        while True:
            page = await self._page(position, _PAGE, _traces.c.started_at >= columns.moment_text(moment))
            for trace in page.traces:
                yield trace
            if not page.traces:
                return
            position = page.position

    async def after(self, position: int, *, limit: int = _PAGE) -> NewTraces:
        """The next traces kept after a position: start from `end()`, go on from what this returns."""
        return await self._page(position, limit, sa.true())

    async def end(self) -> int:
        """The position of the trace that was kept last; 0 when there is none."""

        def read(connection: sa.Connection) -> int:
            return connection.execute(sa.select(sa.func.max(_traces.c.position))).scalar() or 0

        return await self._read(read)

    async def outlines(self, since: datetime, until: datetime) -> tuple[Outline, ...]:
        """The short forms of all traces that started in [since, until), in that order, for summaries."""
        ratings = (
            sa.select(
                _feedback.c.trace_id,
                sa.func.sum(sa.case((_feedback.c.rating == "up", 1), else_=0)).label("rated_up"),
                sa.func.sum(sa.case((_feedback.c.rating == "down", 1), else_=0)).label("rated_down"),
            )
            .group_by(_feedback.c.trace_id)
            .subquery()
        )
        query = (
            sa.select(
                *(_traces.c[name] for name in columns.OUTLINE_FIELDS),
                _traces.c.started_at,
                _traces.c.scores,
                sa.func.coalesce(ratings.c.rated_up, 0).label("rated_up"),
                sa.func.coalesce(ratings.c.rated_down, 0).label("rated_down"),
            )
            .outerjoin_from(_traces, ratings, ratings.c.trace_id == _traces.c.id)
            .where(
                _traces.c.started_at >= columns.moment_text(since),
                _traces.c.started_at < columns.moment_text(until),
            )
            .order_by(_traces.c.started_at, _traces.c.position)
        )

        def read(connection: sa.Connection) -> tuple[Outline, ...]:
            return tuple(_outline(row) for row in connection.execute(query).mappings())

        return await self._read(read)

    async def _page(self, position: int, limit: int, where: sa.ColumnElement[bool]) -> NewTraces:
        query = sa.select(_traces).where(_traces.c.position > position, where).order_by(_traces.c.position)

        def read(connection: sa.Connection) -> NewTraces:
            rows = connection.execute(query.limit(limit)).mappings().all()
            end = rows[-1]["position"] if rows else position
            return NewTraces(traces=_whole(connection, rows), position=end)

        return await self._read(read)

    async def _read(self, work: Callable[[sa.Connection], Result]) -> Result:
        return await asyncio.to_thread(self._run, "BEGIN", work)

    async def _write(self, work: Callable[[sa.Connection], Result]) -> Result:
        # Immediate: another writer is waited for here, at the start; half-way SQLite would refuse.
        return await asyncio.to_thread(self._run, "BEGIN IMMEDIATE", work)

    def _run(self, begin: str, work: Callable[[sa.Connection], Result]) -> Result:
        try:
            with self._opened().connect() as connection:
                connection.exec_driver_sql(begin)
                result = work(connection)
                connection.commit()
                return result
        except sa.exc.DBAPIError as error:
            raise trace_error(self._path, error.orig) from error
        except (sa.exc.SQLAlchemyError, OSError) as error:
            raise trace_error(self._path, error) from error

    def _opened(self) -> sa.Engine:
        with self._opening:
            if self._engine is None:
                self._engine = self._open()
            return self._engine

    def _open(self) -> sa.Engine:
        if self._create:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if not self._path.exists():
                self._path.touch(mode=0o600)
        elif not self._path.exists():
            raise NotFoundError(
                f"no trace database at {str(self._path)!r}",
                remedy="start the service and ask it something, or name the state directory it uses",
            )
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(self._path)),
            connect_args={"timeout": _BUSY_SECONDS, "isolation_level": None},
        )
        sa.event.listen(engine, "connect", _configure)
        try:
            with engine.connect() as connection:
                _prepare(connection, self._path)
        except BaseException:
            engine.dispose()
            raise
        return engine

    def _find(self, connection: sa.Connection, trace_id: str) -> sa.RowMapping:
        query = sa.select(_traces).where(_traces.c.id == columns.storable_text(trace_id))
        row = connection.execute(query).mappings().first()
        if row is not None:
            return row
        query = sa.select(_traces).order_by(_traces.c.position.desc()).limit(3)
        latest = [repr(row["id"]) for row in connection.execute(query).mappings()]
        raise NotFoundError(
            f"no trace has the id {trace_id!r}; "
            + (f"the latest are {', '.join(latest)}" if latest else "none is kept yet"),
            remedy="list them with `surefoot trace list`",
        )


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _prepare(connection: sa.Connection, path: Path) -> None:
    """Make the tables in an empty file; refuse a file that holds something else."""
    version = connection.exec_driver_sql("PRAGMA user_version").scalar()
    if version == SCHEMA:
        return
    if version != 0 or sa.inspect(connection).get_table_names():
        raise TraceError(
            f"the trace database {str(path)!r} has schema {version}, and this surefoot knows {SCHEMA}",
            remedy="use the surefoot that wrote it, or move the file aside: a new one is made",
        )
    connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    _tables.create_all(connection)
    connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA}")
    connection.commit()


def _whole(connection: sa.Connection, rows: Sequence[sa.RowMapping]) -> tuple[Trace, ...]:
    """The traces of these rows, with the feedback each got, in the order it came."""
    given: dict[str, list[Feedback]] = {row["id"]: [] for row in rows}
    query = sa.select(_feedback).where(_feedback.c.trace_id.in_(given)).order_by(_feedback.c.position)
    for row in connection.execute(query).mappings():
        given[row["trace_id"]].append(feedback_from_json(row["feedback"]))
    return tuple(trace_from_json(row["trace"], feedback=tuple(given[row["id"]])) for row in rows)


def _outline(row: sa.RowMapping) -> Outline:
    measures = {name: row[name] for name in columns.OUTLINE_FIELDS}
    return Outline(
        started_at=datetime.fromisoformat(row["started_at"]),
        scores=scores_from_json(row["scores"]),
        rated_up=row["rated_up"],
        rated_down=row["rated_down"],
        **measures,
    )
