"""A small project on the real model, in a Git repository of its own, guarded by the suite `smoke`."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from .conftest import TOP, House, eventually

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
    """A checkout of it. `url` is where its own service listens once it is started."""

    top: Path
    url: str
    environment: Mapping[str, str]

    def surefoot(self, *words: str, code: int = 0) -> str:
        """What a command printed on its standard output; it must end with this exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "surefoot", *words],
            cwd=self.top,
            env=dict(self.environment),
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


def write_project(top: Path, house: House, port: int) -> Smoke:
    """Write the project and commit it. Its model is the house's vLLM, its state lies beside it."""
    if not house.ready():  # a test before may have left it down
        house.surefoot("up", "--question", "At what temperature does valve 3 open?")
    chat_url = f"http://127.0.0.1:{house.environment['SUREFOOT_CHAT_PORT']}"
    shutil.copytree(TOP / "evals" / "smoke", top / "evals" / "smoke")
    shutil.copyfile(TOP / "evals" / "ragas.lock", top / "evals" / "ragas.lock")
    shutil.copytree(TOP / "prompts", top / "prompts")
    prompt = (top / PROMPT).read_text()
    (top / PROMPT).write_text(re.sub(r"(?m)^suites: .*$", "suites: [smoke]", prompt))
    models = (TOP / "serving/models.toml").read_text().replace('same_as = "chat"', 'same_as = "small"')
    for name, text in {
        "apps/answers.toml": APP.format(question=QUESTION),
        "recipes/short.toml": RECIPE,
        "corpora/smoke.toml": 'schema = 1\n[[sources]]\npath = "evals/smoke/corpus"\n',
        "settings.toml": SETTINGS.format(port=port, chat_url=chat_url),
        "models.toml": models,
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
            "SUREFOOT_FOLDERS_STATE": str(top.parent / "state"),
        },
    )
    project.git("init", "-q", "-b", "main")
    project.git("config", "user.name", "journey")
    project.git("config", "user.email", "journey@localhost")
    project.git("add", "-A")
    project.git("commit", "-qm", "A project")
    return project
