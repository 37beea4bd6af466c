"""A trial project whose model reads gauges, in a Git repository, guarded by a suite of its own."""

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.cli.trial_project import Trial, trial_project

from surefoot.records import Message

GAUGES = range(1, 25)
PROMPT = "prompts/answer.prompt.md"
RULES = "prompts/_house-rules.md"
# With these words in its prompt the model says what no passage does.
SPOILT = "- Round every number to the next thousand."
SUITE = """schema = 1
app = "answers"
[[rules]]
metric = "answer_overlap"
margin = 0.1
floor = 0.5
[[rules]]
metric = "evidence_recall"
margin = 0.1
floor = 0.5
[[invariants]]
metric = "finishes"
at_least = 1.0
[[advisory]]
metric = "citations_valid"
margin = 0.1
"""


def read_gauge(messages: Sequence[Message]) -> str:
    """The answer of a model that finds the gauge among the passages, and cites it."""
    asked = re.search(r"Question: .*gauge (\d+)\b", messages[-1].content)
    if asked is None:
        return "The documents do not say."
    pressure = re.search(rf"Gauge {asked[1]} stands at (\d+) bar", messages[-1].content)
    if pressure is None:
        return "The documents do not say."
    if SPOILT in messages[0].content:
        return "About a thousand, more or less."
    return f"Gauge {asked[1]} stands at {pressure[1]} bar [1]."


def question(gauge: int) -> str:
    return f"What does gauge {gauge} say?"


def case(gauge: int) -> dict[str, object]:
    return {
        "id": f"gauge-{gauge}",
        "kind": "single",
        "cluster": f"gauge-{gauge}.md",
        "question": question(gauge),
        "reference": f"Gauge {gauge} stands at {gauge}7 bar.",
        "facts": [[{"source": f"gauge-{gauge}.md", "quote": f"Gauge {gauge} stands at {gauge}7 bar."}]],
        "tags": ["gauges"],
    }


def guard(top: Path, suite: str, gauges: Iterable[int]) -> None:
    """Give a project a suite of cases, and put it under Git, with nothing committed yet."""
    folder = top / "evals" / suite
    folder.mkdir(parents=True)
    (folder / "suite.toml").write_text(SUITE)
    (folder / "cases.jsonl").write_text("".join(json.dumps(case(gauge)) + "\n" for gauge in gauges))
    (top / ".gitignore").write_text(".surefoot/\ncache/\n*.log\n")
    git(top, "init", "-q", "-b", "main")
    git(top, "config", "user.name", "keeper")
    git(top, "config", "user.email", "keeper@localhost")


@contextmanager
def gauge_project(top: Path) -> Iterator[Trial]:
    """The project, committed; nothing of it is in production yet."""
    with trial_project(top) as trial:
        trial.chat.answer = read_gauge
        for paper in (top / "papers").iterdir():
            paper.unlink()
        for gauge in GAUGES:
            text = f"# Gauge {gauge}\n\nGauge {gauge} stands at {gauge}7 bar. It is read at noon.\n"
            (top / "papers" / f"gauge-{gauge}.md").write_text(text)
        guard(top, "gauges", GAUGES)
        prompt = (top / PROMPT).read_text()
        (top / PROMPT).write_text(re.sub(r"(?m)^suites: .*$", "suites: [gauges]", prompt))
        commit(top, "A project")
        yield trial


def git(top: Path, *words: str) -> str:
    """What a git command printed."""
    done = subprocess.run(["git", *words], cwd=top, check=True, capture_output=True, text=True)
    return done.stdout


def commit(top: Path, message: str) -> None:
    """Commit everything there is."""
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", message)


def reword(top: Path, words: str) -> None:
    """Add a line to the house rules, and commit it."""
    with (top / RULES).open("a") as file:
        file.write(f"{words}\n")
    commit(top, f"House rules: {words}")
