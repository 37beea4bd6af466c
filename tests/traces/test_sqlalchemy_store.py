import asyncio
import dataclasses
import sqlite3
import stat
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.traces import examples
from tests.traces.examples import NOON, THUMBS_UP, abstained, answered, failed

from surefoot.errors import NotFoundError, TraceError
from surefoot.records import Trace
from surefoot.traces import outline
from surefoot.traces.sqlalchemy_store import TraceStore

Result = TypeVar("Result")


def with_store(
    path: Path, scene: Callable[[TraceStore], Awaitable[Result]], *, create: bool = True
) -> Result:
    async def run() -> Result:
        async with TraceStore(path, create=create) as store:
            return await scene(store)

    return asyncio.run(run())


@settings(max_examples=25, deadline=None)
@given(st.lists(examples.traces, min_size=1, max_size=3, unique_by=lambda trace: trace.id))
def test_every_trace_comes_back_exactly_and_its_columns_tell_the_same_outline(traces: list[Trace]) -> None:
    async def scene(store: TraceStore) -> None:
        await store.append(traces)
        assert [await store.find(trace.id) for trace in traces] == traces
        first = min(trace.started_at for trace in traces)
        last = max(trace.started_at for trace in traces)
        outlines = await store.outlines(first, last + timedelta(microseconds=1))
        for short in outlines:
            whole = outline(await store.find(short.id))
            assert short.scores == whole.scores
            assert (short.started_at, short.ending, short.rated_up) == (
                whole.started_at,
                whole.ending,
                whole.rated_up,
            )
        assert len(outlines) == len(traces)

    with tempfile.TemporaryDirectory() as folder:
        with_store(Path(folder) / "traces.sqlite", scene)


def test_an_outline_from_columns_equals_the_one_from_the_trace(tmp_path: Path) -> None:
    traces = [answered("one"), abstained("two"), failed("three"), answered("four", pins=None)]
    traces[0] = dataclasses.replace(traces[0], feedback=(THUMBS_UP,))

    async def scene(store: TraceStore) -> None:
        await store.append(traces)
        outlines = await store.outlines(NOON, NOON + timedelta(seconds=1))
        assert list(outlines) == [outline(trace) for trace in traces]
        assert await store.outlines(NOON - timedelta(hours=1), NOON) == ()

    with_store(tmp_path / "traces.sqlite", scene)


def test_recent_gives_the_latest_first_before_a_moment_and_of_one_ending(tmp_path: Path) -> None:
    def at(minute: int) -> Trace:
        make = failed if minute % 2 else answered
        return make(f"minute {minute}", started_at=NOON + timedelta(minutes=minute))

    async def scene(store: TraceStore) -> None:
        await store.append([at(minute) for minute in (3, 0, 2, 1)])
        assert [trace.id for trace in await store.recent(2)] == ["minute 3", "minute 2"]
        before = await store.recent(9, before=NOON + timedelta(minutes=2))
        assert [trace.id for trace in before] == ["minute 1", "minute 0"]
        assert [trace.id for trace in await store.recent(9, only="failed")] == ["minute 3", "minute 1"]
        assert await store.recent(9, only="abstained") == ()

    with_store(tmp_path / "traces.sqlite", scene)


def test_since_walks_all_pages_from_a_moment_on(tmp_path: Path) -> None:
    traces = [answered(f"{place}", started_at=NOON + timedelta(seconds=place)) for place in range(450)]

    async def scene(store: TraceStore) -> list[str]:
        await store.append(traces)
        return [trace.id async for trace in store.since(NOON + timedelta(seconds=10))]

    assert with_store(tmp_path / "traces.sqlite", scene) == [trace.id for trace in traces[10:]]


def test_following_sees_each_new_trace_once_even_after_old_ones_are_deleted(tmp_path: Path) -> None:
    async def scene(store: TraceStore) -> None:
        assert await store.end() == 0
        await store.append([answered("one"), answered("two", started_at=NOON + timedelta(hours=1))])
        end = await store.end()
        assert (await store.after(end)).traces == ()
        assert await store.delete_before(NOON + timedelta(days=1)) == 2
        await store.append([answered("three"), answered("four")])
        first = await store.after(end, limit=1)
        second = await store.after(first.position)
        assert [trace.id for trace in (*first.traces, *second.traces)] == ["three", "four"]
        assert (await store.after(second.position)).traces == ()

    with_store(tmp_path / "traces.sqlite", scene)


def test_retention_deletes_old_traces_and_their_feedback_and_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "traces.sqlite"

    async def scene(store: TraceStore) -> None:
        await store.append([answered("old"), answered("new", started_at=NOON + timedelta(days=1))])
        await store.add_feedback("old", THUMBS_UP)
        assert await store.delete_before(NOON + timedelta(days=1)) == 1
        assert [trace.id for trace in await store.recent(9)] == ["new"]

    with_store(path, scene)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM feedback").fetchone() == (0,)


def test_a_batch_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    broken = dataclasses.replace(
        answered("bad"), outcome=dataclasses.replace(examples.FAILURE, total_seconds=float("nan"))
    )

    async def scene(store: TraceStore) -> None:
        with pytest.raises(TraceError, match="NOT NULL"):
            await store.append([answered("good"), broken])
        assert await store.recent(9) == ()

    with_store(tmp_path / "traces.sqlite", scene)


def test_an_unknown_id_is_answered_with_ids_that_are_there(tmp_path: Path) -> None:
    async def scene(store: TraceStore) -> None:
        with pytest.raises(NotFoundError, match="none is kept yet"):
            await store.find("one")
        await store.append([answered("one"), answered("two")])
        with pytest.raises(NotFoundError, match=r"'\\ud800'; the latest are 'two', 'one'") as caught:
            await store.find("\ud800")
        assert "surefoot trace list" in caught.value.remedy

    with_store(tmp_path / "traces.sqlite", scene)


def test_the_file_says_its_schema_logs_ahead_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "traces.sqlite"
    with_store(path, lambda store: store.append([answered("one")]))
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "traces.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=7")
    before = path.read_bytes()
    with pytest.raises(TraceError, match="schema 7, and this surefoot knows 1") as caught:
        with_store(path, lambda store: store.append([answered("one")]))
    assert "move the file aside" in caught.value.remedy
    assert path.read_bytes() == before


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "traces.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(TraceError, match="schema 0"):
        with_store(path, lambda store: store.recent(1))


def test_a_file_that_is_no_database_says_how_to_go_on(tmp_path: Path) -> None:
    path = tmp_path / "traces.sqlite"
    path.write_bytes(b"not a database, but long enough to look at " * 200)
    with pytest.raises(TraceError, match="not a database") as caught:
        with_store(path, lambda store: store.recent(1))
    assert "move the file and its -wal and -shm aside" in caught.value.remedy


def test_a_damaged_page_says_how_to_go_on(tmp_path: Path) -> None:
    path = tmp_path / "traces.sqlite"
    with_store(path, lambda store: store.append([answered(f"{place}") for place in range(50)]))
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(TraceError, match="malformed") as caught:
        with_store(path, lambda store: store.recent(50))
    assert ".recover" in caught.value.remedy


def test_a_folder_that_cannot_be_made_is_a_trace_error_and_mending_it_is_enough(tmp_path: Path) -> None:
    in_the_way = tmp_path / "state"
    in_the_way.write_text("a file where the folder should be")

    async def scene(store: TraceStore) -> None:
        with pytest.raises(TraceError, match=r"traces\.sqlite") as caught:
            await store.append([answered("one")])
        assert "state directory" in caught.value.remedy
        in_the_way.unlink()
        await store.append([answered("one")])

    with_store(in_the_way / "traces.sqlite", scene)


def test_a_reader_of_a_missing_file_is_told_so_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no trace database"):
        with_store(tmp_path / "traces.sqlite", lambda store: store.recent(1), create=False)
    assert not list(tmp_path.iterdir())
