"""A promotion is one commit of what was proven, and leaves old or new behind whatever goes wrong."""

import asyncio
import os
from pathlib import Path

import pytest
from tests.releases.repositories import (
    FIRST,
    SECOND,
    Trial,
    new_trial,
    serves,
)

from surefoot.errors import ResourceError, SettingsError, SurefootError
from surefoot.releases import (
    Pointer,
    read_channel,
)


def test_the_first_release_is_promoted_on_its_founding_receipt(empty: Trial) -> None:
    receipt = empty.gated(FIRST, None)

    moved = asyncio.run(empty.promote(FIRST))

    assert moved.pointer == Pointer(release=FIRST.digest, receipt=receipt.digest)
    assert (moved.replaced, moved.commit, moved.branch) == (None, empty.head(), "refs/heads/main")
    assert serves(empty) == FIRST.digest
    assert empty.git("status", "--porcelain") == ""


def test_one_commit_brings_release_receipt_runs_and_pointer(trial: Trial) -> None:
    before = trial.head()
    receipt = trial.gated(SECOND, FIRST.digest)

    moved = asyncio.run(trial.promote(SECOND))

    release = f"serving/releases/{SECOND.digest}"
    assert trial.git("rev-parse", "HEAD^").strip() == before
    assert sorted(trial.git("diff-tree", "-r", "--name-only", before, "HEAD").split()) == sorted(
        [
            "serving/channels/answers/production.toml",
            f"{release}/manifest.json",
            f"{release}/prompts/_rules.md",
            f"{release}/prompts/answer.prompt.md",
            f"{release}/receipts/{receipt.digest}.json",
            f"{release}/recipe.toml",
            f"{release}/runs/{receipt.baseline_run}.jsonl",
            f"{release}/runs/{receipt.candidate_run}.jsonl",
        ]
    )
    assert moved.replaced == FIRST.digest
    assert serves(trial) == SECOND.digest
    message = trial.git("log", "-1", "--format=%B")
    assert message.startswith(f"Promote answers to {SECOND.digest[:12]}\n\nrelease: {SECOND.digest}\n")
    assert f"replaces: {FIRST.digest}" in message and f"receipt: {receipt.digest} by answers" in message


def test_a_clone_with_other_line_endings_has_the_same_bytes(trial: Trial, tmp_path: Path) -> None:
    asyncio.run(trial.released(SECOND, FIRST.digest))

    trial.git("-c", "core.autocrlf=true", "clone", "-q", str(trial.project), str(tmp_path / "clone"))

    assert serves(Trial(project=tmp_path / "clone")) == SECOND.digest


def test_promoting_again_says_that_it_is_there_and_commits_nothing(trial: Trial) -> None:
    asyncio.run(trial.released(SECOND, FIRST.digest))
    head = trial.head()

    assert asyncio.run(trial.promote(SECOND)).commit is None
    assert trial.head() == head


def test_what_the_user_has_staged_is_not_in_the_commit(trial: Trial) -> None:
    (trial.project / "notes.txt").write_text("mine\n")
    trial.git("add", "notes.txt")

    asyncio.run(trial.released(SECOND, FIRST.digest))

    assert trial.git("status", "--porcelain") == "A  notes.txt\n"


def test_a_deployment_in_a_folder_below_the_top_is_promoted_there(tmp_path: Path) -> None:
    trial = new_trial(tmp_path / "repository", "services/answers")
    asyncio.run(trial.released(FIRST, None))
    asyncio.run(trial.released(SECOND, FIRST.digest))

    assert serves(trial) == SECOND.digest
    assert trial.git("status", "--porcelain") == ""
    assert trial.git("show", "--stat", "--format=", "HEAD").count("services/answers/serving/") > 0


def test_a_detached_head_is_promoted_on_and_no_branch_moves(trial: Trial) -> None:
    trial.git("checkout", "-q", "--detach")
    main = trial.git("rev-parse", "main")

    moved = asyncio.run(trial.released(SECOND, FIRST.digest))

    assert moved.branch is None and moved.commit == trial.head()
    assert trial.git("rev-parse", "main") == main


def test_a_full_disk_leaves_the_old_release_in_production(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.gated(SECOND, FIRST.digest)
    head = trial.head()
    written = 0
    fsync = os.fsync

    def full(descriptor: int) -> None:
        nonlocal written
        written += 1
        if written > allowed:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    allowed = 0
    monkeypatch.setattr(os, "fsync", full)
    while True:
        written = 0
        try:
            asyncio.run(trial.promote(SECOND))
        except ResourceError as error:
            assert "No space left" in str(error)
            pointer = read_channel(trial.place.serving, "answers")
            assert pointer is not None and pointer.release in (FIRST.digest, SECOND.digest)
            assert serves(trial) == pointer.release
            assert trial.head() == head
            allowed += 1
        else:
            break
    assert allowed > 3 and serves(trial) == SECOND.digest
    assert trial.git("status", "--porcelain") == ""


def test_a_commit_that_cannot_be_made_takes_the_pointer_back(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.gated(SECOND, FIRST.digest)
    lock = trial.project / ".git" / "index.lock"
    lock.touch()
    monkeypatch.setattr("surefoot.releases.git._INDEX_BUSY_SECONDS", 0.0)

    with pytest.raises(SurefootError, match=r"index\.lock"):
        asyncio.run(trial.promote(SECOND))
    assert serves(trial) == FIRST.digest

    lock.unlink()
    asyncio.run(trial.promote(SECOND))
    assert serves(trial) == SECOND.digest


def test_without_a_name_to_commit_by_nothing_is_written(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.gated(SECOND, FIRST.digest)
    trial.git("config", "--unset", "user.email")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")

    with pytest.raises(SettingsError, match="does not know who commits"):
        asyncio.run(trial.promote(SECOND))

    assert not (trial.place.promoted / SECOND.digest).exists()
