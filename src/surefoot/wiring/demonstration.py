"""The demo's copy of a project: a clone to make commits in, its own state, and the model server that runs."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import ServiceError, SettingsError
from surefoot.files import replace_file
from surefoot.wiring.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A clone of the project. `top` is its folder, `url` where its service will listen."""

    top: Path
    state: Path
    url: str
    environment: Mapping[str, str]

    def write(self, name: str, text: str) -> None:
        """Replace one file of the clone."""
        replace_file(self.top / name, text.encode())

    def read(self, name: str) -> str:
        """One file of the clone."""
        return (self.top / name).read_text(encoding="utf-8")

    def git(self, *words: str) -> str:
        """What a git command printed. ServiceError with its words when it failed."""
        return _git(self.top, *words)

    def commit(self, message: str) -> None:
        """Commit every change."""
        self.git("commit", "--quiet", "--all", "--message", message)

    def surefoot(self, *words: str) -> int:
        """Run a command as a person would in the clone, its output passed through: the exit code."""
        return subprocess.run(  # noqa: S603 - our own command
            (sys.executable, "-m", "surefoot", *words), cwd=self.top, env=self.environment, check=False
        ).returncode

    def said(self, *words: str) -> str:
        """What a command printed."""
        return subprocess.run(  # noqa: S603 - our own command
            (sys.executable, "-m", "surefoot", *words),
            cwd=self.top,
            env=self.environment,
            check=False,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def start_service(self) -> "subprocess.Popen[bytes]":
        """The clone's own service, its log beside its state."""
        with (self.state / "service.log").open("wb") as log:
            return subprocess.Popen(
                (sys.executable, "-m", "surefoot", "serve"),
                cwd=self.top,
                env=self.environment,
                stdout=log,
                stderr=log,
            )


def copy_of(project: Project) -> Copy:
    """Clone what is committed, and share the snapshots and the model server that are there.

    Raises SettingsError when the project is no Git repository, or has no production release to compare with.
    """
    folder = project.settings.folders.state / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    top, state = folder / "project", folder / "state"
    state.mkdir(parents=True)
    repository = Path(_git(project.top, "rev-parse", "--show-toplevel").strip())
    _git(project.top, "clone", "--quiet", "--no-hardlinks", str(repository), str(top))
    _git(top, "config", "user.name", "surefoot demo")
    _git(top, "config", "user.email", "demo@localhost")
    if project.snapshots.is_dir():
        shutil.copytree(project.snapshots, state / "snapshots")
    port = _free_port()
    return Copy(
        top=top / project.top.resolve().relative_to(repository.resolve()),
        state=state,
        url=f"http://127.0.0.1:{port}",
        environment={
            **os.environ,
            "SUREFOOT_FOLDERS_STATE": str(state),
            "SUREFOOT_SERVICE_PORT": str(port),
            "SUREFOOT_CHAT_URL": project.chat_url(),
        },
    )


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, no shell
            ("git", *words),  # noqa: S607
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise SettingsError("git is not installed", remedy="install git: the demo works in a clone") from None
    if done.returncode != 0:
        words_said = done.stderr.strip() or done.stdout.strip()
        raise ServiceError(
            f"git {' '.join(words[-3:])} failed: {words_said}",
            remedy="run the demo in a Git repository with at least one commit",
        )
    return done.stdout


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
