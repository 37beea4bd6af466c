"""What `surefoot prompt new` writes, and what it refuses."""

from pathlib import Path

import pytest
from tests.cli.prompting import ANSWER, Folder, folder


@pytest.fixture
def project(tmp_path: Path) -> Folder:
    return folder(tmp_path).write({".github/CODEOWNERS": "* @all\n/prompts/ @writers  # they know\n"})


def test_a_new_prompt_is_sound_and_in_canonical_form_at_once(project: Folder) -> None:
    assert project.said("new", "greet", "--suite", "answers") == "wrote prompts/greet.prompt.md\n"
    assert 'owners: ["@writers"]' in project.read("prompts/greet.prompt.md")
    project.said("lint", "greet", "--strict")
    project.said("format", "--check", "greet")


def test_a_variant_begins_with_the_text_of_its_prompt(project: Folder) -> None:
    project.said("new", "short", "--variant-of", "answer")
    assert "name: answer\nvariant: short\n" in project.read("prompts/answer.short.prompt.md")
    project.said("lint", "answer.short", "--strict")
    project.said("format", "--check", "answer.short")


def test_nothing_is_replaced(project: Folder) -> None:
    code, _, said = project.run("new", "answer")
    assert code == 2 and "is there already" in said
    assert project.read("prompts/answer.prompt.md") == ANSWER


@pytest.mark.parametrize("name", ["../out", "Answer", "a.b", ""])
def test_a_bad_name_is_refused_with_what_names_are(project: Folder, name: str) -> None:
    code, _, said = project.run("new", name)
    assert code == 2 and "Names are lower-case letters" in said


def test_what_would_not_load_leaves_no_file(project: Folder) -> None:
    assert project.run("new", "greet", "--model", "no alias")[0] == 2
    assert not (project.top / "prompts/greet.prompt.md").exists()
