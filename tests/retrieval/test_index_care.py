"""Snapshots are compared, carried and removed without losing one that is needed."""

import asyncio
import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from tests.retrieval.fixtures import RECIPE, CountingWords, build, found, real_engine, write_documents

from surefoot.errors import SnapshotError
from surefoot.retrieval.archives import export_snapshot, import_snapshot
from surefoot.retrieval.keeping import held_open, named, sweep
from surefoot.retrieval.passages_file import ParquetPassages
from surefoot.retrieval.recipes import Chunking, Recipe
from surefoot.retrieval.searching import open_snapshot
from surefoot.retrieval.snapshot_changes import compare_snapshots
from surefoot.retrieval.snapshots import verify_snapshot

DOCUMENTS = {
    "fish.md": "# Fish\n\nHerrings swim north.",
    "fox.md": "# Fox\n\nA fox sleeps.",
    "owl.md": "Owls hunt.",
}


def built(folder: Path, documents: dict[str, str], recipe: Recipe = RECIPE) -> Path:
    for file in (folder / "docs").glob("*"):
        file.unlink()
    corpus = write_documents(folder / "docs", documents)
    return asyncio.run(build(corpus, folder / "out", recipe=recipe)).snapshot.path


def test_changes_are_told_by_content_and_a_renamed_document_is_neither_new_nor_gone(tmp_path: Path) -> None:
    before = built(tmp_path, DOCUMENTS)
    after = built(
        tmp_path,
        {
            "fish.md": DOCUMENTS["fish.md"],
            "den.md": DOCUMENTS["fox.md"],
            "owl.md": "Owls sleep.",
            "bat.md": "Bats.",
        },
    )

    changes = compare_snapshots(before, after, ParquetPassages())

    assert (changes.added, changes.removed, changes.changed) == (("bat.md",), (), ("owl.md",))
    assert changes.renamed == {"den.md": "fox.md"}
    assert changes.passages_added == {"bat.md": 1, "owl.md": 1, "den.md": 1}
    assert changes.passages_removed == {"owl.md": 1, "fox.md": 1}
    assert changes.documents == {"bat.md", "owl.md", "den.md", "fox.md"}
    same = compare_snapshots(before, before, ParquetPassages())
    assert not same.documents and not same.passages_added and not same.passages_removed


def test_a_snapshot_goes_through_a_file_and_is_the_same(tmp_path: Path) -> None:
    path = built(tmp_path, DOCUMENTS)
    file, again = tmp_path / "a.tar", tmp_path / "b.tar"
    export_snapshot(path, file)
    export_snapshot(path, again)
    assert file.read_bytes() == again.read_bytes()

    info = import_snapshot(file, tmp_path / "elsewhere")

    assert info.path == tmp_path / "elsewhere" / path.name and verify_snapshot(info.path).passages == 3
    hits = asyncio.run(found(info.path, "where do herrings swim", tmp_path / "scratch"))
    assert hits[0].passage.source == "fish.md"
    assert import_snapshot(file, tmp_path / "elsewhere").digest == info.digest, "there already"


def entry(name: str, content: bytes = b"x", **fields: object) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        for field, value in fields.items():
            setattr(member, field, value)
        archive.addfile(member, io.BytesIO(content) if member.isreg() else None)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"no archive",
        b"",
        entry("../escaped"),
        entry("/tmp/escaped-from-a-snapshot"),
        entry("a" * 64 + "/../../escaped"),
        entry("a" * 64 + "/manifest.json", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        entry("a" * 64 + "/manifest.json", b"", type=tarfile.LNKTYPE, linkname="/etc/passwd"),
        entry("a" * 64 + "/manifest.json", b"{}"),
        entry("a" * 64 + "/words/index", b"x"),
    ],
)
def test_no_other_file_is_taken_and_nothing_of_it_stays(tmp_path: Path, content: bytes) -> None:
    file, folder = tmp_path / "hostile.tar", tmp_path / "snapshots"
    file.write_bytes(content)

    with pytest.raises(SnapshotError):
        import_snapshot(file, folder)

    assert list(folder.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hostile.tar", "snapshots"]
    assert not Path("/tmp/escaped-from-a-snapshot").exists()


def test_an_archive_with_one_byte_changed_or_cut_off_is_refused(tmp_path: Path) -> None:
    path = built(tmp_path, DOCUMENTS)
    file = tmp_path / "a.tar"
    export_snapshot(path, file)
    whole = file.read_bytes()
    spot = whole.index(b"PAR1") + 10
    for content in (whole[:spot] + bytes([whole[spot] ^ 1]) + whole[spot + 1 :], whole[: len(whole) // 2]):
        file.write_bytes(content)
        with pytest.raises(SnapshotError):
            import_snapshot(file, tmp_path / "elsewhere")
        assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_is_live_pinned_or_open_is_kept_and_the_rest_goes(tmp_path: Path) -> None:
    pinned = built(tmp_path, {"a.md": "first"})
    opened = built(tmp_path, {"a.md": "second"})
    unneeded = built(tmp_path, {"a.md": "third"})
    live = built(tmp_path, {"a.md": "fourth"})
    folder = tmp_path / "out"

    with held_open(opened):
        told = sweep(folder, {pinned.name}, remove=False)
        assert {one.digest for one in told.removed} == {opened.name, unneeded.name}
        assert unneeded.is_dir(), "a dry run removes nothing"
        swept = sweep(folder, {pinned.name}, remove=True)

    assert {kept.snapshot.digest: kept.reason for kept in swept.kept} == {
        pinned.name: "a release pins it",
        opened.name: "a process has it open",
        live.name: "live for notes/default",
    }
    assert [one.digest for one in swept.removed] == [unneeded.name] and not unneeded.exists()
    assert [one.digest for one in sweep(folder, {pinned.name}, remove=True).removed] == [opened.name]
    assert not [path for path in folder.iterdir() if path.name.startswith(".removing")]


def test_an_open_snapshot_is_held_until_it_is_closed_or_its_process_dies(tmp_path: Path) -> None:
    path = built(tmp_path, {"a.md": "first"})
    built(tmp_path, {"a.md": "second"})

    async def story() -> None:
        snapshot = await open_snapshot(
            path, RECIPE, CountingWords(), tmp_path / "scratch", engine=real_engine()
        )
        assert not sweep(tmp_path / "out", (), remove=True).removed
        await snapshot.aclose()

    asyncio.run(story())
    code = (
        "import sys, time; from pathlib import Path; from surefoot.retrieval.keeping import held_open\n"
        "with held_open(Path(sys.argv[1])): print('open', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"open\n"
        assert not sweep(tmp_path / "out", (), remove=True).removed
        process.kill()
    assert [one.digest for one in sweep(tmp_path / "out", (), remove=True).removed] == [path.name]


def test_a_snapshot_is_named_by_how_its_digest_begins(tmp_path: Path) -> None:
    first = built(tmp_path, {"a.md": "first"})
    second = built(tmp_path, {"a.md": "first"}, Recipe(name="other", chunking=Chunking(limit_words=90)))

    assert named(tmp_path / "out", first.name[:8]) == first
    for beginning in ("zz", ""):
        with pytest.raises(SnapshotError, match=second.name[:12]):
            named(tmp_path / "out", beginning)
