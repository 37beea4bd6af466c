"""A real type checker finds the code that a changed contract breaks, by the stub that the command writes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.prompting import ANSWER, Folder, folder

SOURCE = Path(__file__).parents[2] / "src"
APPLICATION = '''"""An application's code."""

from app.prompts import answer_prompt

PROMPT = answer_prompt()


def asked(question: str) -> str:
    """The first message."""
    messages = PROMPT.render(
        {"question": question, "passages": [{"text": "30 days."}], "abstention": "It does not say."}
    )
    return messages[0].content


def answered(text: str) -> int:
    """How long the answer is."""
    return len(PROMPT.read(text))
'''
JSON_OUTPUT = """output:
  format: json
  schema: {type: object, properties: {days: {type: integer}}, required: [days]}
budget:"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture
def project(tmp_path: Path) -> Folder:
    project = folder(tmp_path).write({"app/__init__.py": "", "app/main.py": APPLICATION})
    project.said("stub", "--out", "app/prompts.py")
    return project


def complaints(project: Folder, cache: Path) -> list[str]:
    """What mypy finds wrong in the application, as it would run in anyone's CI."""
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), "--config-file=", "app"]
    environment = {**os.environ, "MYPYPATH": str(SOURCE)}
    done = subprocess.run(
        command, cwd=project.top, env=environment, capture_output=True, text=True, check=False
    )
    found = re.findall(r"^(app/.*): error: (.*?)  \[", done.stdout, re.MULTILINE)
    assert done.returncode == (1 if found else 0), done.stdout + done.stderr
    return [f"{where}: {what}" for where, what in found]


def test_an_application_fails_type_checking_after_the_contract_changes(project: Folder, cache: Path) -> None:
    assert complaints(project, cache) == []

    changed = ANSWER.replace("  abstention: text\n", "  tone: {type: string, enum: [plain, formal]}\n")
    changed = changed.replace("trust: {abstention: operator}\n", "").replace("{{ abstention }}", "{{ tone }}")
    project.write({"prompts/answer.prompt.md": changed.replace("budget:", JSON_OUTPUT)})
    code, _, told = project.run("stub", "--out", "app/prompts.py", "--check")
    assert code == 1 and "app/prompts.py is out of date" in told
    project.said("stub", "--out", "app/prompts.py")
    project.said("stub", "--out", "app/prompts.py", "--check")

    missing, extra = complaints(project, cache)
    assert missing == 'app/main.py:11: Missing key "tone" for TypedDict "AnswerInput"'
    assert extra == 'app/main.py:11: Extra key "abstention" for TypedDict "AnswerInput"'


def test_the_stub_loads_the_prompts_from_where_it_stands(project: Folder) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(project.top), str(SOURCE)])}
    code = "from app.main import asked; print(asked('How long?'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd="/", env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("Answer from the passages, or say: It does not say."), done.stderr


def test_a_new_wording_leaves_the_stub_up_to_date(project: Folder) -> None:
    project.write({"prompts/answer.prompt.md": ANSWER.replace("Answer from the", "Reply from the")})
    project.said("stub", "--out", "app/prompts.py", "--check")


def test_names_choose_prompts_and_an_unknown_one_is_refused(project: Folder) -> None:
    assert "def answer_prompt(" in project.said("stub", "answer")
    assert "Use one that is there: 'answer'" in project.refused("stub", "anwser")


def test_code_of_somebody_else_is_not_written_over(project: Folder) -> None:
    assert "was not written by `surefoot prompt stub`" in project.refused("stub", "--out", "app/main.py")
    assert project.read("app/main.py") == APPLICATION
