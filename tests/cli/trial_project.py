"""A small project in a folder of its own, and its commands as the processes a person would start."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from tests.fakes.model_server import FakeModelServer, running_model_server

REPOSITORY = Path(__file__).parents[2]
QUESTION = "At what temperature does valve 3 open?"
ANSWER = "Valve 3 opens at 33 degrees [1]."
LONGEST_SECONDS = 60.0
SETTINGS = """schema = 1
[service]
port = {port}
[chat]
url = "{chat_url}"
model = "trial-chat"
retries = 0
probe_seconds = 0.2
[embedder]
url = "{embedder_url}"
model = "hashed-words"
dimensions = 64
[traces]
flush_seconds = 0.05
"""
APP = """schema = 1
prompt = "answer"
corpus = "papers"
recipe = "default"
model = "chat"
pipeline = "answers"
abstention = "The documents do not say."
example = "At what temperature does valve 3 open?"
"""
PAPERS = {
    "valves.md": "# Valves\n\nValve 3 opens at a temperature of 33 degrees. Valve 4 opens at 44 degrees.\n",
    "seals.txt": "Spare seals are kept in the cellar, on the shelf beside the door.\n",
    "keepers.html": "<h1>Keepers</h1><p>A keeper reads every gauge at noon and writes it down.</p>\n",
}


def free_port() -> int:
    """A port of loopback that nobody listened at a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"after {LONGEST_SECONDS:.0f} seconds still not: {what}"
        time.sleep(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running `surefoot serve`."""

    url: str
    log: Path
    pid: int

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        os.kill(self.pid, number)

    def not_ready(self) -> str:
        """What /readyz says is missing; empty when nothing is."""
        reply = httpx.get(self.url + "/readyz")
        return "" if reply.status_code == 200 else reply.text

    def ask(self) -> httpx.Response:
        """The reply to the question."""
        return httpx.post(self.url + "/v1/answers", json={"question": QUESTION}, timeout=LONGEST_SECONDS)

    def eventually_ready(self) -> None:
        """Wait until nothing is missing."""
        eventually(lambda: self.not_ready() == "", f"{self.url} is ready")

    def eventually_misses(self, words: str) -> None:
        """Wait until /readyz names these words among what is missing."""
        eventually(lambda: words in self.not_ready(), f"{self.url} says that it misses {words!r}")

    def eventually_lacks(self, words: str) -> None:
        """Wait until /readyz names these words no more."""
        eventually(lambda: words not in self.not_ready(), f"{self.url} no more says {words!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A project with a model server and an embeddings server that stand in its settings."""

    top: Path
    port: int
    chat: FakeModelServer
    embedder: FakeModelServer
    environment: Mapping[str, str]

    @property
    def url(self) -> str:
        """Where its service is, once it runs."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def state(self) -> Path:
        """Its state directory."""
        return self.top / ".surefoot"

    def told(self, variables: Mapping[str, str]) -> "Trial":
        """The same project with more in the environment."""
        return replace(self, environment={**self.environment, **variables})

    def command(self, *words: str) -> list[str]:
        """The command line of `surefoot` with these words."""
        return [sys.executable, "-m", "surefoot", *words]

    def run(self, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*words),
            cwd=folder or self.top,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )

    def said(self, *words: str) -> str:
        """What a command prints that must succeed."""
        done = self.run(*words)
        assert done.returncode == 0, f"surefoot {words}: {done.stdout}{done.stderr}"
        return done.stdout

    def refused(self, *words: str, folder: Path | None = None) -> tuple[int, str]:
        """Exit code and words of a command that must fail: what was wrong, what to do, no traceback."""
        done = self.run(*words, folder=folder)
        told = done.stdout + done.stderr
        assert "Traceback" not in told, told
        assert "error: " in done.stderr, told
        assert "to mend it: " in done.stderr, told
        return done.returncode, done.stderr

    def process(self) -> int:
        """The process id of the service that `surefoot up` started."""
        record = json.loads((self.state / "run" / "service.json").read_text())
        return int(record["pid"])

    @contextmanager
    def serving(self, *words: str) -> Iterator[Served]:
        """`surefoot serve` until the end of the block; it must end by itself when asked to."""
        port = free_port()
        log_file = self.top / f"serve-{port}.log"
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                self.command("serve", "--port", str(port), *words),
                cwd=self.top,
                env=dict(self.environment),
                stdout=log,
                stderr=log,
            )
        served = Served(url=f"http://127.0.0.1:{port}", log=log_file, pid=process.pid)
        try:
            eventually(lambda: _answers(served, process), "the service answers")
            yield served
            process.send_signal(signal.SIGTERM)
            assert process.wait(LONGEST_SECONDS) == 0, served.log.read_text()
            assert [*(self.state / "scratch").glob(f"*{process.pid}-*")] == [], "it left scratch copies"
        finally:
            process.kill()
            process.wait()


def _answers(served: Served, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, served.log.read_text()
    try:
        return httpx.get(served.url + "/healthz").status_code == 200
    except httpx.TransportError:
        return False


def answer(_: object) -> str:
    """What the model server of a trial answers to every question."""
    return ANSWER


def write_project(top: Path, settings: str) -> None:
    """A project's files: one app over a few papers, with the repository's own prompts and models."""
    (top / "serving" / "apps").mkdir(parents=True)
    (top / "serving" / "corpora").mkdir()
    (top / "serving" / "settings.toml").write_text(settings)
    (top / "serving" / "apps" / "answers.toml").write_text(APP)
    (top / "serving" / "corpora" / "papers.toml").write_text('schema = 1\n[[sources]]\npath = "papers"\n')
    shutil.copy(REPOSITORY / "serving" / "models.toml", top / "serving")
    shutil.copytree(REPOSITORY / "serving" / "recipes", top / "serving" / "recipes")
    shutil.copytree(REPOSITORY / "prompts", top / "prompts")
    (top / "papers").mkdir()
    for name, text in PAPERS.items():
        (top / "papers" / name).write_text(text)


@contextmanager
def trial_project(top: Path) -> Iterator[Trial]:
    """A project without an index, its two servers running."""
    chat = FakeModelServer(names=("trial-chat",), answer=answer)
    embedder = FakeModelServer(names=("hashed-words",))
    with running_model_server(chat), running_model_server(embedder):
        port = free_port()
        write_project(top, SETTINGS.format(port=port, chat_url=chat.url, embedder_url=embedder.url))
        environment = {**os.environ, "XDG_CACHE_HOME": str(top / "cache"), "COLUMNS": "200"}
        yield Trial(top=top, port=port, chat=chat, embedder=embedder, environment=environment)
