"""Documents of a Git repository: the real git, over a repository of this machine."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from surefoot.retrieval.git_trees import bring_tree
from surefoot.retrieval.origins import Repository


def git(folder: Path, *words: str) -> str:
    command = ("git", "-c", "user.name=n", "-c", "user.email=n@example.org", "-C", str(folder), *words)
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    folder = tmp_path / "remote"
    (folder / "docs").mkdir(parents=True)
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(folder))
    commit(folder, {"docs/a.md": "# First", "b.md": "# Other"})
    return folder


def commit(folder: Path, files: dict[str, str | None]) -> str:
    for name, text in files.items():
        if text is None:
            (folder / name).unlink()
        else:
            (folder / name).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A change")
    return git(folder, "rev-parse", "HEAD")


def bring(remote: Path, into: Path, ref: str = "") -> str:
    return asyncio.run(bring_tree(Repository(address=f"file://{remote}", ref=ref), into))


def texts(into: Path) -> dict[str, str]:
    tree = (into / "tree").resolve()
    return {str(file.relative_to(tree)): file.read_text() for file in tree.rglob("*") if file.is_file()}


def test_the_files_of_its_own_branch_are_brought_and_nothing_of_git(remote: Path, tmp_path: Path) -> None:
    brought = bring(remote, tmp_path / "here")

    assert brought == git(remote, "rev-parse", "HEAD")
    assert texts(tmp_path / "here") == {"docs/a.md": "# First", "b.md": "# Other"}


def test_what_changed_and_what_is_gone_takes_effect(remote: Path, tmp_path: Path) -> None:
    bring(remote, tmp_path / "here")
    commit(remote, {"docs/a.md": "# Second", "b.md": None})

    bring(remote, tmp_path / "here")

    assert texts(tmp_path / "here") == {"docs/a.md": "# Second"}
    assert len([*(tmp_path / "here").glob("tree-*")]) == 1


def test_a_branch_a_tag_and_a_commit_can_be_named(remote: Path, tmp_path: Path) -> None:
    first = git(remote, "rev-parse", "HEAD")
    git(remote, "tag", "v1")
    git(remote, "switch", "--quiet", "--create", "next/one")
    commit(remote, {"b.md": "# Next"})
    git(remote, "config", "uploadpack.allowAnySHA1InWant", "true")

    assert bring(remote, tmp_path / "tag", "v1") == bring(remote, tmp_path / "commit", first) == first
    bring(remote, tmp_path / "branch", "next/one")
    assert texts(tmp_path / "branch")["b.md"] == "# Next"


def test_what_cannot_be_brought_says_why_and_leaves_what_was_there(remote: Path, tmp_path: Path) -> None:
    bring(remote, tmp_path / "here")
    remote.rename(tmp_path / "gone")

    with pytest.raises(ValueError, match=r"does not (appear to be a git repository|exist)"):
        bring(remote, tmp_path / "here")
    assert texts(tmp_path / "here") == {"docs/a.md": "# First", "b.md": "# Other"}


def test_a_ref_that_is_not_there_says_so(remote: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="couldn't find remote ref nothing"):
        bring(remote, tmp_path / "here", "nothing")


def test_links_that_lead_out_bring_nothing_from_outside(remote: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# Secret")
    (remote / "out.md").symlink_to(tmp_path / "secret.md")
    (remote / "up.md").symlink_to("../../secret.md")
    commit(remote, {"c.md": "# Third"})

    bring(remote, tmp_path / "here")

    tree = (tmp_path / "here" / "tree").resolve()
    assert "c.md" in texts(tmp_path / "here")
    assert not (tree / "out.md").is_symlink() and not (tree / "up.md").is_symlink()


def test_no_hook_and_no_submodule_of_theirs_runs(remote: Path, tmp_path: Path) -> None:
    (remote / ".gitmodules").write_text('[submodule "x"]\n\tpath = x\n\turl = ext::touch /tmp/never\n')
    commit(remote, {"d.md": "# Fourth"})

    bring(remote, tmp_path / "here")

    assert "d.md" in texts(tmp_path / "here")


def test_what_a_killed_process_left_behind_stops_nothing(remote: Path, tmp_path: Path) -> None:
    bring(remote, tmp_path / "here")
    (tmp_path / "here" / "mirror.git" / "shallow.lock").touch()
    (tmp_path / "here" / ".bringing-dead").mkdir()
    commit(remote, {"docs/a.md": "# Second"})

    bring(remote, tmp_path / "here")

    assert texts(tmp_path / "here")["docs/a.md"] == "# Second"
    assert not (tmp_path / "here" / ".bringing-dead").exists()
