"""What `surefoot prompt list` and `show` print of a folder of prompts."""

import json
from pathlib import Path

import pytest
from tests.cli.prompting import ANSWER, Folder, folder

from surefoot.prompts import load_prompt

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def project(tmp_path: Path) -> Folder:
    return folder(tmp_path)


def test_a_list_has_every_prompt_and_variant_also_those_that_do_not_load(project: Folder) -> None:
    variant = ANSWER.replace("name: answer\n", "name: answer\nvariant: short\n")
    project.write({"prompts/answer.short.prompt.md": variant, "prompts/broken.prompt.md": "no front matter"})

    whole, short, broken = project.said("list").splitlines()[1:]

    digest = load_prompt(project.top / "prompts", "answer").digest
    assert whole.split() == ["answer", digest[:12], "chat", "answers", "@docs-team"]
    assert short.split()[:2] == ["answer", "short"]
    assert "does not load: prompts/broken.prompt.md:1: the file does not begin" in broken
    rows = json.loads(project.said("list", "--json"))["prompts"]
    assert [row["name"] for row in rows] == ["answer", "answer.short", "broken"]
    assert rows[0]["digest"] == digest and "front matter" in rows[2]["fault"]


def test_an_empty_folder_says_how_to_write_the_first_prompt(tmp_path: Path) -> None:
    assert "surefoot prompt new" in Folder(top=tmp_path).said("list")


def test_a_prompt_is_shown_as_the_golden_text(project: Folder) -> None:
    told = project.said("show", "answer")
    prompt = load_prompt(project.top / "prompts", "answer")
    told = told.replace(prompt.digest, "DIGEST").replace(prompt.contract_digest, "CONTRACT")
    assert told == (GOLDEN / "prompt-show.txt").read_text(encoding="utf-8")


def test_a_program_reads_what_a_prompt_declares(project: Folder) -> None:
    read = json.loads(project.said("show", "answer", "--json"))
    prompt = load_prompt(project.top / "prompts", "answer")
    assert (read["digest"], read["contract_digest"]) == (prompt.digest, prompt.contract_digest)
    assert read["trust"] == {"question": "user", "passages": "retrieved", "abstention": "operator"}
    assert read["files"] == ["prompts/answer.prompt.md", "prompts/_rules.md"]
    assert read["includes"] == prompt.includes and read["contract"] == prompt.contract
    assert read["examples"]["question"] == ["How long is a backup kept?"]


def test_an_unknown_prompt_is_refused_with_those_there_are(project: Folder) -> None:
    assert "Use one that is there: 'answer'" in project.refused("show", "anwser")


def test_what_a_file_says_cannot_steer_the_terminal(project: Folder) -> None:
    hostile = ANSWER.replace("Answer from passages", r'"Answer\e[2J\e]0;gone\a all"')
    told = project.write({"prompts/answer.prompt.md": hostile}).said("show", "answer")
    assert "answer: Answer all" in told and "\x1b" not in told
