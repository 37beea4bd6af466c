"""What `surefoot prompt format` writes and prints, and how it ends."""

from pathlib import Path

import pytest
from tests.cli.prompting import ANSWER, Folder, folder

FILE = "prompts/answer.prompt.md"
TIDY = ANSWER.replace("trust: {abstention: operator}\n", "").replace(
    "suites: [", "trust: {abstention: operator}\nsuites: ["
)


@pytest.fixture
def project(tmp_path: Path) -> Folder:
    return folder(tmp_path)


def test_format_writes_and_check_only_says(project: Folder) -> None:
    code, told, _ = project.run("format", "--check")
    assert (code, told) == (1, f"would format {FILE}\n")
    assert project.read(FILE) == ANSWER
    code, told, wrong = project.run("format")
    assert (code, told, wrong) == (0, f"formatted {FILE}\n", "1 formatted, 0 left alone\n")
    assert project.read(FILE) == TIDY
    assert project.run("format", "--check", FILE) == (0, "", "0 to format, 1 left alone\n")


def test_the_diff_shows_what_would_change(project: Folder) -> None:
    code, told, _ = project.run("format", "--diff", "answer")
    assert code == 1
    assert "\n-budget: {max" in told and "\n+budget: {max" in told
    assert project.read(FILE) == ANSWER


def test_a_wrong_file_stays_byte_for_byte_and_the_others_are_formatted(project: Folder) -> None:
    wrong = "---\r\nschema: 1\r\nname:  other\r\n model: 3\r\n---\r\n"
    project.write({"prompts/other.prompt.md": wrong})
    code, _, said = project.run("format")
    assert code == 2 and "prompts/other.prompt.md:4:" in said
    assert project.read("prompts/other.prompt.md") == wrong
    assert project.read(FILE) == TIDY


def test_windows_line_ends_become_plain_ones(project: Folder) -> None:
    project.write({FILE: TIDY.replace("\n", "\r\n")}).said("format")
    assert project.read(FILE) == TIDY
