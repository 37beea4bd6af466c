"""A project with one suite over a few papers, and `surefoot eval cases` in it, within the test's process."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.cli.trial_project import PAPERS, SETTINGS, write_project
from typer.testing import CliRunner

from surefoot.cli import app

VALVE = "Valve 3 opens at a temperature of 33 degrees."
SUITE = """schema = 1
app = "answers"
[[invariants]]
metric = "finishes"
at_least = 1.0
"""
CASE: Mapping[str, object] = {
    "id": "valve-3",
    "kind": "single",
    "cluster": "valves.md",
    "question": "At what temperature does valve 3 open?",
    "reference": "At 33 degrees.",
    "facts": [[{"source": "valves.md", "quote": VALVE}]],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseProject:
    """The project's folder; `evals/answers` is its suite."""

    top: Path

    @property
    def cases(self) -> Path:
        """The suite's cases."""
        return self.top / "evals" / "answers" / "cases.jsonl"

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        (self.top / name).parent.mkdir(parents=True, exist_ok=True)
        (self.top / name).write_text(text, encoding="utf-8")

    def run(self, *words: str) -> tuple[int, str, str]:
        """Exit code, output and errors of `surefoot eval cases` with these words."""
        before = Path.cwd()
        os.chdir(self.top)
        try:
            done = CliRunner().invoke(app, ["eval", "cases", *words])
        finally:
            os.chdir(before)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout, done.stderr

    def said(self, *words: str) -> str:
        """What a command prints that succeeds."""
        code, told, wrong = self.run(*words)
        assert code == 0, told + wrong
        return told

    def refused(self, *words: str) -> str:
        """What a command says that refuses what is asked."""
        code, told, wrong = self.run(*words)
        assert code == 2, told + wrong
        assert "to mend it: " in wrong
        return wrong

    def lines(self) -> list[dict[str, object]]:
        """The cases as they are written."""
        return [json.loads(line) for line in self.cases.read_text(encoding="utf-8").splitlines()]


def case_project(top: Path) -> CaseProject:
    """The project with one case."""
    top.mkdir()
    write_project(
        top, SETTINGS.format(port=1, chat_url="http://127.0.0.1:1", embedder_url="http://127.0.0.1:1")
    )
    assert VALVE in PAPERS["valves.md"]
    project = CaseProject(top=top)
    project.write("evals/answers/suite.toml", SUITE)
    project.write("evals/answers/cases.jsonl", json.dumps(CASE) + "\n")
    return project
