"""One commit of given bytes, on a repository that somebody is working in."""

import os
from pathlib import Path

import pytest
from tests.releases.repositories import Trial, git, new_trial

from surefoot.errors import RefusedError, SettingsError, SurefootError
from surefoot.releases.git import Repository, open_repository


@pytest.fixture(params=["", "apps/one"], ids=["at the top", "in a folder below"])
def trial(tmp_path: Path, request: pytest.FixtureRequest) -> Trial:
    return new_trial(tmp_path / "repository", request.param)


def opened(trial: Trial) -> Repository:
    return open_repository(trial.project)


def commit(trial: Trial, name: str = "serving/x.bin", content: bytes = b"x\r\n") -> str | None:
    """Write a file and commit it."""
    file = trial.project / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    repository = opened(trial)
    return repository.commit_files({file: content}, "Say it\n\nand why\n", repository.head())


def test_a_commit_holds_the_bytes_and_nothing_else(trial: Trial) -> None:
    before = trial.head()

    made = commit(trial)

    assert made == trial.head() and trial.git("rev-parse", "HEAD^").strip() == before
    changed = trial.git("diff-tree", "-r", "--name-only", "--relative", "HEAD^", "HEAD").splitlines()
    assert changed == ["serving/x.bin"]
    assert opened(trial).committed(trial.project / "serving" / "x.bin") == b"x\r\n"
    assert trial.git("log", "-1", "--format=%an <%ae>%n%B").split("\n")[:4] == [
        "A Tester <tester@example.org>",
        "Say it",
        "",
        "and why",
    ]
    assert trial.git("status", "--porcelain") == ""
    assert trial.git("symbolic-ref", "HEAD").strip() == "refs/heads/main"
    assert "Say it" in trial.git("reflog", "-1")


def test_what_somebody_has_staged_stays_staged_and_uncommitted(trial: Trial) -> None:
    (trial.project / "prompts" / "answer.prompt.md").write_text("staged\n")
    (trial.project / "new.txt").write_text("new and staged\n")
    trial.git("add", ".")
    trial.git("rm", "-q", "--cached", "serving/settings.toml")
    (trial.project / "prompts" / "answer.prompt.md").write_text("edited since\n")
    before = trial.git("status", "--porcelain", "--untracked-files=all")

    commit(trial)

    assert trial.git("status", "--porcelain", "--untracked-files=all") == before
    assert trial.git("show", "HEAD:./prompts/answer.prompt.md") == "a prompt\n"
    assert trial.git("show", ":./prompts/answer.prompt.md") == "staged\n"


def test_a_detached_head_moves_and_no_branch_does(trial: Trial) -> None:
    trial.git("checkout", "-q", "--detach")
    main = trial.git("rev-parse", "main")

    made = commit(trial)

    assert opened(trial).head().branch is None
    assert (trial.head(), trial.git("rev-parse", "main")) == (made, main)


def test_a_branch_that_has_moved_is_not_written_over(trial: Trial) -> None:
    expected = opened(trial).head()
    trial.git("rm", "-q", "--cached", "serving/settings.toml")
    staged = trial.git("ls-files", "--stage")
    other = trial.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "Somebody else").strip()
    trial.git("update-ref", "HEAD", other)

    files = {trial.project / "serving" / "x": b"x", trial.project / "serving" / "settings.toml": b"y"}
    with pytest.raises(RefusedError, match="has moved"):
        opened(trial).commit_files(files, "Late", expected)

    assert trial.head() == other
    assert trial.git("ls-files", "--stage") == staged


def test_committing_what_is_there_already_makes_no_commit(trial: Trial) -> None:
    made = commit(trial)

    assert commit(trial) is None
    assert trial.head() == made


def test_no_hook_and_no_filter_touches_a_commit(trial: Trial, tmp_path: Path) -> None:
    hooks = Path(trial.git("rev-parse", "--path-format=absolute", "--git-path", "hooks").strip())
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "commit-msg", "post-commit", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >> '{tmp_path}/ran'\nexit 1\n")
        (hooks / name).chmod(0o755)
    trial.git("config", "filter.shout.clean", "tr a-z A-Z")
    trial.git("config", "core.autocrlf", "input")
    trial.git("config", "core.fsmonitor", f"echo fsmonitor >> '{tmp_path}/ran'; false")
    (trial.project / "serving" / ".gitattributes").write_text("*.bin filter=shout\n")

    commit(trial, content=b"quiet\r\n")

    assert opened(trial).committed(trial.project / "serving" / "x.bin") == b"quiet\r\n"
    assert not (tmp_path / "ran").exists()


def test_variables_of_gits_own_lead_nowhere_else(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "The Robot")

    commit(trial)

    monkeypatch.undo()
    assert trial.git("log", "-1", "--format=%an, %cn").strip() == "The Robot, A Tester"


def test_without_a_name_nobody_commits(trial: Trial, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    trial.git("config", "--unset", "user.name")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    before = trial.git("rev-parse", "HEAD")

    with pytest.raises(SettingsError, match="does not know who commits") as refused:
        commit(trial)

    assert "git config user.name" in refused.value.remedy
    assert trial.git("rev-parse", "HEAD") == before


def test_outside_a_repository_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is in no Git repository"):
        open_repository(tmp_path)


def test_without_git_says_so(trial: Trial, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SettingsError, match="git is not installed"):
        open_repository(trial.project)


def test_before_the_first_commit_says_so(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")

    with pytest.raises(SettingsError, match="has no commit yet"):
        open_repository(tmp_path).head()


def test_a_file_outside_the_repository_is_refused(trial: Trial, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not in the repository"):
        opened(trial).name_of(tmp_path / "elsewhere")


def test_an_index_that_stays_locked_leaves_everything_as_it_was(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = trial.head()
    lock = Path(trial.git("rev-parse", "--path-format=absolute", "--git-path", "index.lock").strip())
    lock.touch()
    monkeypatch.setattr("surefoot.releases.git._INDEX_BUSY_SECONDS", 0.0)

    with pytest.raises(SurefootError, match=r"index\.lock"):
        commit(trial)

    assert trial.head() == before


def test_what_is_not_committed_is_named(trial: Trial) -> None:
    assert opened(trial).uncommitted([trial.project / "prompts"]) == ()
    (trial.project / "prompts" / "answer.prompt.md").write_text("edited\n")
    (trial.project / "prompts" / "new*.md").write_text("untracked\n")
    (trial.project / "other.md").write_text("elsewhere\n")

    found = opened(trial).uncommitted([trial.project / "prompts"])

    top = trial.git("rev-parse", "--show-prefix").strip()
    assert sorted(found) == [f"{top}prompts/answer.prompt.md", f"{top}prompts/new*.md"]
    assert opened(trial).uncommitted([]) == ()


def test_what_has_changed_since_a_commit_is_named(trial: Trial) -> None:
    before = trial.head()
    trial.commit("docs/x.md", "x")

    top = trial.git("rev-parse", "--show-prefix").strip()
    assert opened(trial).differing(before) == (f"{top}docs/x.md",)
    assert opened(trial).differing("0" * 40) is None
    aside = trial.git("commit-tree", "HEAD^{tree}", "-m", "No ancestor").strip()
    assert opened(trial).differing(aside) == ()


def test_equal_files_have_an_equal_digest_whatever_commits_led_there(trial: Trial) -> None:
    kept = [trial.project / "serving" / "channels"]
    before = opened(trial).content(kept)
    trial.commit("serving/channels/x", "x")
    assert opened(trial).content(kept) == before != opened(trial).content([])
    trial.commit("serving/channels-old", "only begins like it")
    assert opened(trial).content(kept) != before
    trial.git("reset", "-q", "--hard", "HEAD~2")
    trial.commit("prompts/a\nb ä.md", "any name")
    trial.git("revert", "--no-edit", "HEAD")

    assert opened(trial).content(kept) == before


@pytest.mark.parametrize(
    "change", [("mv", "prompts", "texts"), ("update-index", "--chmod=+x", "serving/settings.toml")]
)
def test_names_and_modes_are_content_too(trial: Trial, change: tuple[str, ...]) -> None:
    before = opened(trial).content([])
    trial.git(*change)
    trial.git("commit", "-q", "-m", "Change it")

    assert opened(trial).content([]) != before
