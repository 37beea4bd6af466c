"""`surefoot init` in repositories of all kinds: what it writes, what it leaves, and what it refuses."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.gauges import git
from tests.cli.trial_project import free_port
from tests.fakes.model_server import FakeModelServer, running_model_server
from tests.house.workflows import owners_of

from surefoot.evals.suites import load_suite
from surefoot.prompts import load_prompt
from surefoot.wiring.project import open_project

GUIDE = """# The greenhouse

## Watering

The greenhouse is watered at 6:00 every morning.

## Doors

Keep both doors closed while it rains, or the seedlings drown.
"""


@pytest.fixture
def server() -> Iterator[FakeModelServer]:
    with running_model_server(FakeModelServer(names=("their-model",))) as running:
        yield running


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Somebody's repository: a guide, and code of theirs in folders that surefoot uses too."""
    top = tmp_path / "theirs"
    for name, text in {
        "docs/guide.md": GUIDE,
        "prompts/shell.txt": "PS1='$ '\n",
        "serving/nginx.conf": "server {}\n",
        "evals/speed.py": "print('fast')\n",
        ".gitignore": "build/",
    }.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    git(top, "init", "-q", "-b", "main")
    return top


def init(
    top: Path, *options: str, variables: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run `surefoot init` in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "surefoot", "init", *options],
        cwd=top,
        env={**os.environ, **(variables or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def said(top: Path, *options: str, variables: dict[str, str] | None = None) -> str:
    """What it prints when it succeeds."""
    done = init(top, *options, variables=variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refused(top: Path, *options: str, variables: dict[str, str] | None = None) -> str:
    """What it says when it must not succeed; the folder is what it was before, to the byte."""
    before = contents(top)
    done = init(top, *options, variables=variables)
    assert done.returncode in (2, 5), done.stdout
    assert "to mend it: " in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert contents(top) == before
    return done.stderr


def contents(top: Path) -> dict[str, bytes | None]:
    """Every file with its bytes, and every folder."""
    return {
        str(path.relative_to(top)): path.read_bytes() if path.is_file() else None
        for path in sorted(top.rglob("*"))
        if ".git" not in path.relative_to(top).parts
    }


def test_a_repository_gets_a_prompt_a_case_an_app_settings_and_a_ci_file(repository: Path) -> None:
    before = contents(repository)

    words = said(repository)

    project = open_project(repository)
    prompt = load_prompt(project.settings.folders.prompts, project.apps[0].prompt)
    suite = load_suite(repository / "evals" / prompt.suites[0])
    assert prompt.files == ("answer.prompt.md", "_house-rules.md")
    assert suite.cases[0].facts[0].places[0].quote == "The greenhouse is watered at 6:00 every morning."
    assert project.corpus_of(project.apps[0]).sources[0].path == repository / "docs"
    assert (repository / ".github/workflows/surefoot.yml").is_file()
    after = contents(repository)
    assert after.pop(".gitignore") == b"build/\n.surefoot/\n"
    del before[".gitignore"]
    assert before.items() <= after.items(), "what was there is as it was"
    new = {name for name in after.keys() - before.keys() if after[name] is not None}
    assert all(f"  {name}\n" in words for name in new), "and what was written is named"
    assert "surefoot gate run --against founding" in words
    assert words.endswith(
        "Then, for each change: edit prompts/answer.prompt.md on a branch, commit it, and run "
        "`surefoot gate run`.\n"
    )


def test_a_second_time_changes_nothing(repository: Path) -> None:
    said(repository)
    before = contents(repository)

    words = said(repository)

    assert contents(repository) == before
    assert "nothing was written" in words
    left = [line.strip() for line in words.partition("left as they were")[2].splitlines()]
    new = {name for name, content in before.items() if content is not None} - {
        "docs/guide.md", "prompts/shell.txt", "serving/nginx.conf", "evals/speed.py"
    }  # fmt: skip
    assert new <= set(left), "every file of ours is named"


def test_a_folder_of_documents_is_not_passed_over_where_an_app_is_there_already(repository: Path) -> None:
    said(repository)
    (repository / "other").mkdir()

    assert "'nowhere' is not a folder" in refused(repository, "--docs", "nowhere")
    assert "corpora/docs.toml" in refused(repository, "--docs", "other")
    assert "nothing was written" in said(repository, "--docs", "docs")


def test_an_empty_folder_gets_an_example_to_answer_from(tmp_path: Path) -> None:
    words = said(tmp_path)

    project = open_project(tmp_path)
    (source,) = project.corpus_of(project.apps[0]).sources
    assert [file.name for file in source.path.iterdir()] == ["opening-hours.md"]
    assert "  git init\n" in words


def test_their_server_is_asked_which_model_it_serves(repository: Path, server: FakeModelServer) -> None:
    said(repository, "--endpoint", server.url, "--embedder-endpoint", f"{server.url}/v1")

    settings = open_project(repository).settings
    assert (settings.chat.url, settings.chat.model) == (server.url, "their-model")
    assert (settings.embedder.model, settings.embedder.dimensions) == ("their-model", 64)


def test_a_key_is_sent_and_only_its_variable_is_written(repository: Path, server: FakeModelServer) -> None:
    said(
        repository,
        *("--endpoint", server.url, "--key-variable", "THEIR_KEY"),
        variables={"THEIR_KEY": "sk-very-secret"},
    )

    assert server.requests[0].authorization == "Bearer sk-very-secret"
    assert open_project(repository).settings.chat.key_variable == "THEIR_KEY"
    assert not [name for name, content in contents(repository).items() if b"sk-very" in (content or b"")]


def test_of_several_models_one_must_be_named(repository: Path, server: FakeModelServer) -> None:
    server.names = ("large", "small")

    assert "large, small" in refused(repository, "--endpoint", server.url)
    assert "large, small" in refused(repository, "--endpoint", server.url, "--model", "medium")
    said(repository, "--endpoint", server.url, "--model", "small")

    assert open_project(repository).settings.chat.model == "small"


def test_a_server_that_is_not_there_is_named_and_nothing_is_written(repository: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"

    words = refused(repository, "--endpoint", url)

    assert url in words and "nothing was written" in words


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--model", "small"), "--endpoint"),
        (("--endpoint", "gpu:8000"), "http://"),
        (("--docs", "nowhere"), "nowhere"),
        (("--docs", "/"), "this repository"),
        (("--docs", "serving"), "no document"),
    ],
)
def test_what_cannot_be_done_as_asked_is_refused(
    repository: Path, options: tuple[str, ...], told: str
) -> None:
    assert told in refused(repository, *options)


def test_documents_without_a_plain_sentence_are_refused(repository: Path) -> None:
    (repository / "docs" / "guide.md").write_text("# Only\n\n- a list\n")

    assert "plain sentence" in refused(repository)


def test_what_does_not_fit_is_named_and_everything_is_taken_back(repository: Path) -> None:
    (repository / "prompts" / "answer.prompt.md").write_text("Dear model,\n")

    assert "answer.prompt.md" in refused(repository)


def test_a_file_in_the_way_of_a_folder_is_named_and_everything_is_taken_back(repository: Path) -> None:
    (repository / ".github").write_text("not a folder\n")

    assert ".github" in refused(repository)


def test_a_file_that_is_there_is_left(repository: Path) -> None:
    (repository / "Jenkinsfile").write_text("pipeline {}\n")
    (repository / "prompts" / "_house-rules.md").write_text("- Be kind.\n")

    words = said(repository)

    assert (repository / "Jenkinsfile").read_text() == "pipeline {}\n"
    assert (repository / "prompts" / "_house-rules.md").read_text() == "- Be kind.\n"
    assert "  Jenkinsfile\n" in words.partition("left as they were")[2]
    assert not (repository / ".github").exists(), "the CI that is there is the one to use"


def test_other_folders_are_used_where_the_environment_names_them(repository: Path) -> None:
    folders = {
        "SUREFOOT_FOLDERS_PROMPTS": "llm/prompts",
        "SUREFOOT_FOLDERS_EVALS": "llm/evals",
        "SUREFOOT_FOLDERS_SERVING": "llm/serving",
    }

    said(repository, variables=folders)

    below = repository / "docs"
    listed = subprocess.run(
        [sys.executable, "-m", "surefoot", "status"],
        cwd=below,
        env={**os.environ, "SUREFOOT_FOLDERS_SERVING": "llm/serving"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
    assert "production of answers: no release yet" in listed.stdout
    assert (repository / "llm" / "evals" / "answers" / "cases.jsonl").is_file()


def test_in_a_folder_of_a_repository_the_ci_file_is_left_to_its_top(repository: Path) -> None:
    below = repository / "helpdesk"
    below.mkdir()

    assert "top of its repository" in refused(below, "--ci", "github")
    said(below)

    assert not (below / ".github").exists()
    assert open_project(below).apps[0].name == "answers"
    assert "lies in a project already" in refused(below / "evals")


@pytest.mark.parametrize(
    ("ci", "file"),
    [("github", ".github/workflows/surefoot.yml"), ("gitlab", ".gitlab-ci.yml"), ("jenkins", "Jenkinsfile")],
)
def test_every_ci_system_gets_its_file(repository: Path, ci: str, file: str) -> None:
    words = said(repository, "--ci", ci)

    assert "surefoot gate run" in (repository / file).read_text()
    assert (".github" in words) is (ci == "github")


def test_without_ci_there_is_no_ci_file(repository: Path) -> None:
    assert ".github" not in said(repository, "--ci", "none")


def test_the_whole_repository_may_be_what_it_answers_from(repository: Path) -> None:
    said(repository, "--docs", ".")

    (source,) = open_project(repository).corpus_of(open_project(repository).apps[0]).sources
    assert source.path == repository
    assert set(source.exclude) == {"prompts/**", "evals/**", "serving/**"}


def test_owners_are_offered_for_what_decides_what_serves(repository: Path) -> None:
    said(repository)

    offered = (repository / ".github/CODEOWNERS").read_text()
    assert all(line.startswith("# ") for line in offered.splitlines()), "nobody's name is made up"
    filled = offered.replace("# /", "/")
    for path in (
        "serving/channels/answers/production.toml",
        "serving/approvals/ab.json",
        "evals/answers/suite.toml",
        "prompts/answer.prompt.md",
        ".github/workflows/surefoot-promote.yml",
    ):
        assert owners_of(filled, path), path


@pytest.mark.parametrize("place", ["CODEOWNERS", "docs/CODEOWNERS", ".github/CODEOWNERS"])
def test_owners_that_are_named_already_are_left(repository: Path, place: str) -> None:
    (repository / place).parent.mkdir(exist_ok=True)
    (repository / place).write_text("* @us\n")

    said(repository)

    assert (repository / place).read_text() == "* @us\n"
    assert len([*repository.rglob("CODEOWNERS")]) == 1
