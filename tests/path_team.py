"""Who takes part in the whole path: a bare remote, clones of it, CI runners, and replicas."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.ci_files import jobs
from tests.cli.trial_project import free_port

PROMPT = "prompts/answer.prompt.md"
POINTER = "serving/channels/answers/production.toml"
LONGEST_SECONDS = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder in which somebody types, and their environment."""

    top: Path
    environment: Mapping[str, str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; what it said is shown when the test fails."""
        started = time.monotonic()
        done = subprocess.run(
            words,
            cwd=self.top,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
        told = f"{done.stdout}{done.stderr}".rstrip()
        took = time.monotonic() - started
        sys.stdout.write(f"{self.top.name}$ {shlex.join(words)}    ({took:.1f} s)\n{told}\n")
        return done

    def surefoot(self, *words: str, code: int = 0) -> str:
        """What a command says on its standard output; it must end with this exit code."""
        done = self.run(sys.executable, "-m", "surefoot", *words)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == code, f"surefoot {words}: {done.stdout}{done.stderr}"
        return done.stdout

    def git(self, *words: str) -> str:
        done = self.run("git", *words)
        assert done.returncode == 0, f"git {words}: {done.stderr}"
        return done.stdout.strip()

    def edit(self, old: str, new: str) -> None:
        """Replace words of the prompt."""
        text = (self.top / PROMPT).read_text()
        assert old in text
        (self.top / PROMPT).write_text(text.replace(old, new))

    def production(self) -> str:
        """The release that the pointer of this checkout names."""
        (named,) = re.findall(r'^release = "([0-9a-f]{64})"', (self.top / POINTER).read_text(), re.M)
        return str(named)


class Team:
    """A bare remote, and everybody who has a clone of it; each keeps their state beside their clone."""

    def __init__(self, folder: Path, project: Place) -> None:
        self.folder, self.remote, self.environment = folder, folder / "remote.git", project.environment
        project.git("init", "-q", "--bare", "-b", "main", "--template=", str(self.remote))
        project.git("push", "-q", str(self.remote), "main")
        self.tools = folder / "tools"
        self.tools.mkdir()
        python = shlex.quote(sys.executable)
        for name, line in {"surefoot": f'exec {python} -m surefoot "$@"', "pip": "exit 0"}.items():
            (self.tools / name).write_text(f"#!/bin/sh\n{line}\n")
            (self.tools / name).chmod(0o755)

    def place(self, name: str, **variables: str) -> Place:
        """A folder's commands with a state directory of their own."""
        state = {"SUREFOOT_FOLDERS_STATE": str(self.folder / f"state-of-{name}")}
        return Place(top=self.folder / name, environment={**self.environment, **state, **variables})

    def clone(self, name: str) -> Place:
        """Somebody's clone of the remote."""
        place = self.place(name)
        subprocess.run(["git", "clone", "-q", str(self.remote), str(place.top)], check=True)
        place.git("config", "user.name", f"The {name}")
        place.git("config", "user.email", f"{name}@localhost")
        return place

    def main(self) -> str:
        """The commit that main is at."""
        return self.place("remote.git").git("rev-parse", "main")

    def job(self, name: str, runner: Place) -> list[subprocess.CompletedProcess[str]]:
        """Run the lines of a job of the GitHub workflows in a runner's clone, each in a shell of its own."""
        path = {"PATH": f"{self.tools}:{os.environ['PATH']}", "XDG_CONFIG_HOME": str(self.folder)}
        told = {"GITHUB_BASE_REF": "main", "GITHUB_REF_NAME": "main", "GITHUB_STEP_SUMMARY": os.devnull}
        shell = Place(top=runner.top, environment={**runner.environment, **path, **told})
        return [shell.run("bash", "-e", "-c", line) for line in jobs("github")[name]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """A running `surefoot serve`."""

    name: str
    url: str
    log: Path
    process: "subprocess.Popen[bytes]"

    def answers_by(self, release: str, question: str) -> dict[str, object]:
        """Its first answer by this release, which it must come to by itself."""
        self._eventually(lambda: self._get("/readyz").status_code == 200, "is ready")
        self._eventually(lambda: release in self._get("/v1/releases").text, f"serves {release}")
        reply = httpx.post(self.url + "/v1/answers", json={"question": question}, timeout=LONGEST_SECONDS)
        assert reply.status_code == 200, reply.text
        answer: dict[str, object] = reply.json()
        assert answer["release"] == release
        return answer

    def _eventually(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + 60
        while not self._holds(holds):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, f"the {self.name} still not {what}: {self.log.read_text()}"
            time.sleep(0.05)

    def _holds(self, holds: Callable[[], bool]) -> bool:
        try:
            return holds()
        except httpx.TransportError:
            return False

    def _get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=10)


@contextmanager
def serving(place: Place, *words: str) -> Iterator[Replica]:
    """A replica, until the end of the block; it must end by itself when asked to."""
    port = free_port()
    log = place.top.parent / f"log-of-{place.top.name}"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "surefoot", "serve", "--port", str(port), *words],
            cwd=place.top,
            env=dict(place.environment),
            stdout=file,
            stderr=file,
        )
    try:
        yield Replica(name=place.top.name, url=f"http://127.0.0.1:{port}", log=log, process=process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
