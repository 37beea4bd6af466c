"""A snapshot's vectors may be in a store elsewhere: whole or not at all, and searched as if here."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fakes.chroma_process import ChromaProcess, running_chroma
from tests.fakes.memory_collections import MemoryCollections
from tests.retrieval.fixtures import CountingWords, real_engine, unheard, write_documents

from surefoot.errors import SettingsError, SnapshotError
from surefoot.records import RankedPassage
from surefoot.retrieval import Engine, Recipe
from surefoot.retrieval.build import BuildProgress, BuildReport, build_snapshot
from surefoot.retrieval.chroma_server import ChromaServer
from surefoot.retrieval.llama_index_stores import Collections, LlamaIndexStore
from surefoot.retrieval.recipes import LexicalLeg
from surefoot.retrieval.searching import SearchableSnapshot, open_snapshot
from surefoot.retrieval.stored_rows import rows_of

DENSE = Recipe(name="dense", lexical=LexicalLeg(weight=0))
DOCUMENTS = {f"{number}.md": f"The fox number {number} jumps over dog {number % 7}." for number in range(30)}


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaProcess]:
    with running_chroma(tmp_path_factory.mktemp("chroma")) as process:
        yield process


@pytest.fixture(params=["memory", "chroma"])
def collections(request: pytest.FixtureRequest) -> Collections:
    """Each vendor in turn, with whatever earlier tests left there."""
    if request.param == "memory":
        return MemoryCollections()
    server: ChromaProcess = request.getfixturevalue("chroma")
    collections = ChromaServer(server.url, key=None, seconds=10)
    for name in collections.names():
        collections.remove(name)
    return collections


def engine_of(collections: Collections) -> Engine:
    return replace(real_engine(), store=LlamaIndexStore(collections))


def built(
    folder: Path,
    engine: Engine,
    *,
    documents: dict[str, str] = DOCUMENTS,
    progress: Callable[[BuildProgress], None] = unheard,
) -> BuildReport:
    corpus = write_documents(folder / "docs", documents)
    return asyncio.run(
        build_snapshot(corpus, DENSE, CountingWords(), folder / "out", engine=engine, progress=progress)
    )


async def opened(report: BuildReport, engine: Engine) -> SearchableSnapshot:
    scratch = report.snapshot.path.parents[1] / "scratch"
    return await open_snapshot(report.snapshot.path, DENSE, CountingWords(), scratch, engine=engine)


def search(report: BuildReport, engine: Engine, question: str = "fox number 3") -> tuple[RankedPassage, ...]:
    async def story() -> tuple[RankedPassage, ...]:
        snapshot = await opened(report, engine)
        try:
            return await snapshot.search(question, limit=5)
        finally:
            await snapshot.aclose()

    return asyncio.run(story())


def test_a_store_elsewhere_finds_what_the_snapshots_own_index_finds(
    tmp_path: Path, collections: Collections
) -> None:
    heard: list[BuildProgress] = []
    engine = engine_of(collections)
    here = built(tmp_path / "here", real_engine())
    there = built(tmp_path / "there", engine, progress=heard.append)

    assert there.snapshot.digest == here.snapshot.digest, "where vectors are searched decides no digest"
    assert not list((there.snapshot.path / "chroma").iterdir())
    assert heard[-1] == BuildProgress(stage="store", done=30, total=30)
    found = search(there, engine)
    assert found == search(here, real_engine()) and len(found) == 5
    assert search(there, real_engine()) == found, "and it can be searched here again, at any time"


def test_a_collection_belongs_to_one_snapshot_and_is_filled_once(
    tmp_path: Path, collections: Collections
) -> None:
    engine = engine_of(collections)
    first = built(tmp_path, engine)
    before = engine.store and engine.store.collections()
    again = built(tmp_path, engine)
    changed = built(tmp_path, engine, documents={"30.md": "A badger digs."})

    assert again.reused and engine.store is not None
    (old,) = before or ()
    assert (old.rows, old.whole) == (30, True) and first.snapshot.digest[:32] in old.name
    after = engine.store.collections()
    assert old in after and [one.rows for one in after if one != old] == [31]
    assert search(first, engine) and search(changed, engine, "badger digs")[0].passage.source == "30.md"
    engine.store.remove(old.name)
    assert old not in engine.store.collections()
    with pytest.raises(SnapshotError, match="has no collection"):
        engine.store.remove(old.name)


class Torn(LlamaIndexStore):
    """A store whose filler dies half way."""

    def _name(self, partial: str, rows: object) -> None:
        raise KeyboardInterrupt


def test_a_build_that_dies_while_it_fills_the_store_leaves_nothing_that_serves(
    tmp_path: Path, collections: Collections
) -> None:
    with pytest.raises(KeyboardInterrupt):
        built(tmp_path, replace(real_engine(), store=Torn(collections)))
    assert not list((tmp_path / "out" / "live").glob("*/*")) and collections.names() == ()

    engine = engine_of(collections)
    report = built(tmp_path, engine)
    assert report.reused and search(report, engine)


def test_a_collection_that_lacks_rows_is_not_opened_and_a_build_mends_it(
    tmp_path: Path, collections: Collections
) -> None:
    engine = engine_of(collections)
    report = built(tmp_path, engine)
    (name,) = collections.names()
    held = collections.find(name)
    assert held is not None
    held.store.delete_nodes(["00000000-0000-0000-0000-000000000003"])

    with pytest.raises(SnapshotError, match="has 29 of 30 rows") as refused:
        search(report, engine)
    assert "surefoot index build" in refused.value.remedy
    collections.remove(name)
    with pytest.raises(SnapshotError, match="is not there"):
        search(report, engine)
    assert built(tmp_path, engine).reused and len(search(report, engine)) == 5


def test_a_partial_collection_is_told_apart_and_others_in_the_store_are_left_alone(
    tmp_path: Path, collections: Collections
) -> None:
    engine = engine_of(collections)
    collections.create("somebody-elses", 4)
    collections.create("partial-surefoot-x-1", 4)

    assert engine.store is not None
    assert [(one.name, one.whole) for one in engine.store.collections()] == [("partial-surefoot-x-1", False)]
    with pytest.raises(SnapshotError):
        engine.store.remove("somebody-elses")


def test_a_collection_that_was_made_anew_is_found_by_a_snapshot_that_was_open(
    tmp_path: Path, collections: Collections
) -> None:
    engine = engine_of(collections)
    report = built(tmp_path, engine)

    async def story() -> None:
        snapshot = await opened(report, engine)
        before = await snapshot.search("fox number 3", limit=5)
        (name,) = collections.names()
        collections.remove(name)
        with pytest.raises(SnapshotError, match="is not there"):
            await snapshot.search("fox number 3", limit=5)
        passages = engine.files.read_passages(report.snapshot.path / "passages.parquet")
        assert engine.store is not None
        engine.store.publish(rows_of(report.snapshot, passages), lambda done, total: None)
        assert await snapshot.search("fox number 3", limit=5) == before
        await snapshot.aclose()

    asyncio.run(story())


def test_while_the_server_is_away_a_search_says_so_and_afterwards_it_finds_again(tmp_path: Path) -> None:
    with running_chroma(tmp_path / "server") as server:
        engine = engine_of(ChromaServer(server.url, key="k", seconds=5))
        report = built(tmp_path, engine)

        async def story() -> None:
            snapshot = await opened(report, engine)
            before = await snapshot.search("fox number 3", limit=5)
            await asyncio.to_thread(server.stop)
            with pytest.raises(SnapshotError, match="cannot be asked") as away:
                await snapshot.search("fox number 3", limit=5)
            assert server.url in away.value.message and "Start it" in away.value.remedy
            fresh = engine_of(ChromaServer(server.url, key=None, seconds=5))
            with pytest.raises(SnapshotError, match="cannot be asked"):
                await opened(report, fresh)
            await asyncio.to_thread(server.start)
            assert await snapshot.search("fox number 3", limit=5) == before
            await (await opened(report, fresh)).aclose()
            await snapshot.aclose()

        asyncio.run(story())


def test_a_server_that_never_answers_holds_nobody_for_ever(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        collections = ChromaServer(f"http://127.0.0.1:{silent.getsockname()[1]}", key=None, seconds=0.2)
        with pytest.raises(SnapshotError, match="cannot be asked"):
            LlamaIndexStore(collections).collections()


@pytest.mark.parametrize(
    "url", ["chroma", "ftp://host", "http://", "http://me:secret@host", "http://host:port", "http://host/api"]
)
def test_an_address_that_cannot_be_a_chroma_server_is_refused(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        ChromaServer(url, key=None, seconds=1)
    assert "index.store_url" in refused.value.message and "secret" not in refused.value.message
