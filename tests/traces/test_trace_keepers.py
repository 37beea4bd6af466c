"""What every trace keeper does: the SQLite one, and the fake that other tests use in its place."""

import asyncio
from pathlib import Path
from typing import Protocol

import pytest
from tests.fakes.memory_trace_keeper import MemoryTraceKeeper
from tests.traces.examples import THUMBS_UP, answered, failed

from surefoot.errors import NotFoundError
from surefoot.records import Trace
from surefoot.traces import TraceKeeper
from surefoot.traces.sqlalchemy_store import TraceStore


class FindingKeeper(TraceKeeper, Protocol):
    async def find(self, trace_id: str) -> Trace: ...


@pytest.fixture(params=["sqlite", "memory"])
def keeper(request: pytest.FixtureRequest, tmp_path: Path) -> FindingKeeper:
    return TraceStore(tmp_path / "traces.sqlite") if request.param == "sqlite" else MemoryTraceKeeper()


def test_what_was_appended_is_found_by_its_id(keeper: FindingKeeper) -> None:
    async def scene() -> Trace:
        await keeper.append([answered("one"), failed("two")])
        return await keeper.find("two")

    assert asyncio.run(scene()) == failed("two")


def test_a_trace_appended_twice_is_kept_once_as_it_first_was(keeper: FindingKeeper) -> None:
    async def scene() -> Trace:
        await keeper.append([answered("one")])
        await keeper.add_feedback("one", THUMBS_UP)
        await keeper.append([answered("one")])
        return await keeper.find("one")

    assert asyncio.run(scene()).feedback == (THUMBS_UP,)


def test_feedback_for_an_unknown_trace_is_refused_with_its_id(keeper: FindingKeeper) -> None:
    async def scene() -> None:
        await keeper.append([answered("one")])
        await keeper.add_feedback("other", THUMBS_UP)

    with pytest.raises(NotFoundError, match="'other'"):
        asyncio.run(scene())
