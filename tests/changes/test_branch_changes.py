"""What a branch changes since it left its base: the things, the apps they reach, and what to run."""

import json
import os
import subprocess
import sys

import pytest
from tests.changes.repositories import Project

from surefoot.changes.change_texts import affected_words, change_lines, sentence
from surefoot.changes.comparing import BranchChange
from surefoot.wiring.branch_changes import read_branch


@pytest.fixture
def branch(project: Project) -> Project:
    """The project on a branch that left main."""
    project.git("switch", "-q", "-c", "reword")
    return project


def change(project: Project) -> BranchChange:
    return read_branch(project.top, "main").change


def things(project: Project) -> list[tuple[str, str, str]]:
    return [(thing.kind, thing.name, thing.how) for thing in change(project).things]


def test_nothing_changed_is_said_so(branch: Project) -> None:
    assert things(branch) == []
    assert sentence(change(branch)).startswith("This changes nothing")


def test_a_reworded_prompt_reaches_its_app_and_says_what_to_run(branch: Project) -> None:
    branch.commit("Reword", answer="Answer in one sentence.")

    found = change(branch)

    assert things(branch) == [("prompt", "answer", "changed")]
    assert sentence(found) == "This changes the prompt “answer”, so the app “answers” may answer otherwise."
    assert (found.apps[0].because, found.apps[0].suites) == (("prompt answer",), ("answers",))
    assert found.orders == ("surefoot prompt diff answer --base main", "surefoot gate run --app answers")


def test_an_approval_is_no_cause_of_other_answers_and_no_digest_is_written_out(branch: Project) -> None:
    release, approval = "5" * 64, "6" * 64
    branch.write(f"serving/approvals/{release}/{approval}.json", "{}")

    assert sentence(change(branch)) == "This approves the release 555555555555."

    branch.commit("Reword", answer="Answer in one sentence.")
    assert sentence(change(branch)) == (
        "This changes the prompt “answer”, so the app “answers” may answer otherwise. "
        "It also approves the release 555555555555."
    )
    assert release not in "\n".join(change_lines(change(branch)))


def test_a_promotion_is_told_as_one(branch: Project) -> None:
    branch.write("serving/channels/answers/production.toml", "schema = 1\n")
    branch.write(f"serving/releases/{'5' * 64}/manifest.json", "{}")

    assert sentence(change(branch)) == (
        "This puts a release into production of “answers” and adds the release 555555555555."
    )


def test_an_include_reaches_the_prompts_it_is_part_of(branch: Project) -> None:
    branch.write("prompts/_rules.md", "Be thorough.\n")

    assert things(branch) == [("prompt", "answer", "changed"), ("include", "rules", "changed")]
    words = "\n".join(change_lines(change(branch)))
    assert "prompt answer changed: through rules" in words
    assert "include rules changed: part of answer" in words


def test_what_means_the_same_reaches_nobody(branch: Project) -> None:
    prompt = branch.top / "prompts/answer.prompt.md"
    prompt.write_text(prompt.read_text().replace("Answer from passages", "Answers from passages"))

    found = change(branch)

    assert found.things[0].note == "it means the same"
    assert found.apps == () and found.orders == ()


@pytest.mark.parametrize(
    ("file", "text", "kind", "name", "answers"),
    [
        ("papers/valves.md", "Valve 3 opens at 40 degrees.\n", "documents", "papers", True),
        ("serving/recipes/default.toml", "schema = 1\n", "recipe", "default", True),
        ("serving/apps/answers.toml", 'prompt = "answer"\n', "app", "answers", True),
        ("evals/answers/cases.jsonl", "", "suite", "answers", False),
    ],
)
def test_whatever_an_app_names_reaches_it(
    branch: Project, file: str, text: str, kind: str, name: str, answers: bool
) -> None:
    branch.write(file, text)

    found = change(branch)

    assert (kind, name) in [(thing.kind, thing.name) for thing in found.things]
    assert [(app.app, app.answers) for app in found.apps] == [("answers", answers)]


def test_a_file_that_decides_nothing_is_counted(branch: Project) -> None:
    branch.write("README.md", "Hello\n")

    assert (change(branch).things, change(branch).others) == ((), 1)


def test_a_prompt_that_does_not_load_is_told_and_stops_nothing(branch: Project) -> None:
    branch.write("prompts/answer.prompt.md", "Dear model,\n")

    assert change(branch).things[0].note.startswith("it does not load: ")


def test_an_app_that_does_not_parse_or_whose_prompt_is_gone_cannot_answer(branch: Project) -> None:
    branch.write("serving/apps/answers.toml", "schema = 1\nprompt =\n")
    (app,) = change(branch).apps
    assert app.fault.startswith("serving/apps/answers.toml does not parse: ") and "line 2" in app.fault
    assert affected_words(app).startswith("app answers CANNOT answer: serving/apps/answers.toml does not")

    branch.git("checkout", "-q", "--", "serving/apps")
    (branch.top / "prompts/answer.prompt.md").unlink()
    (app,) = change(branch).apps
    assert app.fault == "it names the prompt 'answer', which is not there"


def test_what_main_did_meanwhile_is_not_the_branchs(branch: Project) -> None:
    branch.commit("Reword", answer="Answer in one sentence.")
    branch.git("switch", "-q", "main")
    branch.write("papers/valves.md", "Valve 3 opens at 40 degrees.\n")
    branch.commit("Documents")
    branch.git("switch", "-q", "reword")

    assert things(branch) == [("prompt", "answer", "changed")]


def test_the_command_prints_words_or_json_and_refuses_a_base_that_is_not_there(branch: Project) -> None:
    branch.commit("Reword", answer="Answer in one sentence.")

    def show(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "surefoot", "change", "show", *words],
            cwd=branch.top,
            env={**os.environ, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )

    assert show().stdout.startswith(
        "This changes the prompt “answer”, so the app “answers” may answer otherwise.\n"
    )
    said = json.loads(show("--base", "main", "--json").stdout)
    assert said["apps"][0]["suites"] == ["answers"]
    assert said["run"][-1] == "surefoot gate run --app answers"
    absent = show("--base", "origin/nowhere")
    assert absent.returncode == 2 and "git fetch origin nowhere" in absent.stderr
