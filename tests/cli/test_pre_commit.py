"""The hooks for pre-commit: files it would run them for, and what they do with a good and a bad prompt."""

import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from tests.cli.trial_project import REPOSITORY, SETTINGS, write_project

HOOKS: Mapping[str, Mapping[str, object]] = {
    hook["id"]: hook for hook in yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
}
KEYS = {"id", "name", "description", "entry", "language", "files", "pass_filenames"}
MODULE = "ours/prompts.py"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose prompts are right, and the module of their types."""
    write_project(tmp_path, SETTINGS.format(port=1, chat_url="http://127.0.0.1:1", embedder_url="http://x"))
    for prompt in (tmp_path / "prompts").glob("*.prompt.md"):
        prompt.write_text(re.sub(r"(?m)^suites: .*\n", "", prompt.read_text()))
    (tmp_path / "ours").mkdir()
    done = surefoot(tmp_path, "surefoot prompt stub", "--out", MODULE)
    assert done.returncode == 0, done.stderr
    return tmp_path


def surefoot(folder: Path, entry: str, *more: str) -> "subprocess.CompletedProcess[str]":
    """Run an entry as pre-commit does: split into words, no shell, in the repository's top."""
    command, *words = shlex.split(entry)
    assert command == "surefoot"
    return subprocess.run(
        [sys.executable, "-m", command, *words, *more],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def hook(project: Path, name: str) -> "subprocess.CompletedProcess[str]":
    """Run a hook by its id, with the args that the repository gives it."""
    args = ("--out", MODULE) if name == "surefoot-prompt-stub" else ()
    return surefoot(project, str(HOOKS[name]["entry"]), *args)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_has_the_keys_that_pre_commit_reads(name: str) -> None:
    assert HOOKS[name].keys() == KEYS
    assert HOOKS[name]["language"] == "python", "pre-commit installs surefoot by itself"
    assert HOOKS[name]["pass_filenames"] is False, "a prompt is right or wrong together with its includes"


@pytest.mark.parametrize("name", HOOKS)
@pytest.mark.parametrize(
    ("file", "runs"),
    [
        ("prompts/answer.prompt.md", True),
        ("llm/prompts/_house-rules.md", True),
        ("README.md", False),
        ("prompts/notes.md", False),
    ],
)
def test_a_hook_runs_when_a_prompt_or_an_include_changes(name: str, file: str, runs: bool) -> None:
    assert bool(re.search(str(HOOKS[name]["files"]), file)) is runs


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_lets_good_prompts_through(project: Path, name: str) -> None:
    done = hook(project, name)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "renamed", "told"),
    [
        ("surefoot-prompt-lint", ("{{ question }}",), "answer.prompt.md:"),
        ("surefoot-prompt-stub", ("{{ question }}", "  question: {"), MODULE),
    ],
)
def test_a_hook_stops_a_bad_one_and_says_where(
    project: Path, name: str, renamed: tuple[str, ...], told: str
) -> None:
    for prompt in (project / "prompts").glob("answer*.prompt.md"):
        text = prompt.read_text()
        for words in renamed:
            text = text.replace(words, words.replace("question", "problem"))
        prompt.write_text(text)

    done = hook(project, name)

    assert done.returncode == 1, done.stdout + done.stderr
    assert told in done.stdout + done.stderr


def test_the_hook_for_the_form_stops_a_file_that_is_not_in_it_and_changes_nothing(project: Path) -> None:
    prompt = project / "prompts" / "answer.prompt.md"
    loose = prompt.read_text().replace("name: answer", "name:    answer")
    prompt.write_text(loose)

    done = hook(project, "surefoot-prompt-format")

    assert done.returncode == 1 and "answer.prompt.md" in done.stdout + done.stderr
    assert prompt.read_text() == loose
