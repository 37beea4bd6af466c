import asyncio
import errno
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy
import pytest
from numpy.typing import NDArray
from tests.retrieval.fixtures import (
    RECIPE,
    CountingWords,
    build,
    found,
    real_engine,
    unheard,
    write_documents,
)

from surefoot.errors import SnapshotError
from surefoot.retrieval import Recipe
from surefoot.retrieval.build import BuildProgress, build_snapshot
from surefoot.retrieval.passages_file import ParquetPassages
from surefoot.retrieval.ports import ParsedDocument
from surefoot.retrieval.recipes import Chunking
from surefoot.retrieval.snapshots import list_snapshots, read_live, verify_snapshot

DOCUMENTS = {
    "ports.md": "# Ports\n\nThe vault listens on port 7420 for backups and on 7443 for the console.\n",
    "keys.md": "# Keys\n\nThe recovery phrase has twenty four words; write it on paper.\n",
    "page.html": "<h1>Mirror</h1><p>The mirror keeps packs at another site.</p>",
}
UNREADABLE = {"bad.md": b"\xff", "blank.html": b"<p> </p>", "deep.html": b"<div>" * 3000 + b"x"}


class FullDisk(ParquetPassages):
    """A disk that is full by the time documents are written."""

    def write_documents(self, path: Path, documents: Sequence[ParsedDocument]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))


class WrongShape(CountingWords):
    """Promises 64 dimensions and returns 63."""

    async def embed(self, texts: Sequence[str]) -> NDArray[numpy.float32]:
        return (await super().embed(texts))[:, :63]


def test_a_build_reports_what_it_took_and_becomes_live(tmp_path: Path) -> None:
    corpus = write_documents(tmp_path / "docs", {**DOCUMENTS, **UNREADABLE})

    report = asyncio.run(build(corpus, tmp_path / "snapshots"))

    assert [(one.source, one.outcome, one.reason, one.passages) for one in report.documents] == [
        ("bad.md", "skipped", "it is not UTF-8: byte 0 is 0xff", 0),
        ("blank.html", "skipped", "it has no readable text", 0),
        ("deep.html", "skipped", "its HTML is nested too deeply to read", 0),
        ("keys.md", "taken", "", 1),
        ("page.html", "taken", "", 1),
        ("ports.md", "taken", "", 1),
    ]
    assert not report.reused
    assert read_live(tmp_path / "snapshots", "notes", "default") == report.snapshot.digest
    (listed,) = list_snapshots(tmp_path / "snapshots")
    assert (listed.passages, listed.live_for) == (3, ("notes/default",))


def test_the_same_inputs_are_built_once(tmp_path: Path) -> None:
    corpus = write_documents(tmp_path / "docs", DOCUMENTS)
    first = asyncio.run(build(corpus, tmp_path / "snapshots"))
    embedder = CountingWords()

    again = asyncio.run(build(replace(corpus, name="other"), tmp_path / "snapshots", embedder))

    assert (again.reused, embedder.embedded) == (True, [])
    assert again.snapshot == first.snapshot
    assert again.documents == first.documents
    (listed,) = list_snapshots(tmp_path / "snapshots")
    assert listed.live_for == ("notes/default", "other/default")


def test_where_the_documents_are_and_what_time_it_is_do_not_matter(tmp_path: Path) -> None:
    reports = [
        asyncio.run(build(write_documents(tmp_path / place / "docs", DOCUMENTS), tmp_path / place / "out"))
        for place in ("here", "there")
    ]

    assert len({report.snapshot.digest for report in reports}) == 1
    assert len({report.snapshot.passages_digest for report in reports}) == 1


def test_documents_recipe_and_embedder_each_make_another_snapshot(tmp_path: Path) -> None:
    corpus = write_documents(tmp_path / "docs", DOCUMENTS)
    folder = tmp_path / "snapshots"
    digests = [asyncio.run(build(corpus, folder)).snapshot.digest]
    digests.append(asyncio.run(build(corpus, folder, CountingWords("another"))).snapshot.digest)
    smaller = Recipe(name="default", chunking=Chunking(limit_words=80))
    digests.append(asyncio.run(build(corpus, folder, recipe=smaller)).snapshot.digest)
    (tmp_path / "docs" / "keys.md").rename(tmp_path / "docs" / "phrases.md")
    digests.append(asyncio.run(build(corpus, folder)).snapshot.digest)

    assert len(set(digests)) == 4
    assert read_live(folder, "notes", "default") == digests[-1]


def test_edits_renames_and_deletions_take_effect_and_only_edits_are_embedded(tmp_path: Path) -> None:
    docs, folder, scratch = tmp_path / "docs", tmp_path / "snapshots", tmp_path / "scratch"
    corpus = write_documents(docs, DOCUMENTS)
    asyncio.run(build(corpus, folder))
    (docs / "keys.md").unlink()
    (docs / "page.html").rename(docs / "mirror.html")
    write_documents(docs, {"ports.md": "# Ports\n\nThe vault listens on port 9999 now.\n"})
    embedder = CountingWords()

    snapshot = asyncio.run(build(corpus, folder, embedder)).snapshot.path

    assert len(embedder.embedded) == 1
    sources = {
        question: {one.passage.source for one in asyncio.run(found(snapshot, question, scratch))}
        for question in ("recovery phrase", "mirror packs", "port 9999")
    }
    assert all("keys.md" not in found_sources for found_sources in sources.values())
    assert "mirror.html" in sources["mirror packs"]
    assert "ports.md" in sources["port 9999"]


def test_two_builds_of_the_same_snapshot_at_once_both_succeed(tmp_path: Path) -> None:
    corpus = write_documents(tmp_path / "docs", DOCUMENTS)
    folder = tmp_path / "snapshots"

    async def both() -> set[str]:
        reports = await asyncio.gather(build(corpus, folder), build(corpus, folder))
        return {report.snapshot.digest for report in reports}

    (only,) = asyncio.run(both())

    verify_snapshot(folder / only)
    assert sorted(path.name for path in folder.glob(".building-*")) == []


def test_a_damaged_snapshot_is_built_anew_in_its_place(tmp_path: Path) -> None:
    corpus = write_documents(tmp_path / "docs", DOCUMENTS)
    snapshot = asyncio.run(build(corpus, tmp_path / "snapshots")).snapshot
    (snapshot.path / "vectors.npy").unlink()
    with pytest.raises(SnapshotError, match=r"'vectors.npy' is missing"):
        verify_snapshot(snapshot.path)

    report = asyncio.run(build(corpus, tmp_path / "snapshots"))

    assert not report.reused
    assert verify_snapshot(snapshot.path).passages == 3


def test_what_is_published_is_read_only(tmp_path: Path) -> None:
    report = asyncio.run(build(write_documents(tmp_path / "docs", DOCUMENTS), tmp_path / "snapshots"))

    modes = {stat.S_IMODE(path.stat().st_mode) for path in report.snapshot.path.rglob("*") if path.is_file()}
    assert modes == {0o444}


@pytest.mark.parametrize("obstacle", ["full disk", "unwritable folder", "wrong shape"])
def test_a_build_that_fails_leaves_the_old_snapshot_live(tmp_path: Path, obstacle: str) -> None:
    folder = tmp_path / "snapshots"
    old = asyncio.run(build(write_documents(tmp_path / "docs", DOCUMENTS), folder)).snapshot
    corpus = write_documents(tmp_path / "docs", {"new.md": "# New\n\nSomething new.\n"})
    engine, embedder = real_engine(), CountingWords()
    if obstacle == "full disk":
        engine = replace(engine, files=FullDisk())
    elif obstacle == "wrong shape":
        embedder = WrongShape()
    else:
        (folder / "embeddings.sqlite").unlink()
        (folder / "embeddings.sqlite").mkdir()

    with pytest.raises(SnapshotError) as failure:
        asyncio.run(build_snapshot(corpus, RECIPE, embedder, folder, engine=engine, progress=unheard))

    assert failure.value.remedy
    assert read_live(folder, "notes", "default") == old.digest
    assert verify_snapshot(old.path).passages == 3
    assert list(folder.glob(".building-*")) == []


def test_a_folder_that_cannot_be_made_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(SnapshotError) as failure:
        asyncio.run(build(write_documents(tmp_path / "docs", DOCUMENTS), tmp_path / "file" / "snapshots"))

    assert "cannot be written" in failure.value.message
    assert "disk space" in failure.value.remedy


def test_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    (folder / "embeddings.sqlite").write_bytes(b"this is no database, but it is long enough to be asked" * 40)

    assert asyncio.run(build(write_documents(tmp_path / "docs", DOCUMENTS), folder)).snapshot.passages == 3


def test_progress_goes_through_the_stages_and_ends_full(tmp_path: Path) -> None:
    heard: list[BuildProgress] = []
    corpus = write_documents(tmp_path / "docs", DOCUMENTS)

    asyncio.run(
        build_snapshot(
            corpus, RECIPE, CountingWords(), tmp_path / "out", engine=real_engine(), progress=heard.append
        )
    )

    assert list(dict.fromkeys(one.stage for one in heard)) == ["read", "cut", "embed", "index"]
    last = {one.stage: (one.done, one.total) for one in heard}
    assert all(done == total == 3 for done, total in last.values())
