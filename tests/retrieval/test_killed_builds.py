import asyncio
import subprocess
import sys
from pathlib import Path

from tests.retrieval.fixtures import PROJECT, CountingWords, build, found, write_documents
from tests.retrieval.killed_builds import GATES

from surefoot.retrieval.snapshots import read_live, verify_snapshot

OLD = {"old.md": "# Old\n\nThe lighthouse keeper counts the ships.\n"}
# More than two batches of 32, so that a build can die between them.
NEW = {
    f"new-{number}.md": f"# Note {number}\n\nNote {number} tells of harbour {number}.\n"
    for number in range(70)
}
# Texts still to embed by the build after the kill.
LEFT = {"embedding": 70 - 32, "writing": 0, "published": 0}


def test_a_killed_build_leaves_the_old_snapshot_live_and_the_next_one_goes_on(tmp_path: Path) -> None:
    old = {}
    for gate in GATES:
        corpus = write_documents(tmp_path / gate / "docs", OLD)
        old[gate] = asyncio.run(build(corpus, tmp_path / gate / "out")).snapshot
        write_documents(tmp_path / gate / "docs", NEW)

    driver = [sys.executable, "-m", "tests.retrieval.killed_builds", str(tmp_path)]
    subprocess.run(driver, check=True, timeout=60, cwd=PROJECT)

    for gate in GATES:
        folder = tmp_path / gate / "out"
        left_behind = [path for path in folder.glob(".building-*") if path.is_dir()]
        assert len(left_behind) == (1 if gate == "writing" else 0)
        assert read_live(folder, "notes", "default") == old[gate].digest
        assert verify_snapshot(old[gate].path) == old[gate]
        (hit,) = asyncio.run(found(old[gate].path, "who counts ships", tmp_path / "scratch"))
        assert hit.passage.source == "old.md"

        embedder = CountingWords()
        report = asyncio.run(build(write_documents(tmp_path / gate / "docs", NEW), folder, embedder))

        assert len(embedder.embedded) == LEFT[gate]
        assert report.reused == (gate == "published")
        assert read_live(folder, "notes", "default") == report.snapshot.digest != old[gate].digest
        hits = asyncio.run(found(report.snapshot.path, "harbour 7", tmp_path / "scratch"))
        assert "new-7.md" in {hit.passage.source for hit in hits}
        if gate != "published":  # nothing was built there, so nothing was tidied
            assert list(folder.glob(".building-*")) == []
