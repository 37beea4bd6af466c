"""A small project on the real model: founded, an edit refused, another one promoted and taken back."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from .conftest import TOP, House, eventually, free_port

pytestmark = [pytest.mark.journey, pytest.mark.timeout(1800)]

PROMPT = "prompts/answer.prompt.md"
CITE = ", and end each with the number of the passage it comes from, in square brackets."
QUESTION = "How high is the tower?"
APP = """schema = 1
prompt = "answer"
corpus = "smoke"
recipe = "short"
model = "small"
pipeline = "answers"
abstention = "The documents do not say."
example = "{question}"
"""
RECIPE = """schema = 1
[chunking]
limit_words = 60
minimum_words = 20
overlap_words = 10
[search]
limit = 2
"""
SETTINGS = """schema = 1
[service]
port = {port}
[chat]
url = "{chat_url}"
alias = "small"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoke:
    """A Git repository with a project of its own, guarded by the suite `smoke`."""

    top: Path
    url: str
    environment: dict[str, str]

    def surefoot(self, *words: str, code: int = 0) -> str:
        """What a command printed on its standard output; it must end with this exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "surefoot", *words],
            cwd=self.top,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=1500,
        )
        sys.stdout.write(f"$ surefoot {' '.join(words)}\n{done.stdout}{done.stderr}")
        assert done.returncode == code, f"surefoot {words} ended with {done.returncode}, not {code}"
        return done.stdout

    def git(self, *words: str) -> str:
        return subprocess.run(
            ["git", "-c", "user.name=journey", "-c", "user.email=journey@localhost", *words],
            cwd=self.top,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def edit(self, old: str, new: str) -> None:
        """Replace words of the prompt, and commit."""
        text = (self.top / PROMPT).read_text()
        assert old in text
        (self.top / PROMPT).write_text(text.replace(old, new))
        self.git("commit", "-qam", f"Edit: {new or 'less'}")

    def production(self) -> str:
        """The release that the channel names."""
        channel = (self.top / "serving/channels/answers/production.toml").read_text()
        named = re.search(r'release = "([0-9a-f]{64})"', channel)
        assert named is not None
        return named[1]

    def ask_until_served(self, release: str) -> dict[str, object]:
        """The answer of that release, once the service has taken it up."""
        answers: list[dict[str, object]] = []

        def answered() -> bool:
            reply = httpx.post(self.url + "/v1/answers", json={"question": QUESTION}, timeout=600)
            assert reply.status_code == 200, reply.text
            answers.append(reply.json())
            return answers[-1]["release"] == release

        eventually(answered, seconds=60, what=f"{release} answers")
        return answers[-1]


@pytest.fixture(scope="module")
def smoke(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Smoke]:
    """The project, committed, over the house's vLLM; its own service is started by the first promotion."""
    if not house.ready():  # a test before may have left it down
        house.surefoot("up", "--question", "At what temperature does valve 3 open?")
    folder = tmp_path_factory.mktemp("smoke")
    top = folder / "project"
    port = free_port()
    chat_url = f"http://127.0.0.1:{house.environment['SUREFOOT_CHAT_PORT']}"
    shutil.copytree(TOP / "evals" / "smoke", top / "evals" / "smoke")
    shutil.copyfile(TOP / "evals" / "ragas.lock", top / "evals" / "ragas.lock")
    shutil.copytree(TOP / "prompts", top / "prompts")
    prompt = (top / PROMPT).read_text()
    (top / PROMPT).write_text(re.sub(r"(?m)^suites: .*$", "suites: [smoke]", prompt))
    for name, text in {
        "apps/answers.toml": APP.format(question=QUESTION),
        "recipes/short.toml": RECIPE,
        "corpora/smoke.toml": 'schema = 1\n[[sources]]\npath = "evals/smoke/corpus"\n',
        "settings.toml": SETTINGS.format(port=port, chat_url=chat_url),
        "models.toml": (TOP / "serving/models.toml")
        .read_text()
        .replace('same_as = "chat"', 'same_as = "small"'),
    }.items():
        (top / "serving" / name).parent.mkdir(parents=True, exist_ok=True)
        (top / "serving" / name).write_text(text)
    closed = {name: value for name, value in house.environment.items() if not name.startswith("SUREFOOT_")}
    project = Smoke(
        top=top,
        url=f"http://127.0.0.1:{port}",
        environment={
            **closed,
            "SUREFOOT_TEST_REFUSALS": str(house.refusals),
            "SUREFOOT_FOLDERS_STATE": str(folder / "state"),
        },
    )
    project.git("init", "-q", "-b", "main")
    project.git("config", "user.name", "journey")
    project.git("config", "user.email", "journey@localhost")
    project.git("add", "-A")
    project.git("commit", "-qm", "A project")
    try:
        yield project
    finally:
        project.surefoot("down")


def test_a_change_is_refused_and_another_one_promoted_and_taken_back(house: House, smoke: Smoke) -> None:
    founded = smoke.surefoot("gate", "run", "--against", "founding")
    assert "PASS" in founded
    smoke.surefoot("release", "promote")
    first = smoke.production()
    assert first in smoke.git("log", "-1", "--format=%B")
    smoke.surefoot("up")
    assert smoke.ask_until_served(first)["citations"]

    smoke.edit(CITE, ".")
    refused = smoke.surefoot("gate", "run", code=1)
    assert "citations_valid" in refused
    smoke.surefoot("release", "promote", code=4)
    assert smoke.production() == first
    smoke.git("revert", "--no-edit", "HEAD")

    smoke.edit("of documents.", "of a handbook.")
    smoke.surefoot("gate", "run")
    smoke.surefoot("release", "promote")
    second = smoke.production()
    assert second != first
    answer = smoke.ask_until_served(second)
    assert second in smoke.surefoot("trace", "show", "--json", str(answer["id"]))
    assert second in httpx.get(smoke.url + "/metrics").text

    smoke.surefoot("release", "rollback", "--reason", "the journey goes back")
    assert smoke.production() == first
    smoke.ask_until_served(first)
    assert smoke.git("status", "--porcelain") == ""


def test_a_receipt_holds_only_as_it_was_written(smoke: Smoke) -> None:
    receipts = sorted((smoke.top / "serving/releases" / smoke.production() / "receipts").glob("*.json"))
    digest = receipts[0].stem
    assert "holds" in smoke.surefoot("gate", "verify", digest)

    kept = receipts[0].read_bytes()
    forged = kept.replace(b'"value":0.0', b'"value":1.0', 1)
    assert forged != kept
    receipts[0].write_bytes(forged)
    try:
        smoke.surefoot("gate", "verify", digest, code=4)
    finally:
        receipts[0].write_bytes(kept)


def test_the_judged_ragas_metrics_score_two_cases(smoke: Smoke) -> None:
    suite = smoke.top / "evals" / "judged"
    suite.mkdir()
    cases = [json.loads(line) for line in (smoke.top / "evals/smoke/cases.jsonl").read_text().splitlines()]
    two = [case["id"] for case in cases if case["kind"] == "single"][:2]
    metrics = ["faithfulness", "answer_relevancy", "context_precision", "context_recall"]
    named = ", ".join(f'"ragas_{metric}"' for metric in metrics)
    (suite / "suite.toml").write_text(
        f'schema = 1\napp = "answers"\n[cases]\nfrom = "smoke"\nids = {json.dumps(two)}\n'
        '[[rules]]\nmetric = "evidence_recall"\nmargin = 0.2\n'
        f"[judged]\nmetrics = [{named}]\ncases = 2\nmargin = 0.3\n"
    )

    said = json.loads(smoke.surefoot("eval", "run", "--suite", "judged", "--judged", "--json"))

    judged = [said["metrics"][f"ragas_{metric}"] for metric in metrics]
    assert [one["cases"] for one in judged] == [2, 2, 2, 2]
    unscored = sum(sum(one["unscored"].values()) for one in judged)
    assert unscored <= 4, f"a small judge may fail at times, but not at most of it: {judged}"
