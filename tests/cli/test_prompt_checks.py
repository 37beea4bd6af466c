"""What `surefoot prompt lint` prints, and how it ends."""

import json
from pathlib import Path

import pytest
from tests.cli.prompting import ANSWER, Folder, folder

GOLDEN = Path(__file__).parent / "golden"
REPOSITORY = Path(__file__).parents[2]
WRONG = {
    "prompts/answer.prompt.md": ANSWER.replace("alias: chat", "alias: chta")
    .replace("{{ question }}", "{{ qestion }}")
    .replace("passage.text", "passage.txt"),
    "prompts/_rules.md": "- Be brief about {{ question }}.\n- The password is hunter2Xq9ZtB4kk7.\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Folder:
    return folder(tmp_path)


def test_sound_prompts_end_with_0(project: Folder) -> None:
    code, told, wrong = project.run("lint")
    assert (code, told) == (0, "")
    assert wrong == "1 prompt checked: 0 errors, 0 warnings\n"


def test_findings_are_printed_as_the_golden_text_and_end_with_1(project: Folder) -> None:
    code, told, wrong = project.write(WRONG).run("lint", "answer")
    assert code == 1
    assert told == (GOLDEN / "prompt-lint.txt").read_text(encoding="utf-8")
    assert wrong.startswith("1 prompt checked: 5 errors, 0 warnings")


def test_github_gets_annotations_whose_signs_are_escaped(
    project: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    code, told, _ = project.write(WRONG).run("lint", "--github")
    assert code == 1
    assert told == (GOLDEN / "prompt-lint-github.txt").read_text(encoding="utf-8")


def test_annotations_name_files_from_the_top_of_the_checkout(
    project: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.top.parent))
    told = project.write(WRONG).run("lint", "--github")[1]
    assert f"::error file={project.top.name}/prompts/answer.prompt.md," in told


def test_a_program_reads_the_same_findings(project: Folder) -> None:
    code, told, _ = project.write(WRONG).run("lint", "--json")
    read = json.loads(told)
    assert code == 1 and read["prompts"] == ["answer"]
    assert [finding["rule"] for finding in read["findings"]] == [
        "untrusted", "secret", "unknown-model", "mistyped", "undeclared",
    ]  # fmt: skip
    assert set(read["findings"][0]) == {"file", "line", "column", "rule", "level", "message", "remedy"}


def test_warnings_end_with_0_unless_they_are_taken_for_errors(project: Folder) -> None:
    project.write({"prompts/answer.prompt.md": ANSWER.replace("Question: {{ question }}", "Answer.")})
    code, told, wrong = project.run("lint")
    assert code == 0 and "warning[unused]" in told and "1 warning" in wrong
    code, told, _ = project.run("lint", "--strict")
    assert code == 1 and "error[unused]" in told


def test_an_unknown_prompt_and_two_forms_at_once_are_refused(project: Folder) -> None:
    assert "Use one that is there: 'answer'" in project.refused("lint", "anwser")
    assert project.run("lint", "--json", "--github")[0] == 2


def test_a_prompt_is_also_named_by_its_file_as_a_hook_and_a_shell_do(project: Folder) -> None:
    assert project.run("lint", "prompts/answer.prompt.md") == project.run("lint", "answer")
    project.write({"elsewhere/answer.prompt.md": ANSWER})
    assert "'prompts'" in project.refused("lint", "elsewhere/answer.prompt.md")


def test_what_production_serves_and_cannot_be_read_is_a_warning(project: Folder) -> None:
    pointer = f'schema = 1\nrelease = "{"ab" * 32}"\nreceipt = "{"cd" * 32}"\n'
    project.write({"serving/channels/answers/production.toml": pointer})
    code, told, _ = project.run("lint")
    assert code == 0
    assert told.startswith(
        "serving/channels/answers/production.toml:1:1: warning[contract] what production of"
    )


def test_lint_needs_only_a_folder_of_prompts(tmp_path: Path) -> None:
    text = ANSWER.replace('{% include "rules" %}\n', "")
    code, told, _ = Folder(top=tmp_path).write({"prompts/answer.prompt.md": text}).run("lint")
    assert code == 1 and "unknown-suite" in told and "unknown-model" not in told


def test_the_repositorys_own_prompts_have_no_finding() -> None:
    assert Folder(top=REPOSITORY).run("lint", "--strict")[:2] == (0, "")


@pytest.mark.parametrize("command", ["lint", "format"])
def test_where_there_is_no_folder_of_prompts_a_check_does_not_pass(tmp_path: Path, command: str) -> None:
    code, _, said = Folder(top=tmp_path).run(command)

    assert code == 2 and "there is no folder of prompts 'prompts'" in said


def test_suites_are_found_in_the_folder_that_the_settings_name(tmp_path: Path) -> None:
    project = folder(tmp_path).write({"serving/settings.toml": 'schema = 1\n[folders]\nevals = "checks"\n'})
    (tmp_path / "evals").rename(tmp_path / "checks")

    project.said("lint", "answer", "--strict")
