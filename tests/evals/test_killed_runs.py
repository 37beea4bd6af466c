import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.evals.asking import FINGERPRINT, PROJECT, question_in
from tests.evals.killed_runs import CASES, CONCURRENCY
from tests.fakes.answering import MANIFEST
from tests.fakes.model_server import FakeModelServer, running_model_server

from surefoot.evals.kept_responses import KeptResponses
from surefoot.evals.running import response_key
from surefoot.records import Message


class Server:
    """A model server that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fake = FakeModelServer(answer=self._answer)

    def _answer(self, messages: Sequence[Message]) -> str:
        self.asked.append(question_in(messages))
        return f"The answer to {self.asked[-1]} is here [1]."


class Driver:
    """The process that runs, is killed, and runs again."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, *, die_at: int) -> dict[str, object] | None:
        """What a whole run said, or None for one that was killed."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{die_at}\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        assert said, "the driver died: see its standard error"
        value: dict[str, object] | None = json.loads(said)
        return value


@contextmanager
def driving(folder: Path, server: Server) -> Iterator[Driver]:
    command = [sys.executable, "-m", "tests.evals.killed_runs", str(folder), server.fake.url]
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Driver(process)
        assert process.stdin is not None
        process.stdin.close()


def kept_questions(folder: Path) -> set[str]:
    kept = KeptResponses(folder)
    found = {
        case.question
        for case in CASES
        if kept.get(response_key(release=MANIFEST.digest, model_fingerprint=FINGERPRINT, case=case, repeat=0))
    }
    assert kept.damaged == 0
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_killed_at_random_goes_on_where_it_was_and_ends_the_same(tmp_path: Path, seed: int) -> None:
    undisturbed, disturbed = Server(), Server()
    with running_model_server(undisturbed.fake), driving(tmp_path / "whole", undisturbed) as driver:
        whole = driver.run(die_at=0)
    assert whole is not None and Counter(undisturbed.asked) == {case.question: 1 for case in CASES}
    steps = whole["steps"]
    assert isinstance(steps, int)

    luck, kills = random.Random(seed), 0
    folder = tmp_path / "killed"
    with running_model_server(disturbed.fake), driving(folder, disturbed) as driver:
        for _ in range(12):
            done, before = kept_questions(folder), len(disturbed.asked)
            ended = driver.run(die_at=luck.randint(1, steps // 3))
            assert set(disturbed.asked[before:]) & done == set()
            kills += ended is None
        last = driver.run(die_at=0)

    assert last is not None and last["responses"] == whole["responses"]
    assert kills >= 3
    # A kill costs what was in flight, and nothing that was answered before.
    assert len(disturbed.asked) <= len(CASES) + kills * CONCURRENCY
    assert max(Counter(disturbed.asked).values()) <= 1 + kills
    assert kept_questions(folder) == {case.question for case in CASES}
