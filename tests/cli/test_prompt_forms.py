"""What `surefoot prompt schema` prints, writes and checks."""

import json
from pathlib import Path

import pytest
from tests.cli.prompting import Folder, folder


@pytest.fixture
def project(tmp_path: Path) -> Folder:
    return folder(tmp_path)


def test_the_schema_is_printed_or_written_and_a_file_is_checked(project: Folder) -> None:
    printed = project.said("schema")
    assert json.loads(printed)["properties"]["model"]["required"] == ["alias"]

    assert project.run("schema", "--out", "prompt-file.schema.json", "--check")[0] == 1
    project.said("schema", "--out", "prompt-file.schema.json")
    assert project.read("prompt-file.schema.json") == printed
    project.said("schema", "--out", "prompt-file.schema.json", "--check")

    project.write({"prompt-file.schema.json": printed.replace("1", "2")})
    code, _, told = project.run("schema", "--out", "prompt-file.schema.json", "--check")
    assert code == 1 and "is out of date; write it anew: surefoot prompt schema --out" in told


def test_a_file_of_somebody_else_is_not_written_over(project: Folder) -> None:
    project.write({"mine.json": "{}"})
    assert "was not written by `surefoot prompt schema`" in project.refused("schema", "--out", "mine.json")
    assert project.read("mine.json") == "{}"


def test_a_check_without_a_file_and_a_file_that_cannot_be_are_refused(project: Folder) -> None:
    assert "Name the file with --out" in project.refused("schema", "--check")
    assert "cannot be used" in project.refused("schema", "--out", "prompts")
    assert "cannot be used" in project.refused("schema", "--out", "prompts/answer.prompt.md/x.json")
