"""Killed at any point, production is the old release or the new one, whole; doing it again finishes it."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from tests.releases.examples import PROJECT
from tests.releases.killed_moves import move
from tests.releases.repositories import FIRST, SECOND, THIRD, Trial, new_trial, serves

from surefoot.errors import RefusedError
from surefoot.releases.channels import parse_channel
from surefoot.releases.git import open_repository


@pytest.mark.parametrize("action", ["promote", "rollback"])
def test_a_move_killed_at_any_step_leaves_old_or_new_and_is_finished_by_the_next(
    tmp_path: Path, action: str
) -> None:
    ready = new_trial(tmp_path / "ready")
    asyncio.run(ready.released(FIRST, None))
    ready.gated(SECOND, FIRST.digest)
    if action == "rollback":
        asyncio.run(ready.promote(SECOND))
    (ready.project / "notes.txt").write_text("staged by somebody\n")
    ready.git("add", "notes.txt")
    old, new = (FIRST, SECOND) if action == "promote" else (SECOND, FIRST)
    (tmp_path / "copies").mkdir()

    driver = [sys.executable, "-m", "tests.releases.killed_moves", action]
    subprocess.run([*driver, str(ready.project), str(tmp_path / "copies")], check=True, cwd=PROJECT)

    copies = [Trial(project=copy) for copy in sorted((tmp_path / "copies").iterdir())]
    after_the_kill = [serves(trial) for trial in copies]
    committed = [what_is_committed(trial) for trial in copies]
    # Old for a while, then new, and never back; the commit follows the pointer.
    for seen in (after_the_kill, committed):
        assert seen[0] == old.digest and seen[-1] == new.digest
        assert seen == sorted(seen, key=[old.digest, new.digest].index)
    assert after_the_kill.count(new.digest) > committed.count(new.digest) > 0
    for trial in copies:
        finish(trial, action, new.digest)
        assert serves(trial) == what_is_committed(trial) == new.digest
        assert trial.git("status", "--porcelain") == "A  notes.txt\n"
        assert [*trial.place.promoted.glob(".writing*")] == []
        assert len(trial.git("log", "--format=%h", f"{ready.head()}..").split()) == 1


def what_is_committed(trial: Trial) -> str:
    content = open_repository(trial.project).committed(trial.pointer)
    assert content is not None
    return parse_channel(content, trial.pointer).release


def finish(trial: Trial, action: str, goal: str) -> None:
    """Do it again, as a person does who saw it die. A rollback that was whole has nothing before it."""
    try:
        move(action, trial)
    except RefusedError as refused:
        assert action == "rollback" and goal in refused.message and "nothing before" in refused.message


def test_of_two_promotions_at_once_one_wins_and_the_other_hears_why(tmp_path: Path) -> None:
    trial = new_trial(tmp_path / "repository")
    asyncio.run(trial.released(FIRST, None))
    trial.gated(SECOND, FIRST.digest)
    trial.gated(THIRD, FIRST.digest)
    script = (
        "import asyncio, sys\nfrom pathlib import Path\n"
        "from tests.releases.repositories import SECOND, THIRD, Trial\n"
        "from surefoot.errors import RefusedError\n"
        "trial, which = Trial(project=Path(sys.argv[1])), {'2': SECOND, '3': THIRD}[sys.argv[2]]\n"
        "print('ready', flush=True)\nsys.stdin.readline()\n"
        "try:\n    asyncio.run(trial.promote(which))\n"
        "except RefusedError as error:\n    sys.exit(str(error))\n"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(trial.project), which],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for which in "23"
    ]
    for process in both:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    said = []
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        _, error = process.communicate(timeout=60)
        said.append((process.returncode, error))

    (won, _), (lost, why) = sorted(said)
    assert (won, lost) == (0, 1)
    assert f"production has moved from {FIRST.digest} to {serves(trial)} since" in why
    assert trial.git("status", "--porcelain") == ""
    assert len(trial.git("log", "--format=%h", "--grep=^Promote").split()) == 2
