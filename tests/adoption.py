"""The six commands from an empty environment to the first gated pull request, typed and timed."""

import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

DOCUMENTS = {
    "deploying.md": """# Deploying Marrow

## Before you deploy

Every deploy of Marrow starts from a green build of the main branch. The release manager announces it in the
channel `#marrow-ops` at least 30 minutes before.

## Rolling out

The rollout goes to one server first and stays there for 15 minutes. If the error rate stays below 0.5
percent, the other servers follow in batches of four.

## Rolling back

Run `marrowctl rollback` on the gateway. A rollback takes about two minutes and keeps all queued jobs.
""",
    "backups.md": """# Backups

Backups of the database run every night at 02:30 UTC. They are kept for 35 days in the bucket
`marrow-backups`.

## Restoring

A restore needs two people: one who runs it and one who checks the result. Restores are practised on the first
Monday of each quarter.
""",
    "on-call.md": """# On call

The on-call week starts on Wednesday at 10:00. Whoever is on call answers a page within 15 minutes.
""",
}
PROMPT = "prompts/answer.prompt.md"
CITE = ", and end each with the number of the passage it comes from, in square brackets."


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A command as it was typed, what it printed, and how long it took."""

    line: str
    printed: str
    seconds: float


@dataclass(slots=True, kw_only=True)
class Terminal:
    """A shell in a repository, with the environment active that surefoot gets installed into."""

    top: Path
    variables: Mapping[str, str]
    typed: list[Typed] = field(default_factory=list)

    def type(self, line: str, *, code: int = 0) -> str:
        """Run a command line that counts; what it printed. It must end with `code`."""
        began = time.monotonic()
        printed = self.run_aside(line, code=code)
        self.typed.append(Typed(line=line, printed=printed, seconds=time.monotonic() - began))
        return printed

    def run_aside(self, line: str, *, code: int = 0) -> str:
        """Run a command line that is not part of the way; what it printed. It must end with `code`."""
        done = self._run(line)
        printed = done.stdout + done.stderr
        sys.stdout.write(f"$ {line}\n{printed}\n")
        assert done.returncode == code, f"{line} ended with {done.returncode}: {printed}"
        return printed

    def git(self, *words: str) -> str:
        """What a git command of an author's everyday printed; it does not count."""
        return self.run_aside(shlex.join(("git", *words)))

    def edit(self, branch: str, old: str, new: str) -> None:
        """A pull request's branch, from main: words of the prompt replaced everywhere, and committed."""
        self.git("switch", "-q", "-c", branch, "main")
        text = (self.top / PROMPT).read_text()
        assert old in text
        (self.top / PROMPT).write_text(text.replace(old, new))
        self.git("commit", "-qam", branch)

    @property
    def seconds(self) -> float:
        """How long the commands that count took in all."""
        return sum(one.seconds for one in self.typed)

    def times(self) -> str:
        """Each command that counted, with its time."""
        lines = [f"{one.seconds:7.1f} s  {one.line}" for one in self.typed]
        return "\n".join([*lines, f"{self.seconds:7.1f} s  in all, {len(self.typed)} commands"])

    def _run(self, line: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "-c", line],
            cwd=self.top,
            env=dict(self.variables),
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )


def somebodys_repository(top: Path, variables: Mapping[str, str]) -> Terminal:
    """A Git repository with some Markdown, whose authors have not heard of surefoot."""
    for name, text in DOCUMENTS.items():
        (top / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        (top / "docs" / name).write_text(text)
    (top / "README.md").write_text("# Marrow\n\nThe team's service.\n")
    terminal = Terminal(top=top, variables=variables)
    terminal.git("init", "-q", "-b", "main")
    terminal.git("config", "user.name", "somebody")
    terminal.git("config", "user.email", "somebody@localhost")
    terminal.git("add", "-A")
    terminal.git("commit", "-qm", "Marrow")
    return terminal


def adopt(terminal: Terminal, install: str, endpoints: str) -> str:
    """From nothing to the verdict on a first pull request, in six commands; what the last one printed."""
    terminal.type(install)
    terminal.type(f"surefoot init {endpoints}")
    terminal.type("git add -A && git commit -qm 'Add surefoot'")
    terminal.type("surefoot gate run --against founding")
    terminal.type("surefoot release promote")
    terminal.edit("friendlier", "of documents.", "of the team's documents.")
    return terminal.type("surefoot gate run")
