"""What commands print reaches every reader whole, and steers no terminal."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from tests.cli.prompting import ANSWER, folder
from typer.testing import CliRunner

from surefoot.cli import app

LOCALES = (
    {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    {"PYTHONIOENCODING": "latin-1"},
)


def printed(
    top: Path, *words: str, locale: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[bytes]":
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG"))}
    command = [sys.executable, "-m", "surefoot", "prompt", *words]
    return subprocess.run(command, cwd=top, env={**kept, **(locale or {})}, capture_output=True, timeout=60)


@pytest.mark.parametrize("locale", LOCALES, ids=["POSIX", "latin-1"])
def test_a_pipe_gets_utf_8_whatever_the_locale(tmp_path: Path, locale: dict[str, str]) -> None:
    text = ANSWER.replace("Answer from passages", "Réponses — 答え").replace("suites: [answers]\n", "")
    project = folder(tmp_path).write({"prompts/answer.prompt.md": text.replace("Question:", "質問:")})
    done = printed(project.top, "render", "answer", locale=locale)
    assert done.returncode == 0, done.stderr
    assert "質問: How long is a backup kept?" in done.stdout.decode()
    shown = printed(project.top, "show", "answer", "--json", locale=locale)
    assert json.loads(shown.stdout)["description"] == "Réponses — 答え"


def test_an_error_that_quotes_a_hostile_path_steers_no_terminal(tmp_path: Path) -> None:
    project = folder(tmp_path / "a\x1b[2Jb\udcff")
    done = printed(project.top, "history", "answer")
    assert done.returncode == 2 and b"pipeline is missing" in done.stderr
    assert b"\x1b" not in done.stderr and done.stderr.decode()


def test_the_version_is_printed_alone() -> None:
    done = CliRunner().invoke(app, ["--version"])
    assert done.exit_code == 0 and done.stdout == f"surefoot {version('surefoot')}\n"
