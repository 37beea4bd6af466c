"""What was gated on a branch is promoted on main after any merge, as long as main holds the same files."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.releases.repositories import FIRST, SECOND, THIRD, Trial, git, serves
from tests.releases.test_refused_promotions import refusal

BRANCH = "reword"
PROMPT = "prompts/answer.prompt.md"


@pytest.fixture
def gated(trial: Trial) -> Trial:
    """A pull request of two commits, gated on its branch; main is checked out again."""
    trial.git("checkout", "-q", "-b", BRANCH)
    trial.commit(PROMPT, "a first try\n")
    trial.commit(PROMPT, "what was gated\n")
    trial.gated(SECOND, FIRST.digest)
    trial.git("checkout", "-q", "main")
    return trial


def squash(trial: Trial) -> None:
    trial.git("merge", "-q", "--squash", BRANCH)
    trial.git("commit", "-q", "-m", "Reword, squashed")


def rebase(trial: Trial) -> None:
    """As a Git host does it: new commits of the same changes, by somebody else."""
    trial.git("-c", "user.name=The Host", "cherry-pick", f"main..{BRANCH}")


def merge(trial: Trial) -> None:
    trial.git("merge", "-q", "--no-ff", "-m", "Merge it", BRANCH)


def fast_forward(trial: Trial) -> None:
    trial.git("merge", "-q", "--ff-only", BRANCH)


MERGES = [squash, rebase, merge, fast_forward]


@pytest.mark.parametrize("merged", MERGES)
def test_what_was_gated_is_promoted_after_any_merge(gated: Trial, merged: Callable[[Trial], None]) -> None:
    merged(gated)

    asyncio.run(gated.promote(SECOND))

    assert serves(gated) == SECOND.digest


@pytest.mark.parametrize("merged", MERGES[:3])
def test_a_base_that_moved_wants_a_new_gate_and_the_files_are_named(
    gated: Trial, merged: Callable[[Trial], None]
) -> None:
    gated.commit("src/code.py", "moved\n")
    merged(gated)

    said = refusal(gated, gated.candidate(SECOND))

    assert "1 file differs from its commit" in said and ": src/code.py" in said


def test_many_files_are_counted_and_a_few_are_named(gated: Trial) -> None:
    for number in range(7):
        gated.commit(f"src/{number}.py", "moved\n")
    squash(gated)

    assert "7 files differ" in (said := refusal(gated, gated.candidate(SECOND)))
    assert "src/0.py, src/1.py, src/2.py, src/3.py, src/4.py and 2 more" in said


def test_a_promotion_that_came_first_is_no_other_content_but_another_baseline(gated: Trial) -> None:
    asyncio.run(gated.released(THIRD, FIRST.digest))
    squash(gated)

    assert "production has moved" in refusal(gated, gated.candidate(SECOND))


def test_a_branch_that_first_took_main_in_is_promoted_after_its_merge(gated: Trial) -> None:
    gated.commit("src/code.py", "moved\n")
    gated.git("checkout", "-q", BRANCH)
    gated.git("merge", "-q", "--no-edit", "main")
    gated.gated(SECOND, FIRST.digest, made_at=datetime(2026, 3, 2, tzinfo=UTC))
    gated.git("checkout", "-q", "main")
    squash(gated)

    asyncio.run(gated.promote(SECOND))

    assert serves(gated) == SECOND.digest


def cloned(trial: Trial, to: Path, *words: str) -> Trial:
    """A clone of main alone, as CI makes it, with the candidate and its receipt brought along."""
    url = f"file://{trial.project}"
    git(to.parent, "clone", "-q", "--single-branch", "--branch", "main", *words, url, str(to))
    for name, value in (("name", "CI"), ("email", "ci@example.org")):
        git(to, "config", f"user.{name}", value)
    shutil.copytree(trial.place.state, to / ".surefoot")
    return Trial(project=to)


@pytest.mark.parametrize("depth", [(), ("--depth=1",)], ids=["whole", "shallow"])
def test_a_clone_without_the_branch_promotes_what_was_squashed(
    gated: Trial, tmp_path: Path, depth: tuple[str, ...]
) -> None:
    squash(gated)
    clone = cloned(gated, tmp_path / "clone", *depth)

    asyncio.run(clone.promote(SECOND))

    assert serves(clone) == SECOND.digest


def test_a_clone_without_the_branch_says_that_it_cannot_name_the_files(gated: Trial, tmp_path: Path) -> None:
    gated.commit("src/code.py", "moved\n")
    squash(gated)
    clone = cloned(gated, tmp_path / "clone", "--depth=1")

    assert "is not in this clone, so which they are cannot be told" in refusal(clone, clone.candidate(SECOND))
