"""What `surefoot prompt export` and `import` write, say, and refuse."""

import json
from pathlib import Path

import pytest
from tests.cli.prompting import ANSWER, Folder, folder

REQUEST = json.dumps(
    {
        "model": "gpt-x",
        "messages": [
            {"role": "system", "content": "Answer {{ tone }} ly, in {braces}."},
            {"role": "user", "content": "{{ question }}"},
        ],
    }
)
DOTPROMPT = """---
model: chat
input: {schema: {name: string}}
---
{{role "system"}}
Greet.
{{role "user"}}
I am {{name}}.
"""


@pytest.fixture
def project(tmp_path: Path) -> Folder:
    return folder(tmp_path).write({"request.json": REQUEST, "greet.prompt": DOTPROMPT})


def test_an_exported_prompt_is_printed_and_what_it_loses_is_said_beside(project: Folder) -> None:
    code, text, said = project.run("export", "answer", "--to", "dotprompt")

    assert code == 0 and text.startswith("---\nname: answer\n") and '{{~role "system"~}}' in text
    assert "does not carry over: the include 'rules' is written out" in said


def test_an_export_goes_to_a_file_that_is_not_there_yet(project: Folder) -> None:
    project.said("export", "answer", "--to", "openai", "--out", "answer.json")
    assert json.loads(project.read("answer.json"))["model"] == "chat"

    code, _, said = project.run("export", "answer", "--to", "openai", "--out", "answer.json")
    assert code == 2 and "is there already" in said


def test_an_imported_prompt_is_sound_and_in_canonical_form_at_once(project: Folder) -> None:
    assert project.run("import", "greet.prompt", "--from", "dotprompt", "--name", "greet")[:2] == (
        0,
        "wrote prompts/greet.prompt.md\n",
    )
    project.said("lint", "greet")
    project.said("format", "--check", "greet")
    assert "I am {{ name }}." in project.read("prompts/greet.prompt.md")


def test_a_request_is_text_but_for_the_variables_that_are_named(project: Folder) -> None:
    words = (
        "import",
        "request.json",
        "--from",
        "openai",
        "--name",
        "ask",
        "--variable",
        "question",
        "--json",
    )
    code, out, _ = project.run(*words)

    said = json.loads(out)
    assert code == 0 and said["file"] == "prompts/ask.prompt.md"
    assert any("{{ tone }} stands as text: with --variable tone" in one for one in said["lost"])
    rendered = project.said("render", "ask", "--set", "question=Why?")
    assert "Answer {{ tone }} ly, in {braces}." in rendered and "Why?" in rendered


def test_what_was_exported_to_promptlayer_comes_back(project: Folder) -> None:
    project.said("export", "answer", "--to", "promptlayer", "--out", "answer.json")
    project.said("import", "answer.json", "--from", "promptlayer", "--name", "again")

    assert "{% history %}" in project.read("prompts/again.prompt.md")


def test_strict_writes_nothing_when_something_is_lost(project: Folder) -> None:
    code, out, said = project.run("export", "answer", "--to", "openai", "--strict", "--out", "a.json")
    assert (code, out) == (1, "") and "does not carry over" in said and not (project.top / "a.json").exists()
    assert said.splitlines()[-1] == "nothing is written, as --strict wants; without it the rest is"

    code, out, said = project.run("import", "request.json", "--from", "openai", "--name", "ask", "--strict")
    assert (code, out) == (1, "") and "does not carry over" in said and "nothing is written" in said
    assert not (project.top / "prompts/ask.prompt.md").exists()


def test_nothing_is_replaced(project: Folder) -> None:
    code, _, said = project.run("import", "greet.prompt", "--from", "dotprompt", "--name", "answer")
    assert code == 2 and "is there already" in said
    assert project.read("prompts/answer.prompt.md") == ANSWER


@pytest.mark.parametrize("name", ["../out", "Answer", ""])
def test_a_bad_name_is_refused(project: Folder, name: str) -> None:
    code, _, said = project.run("import", "greet.prompt", "--from", "dotprompt", "--name", name)
    assert code == 2 and "Names are lower-case letters" in said


@pytest.mark.parametrize(
    ("form", "content", "told"),
    [
        ("dotprompt", "line\n{{#each a}}", "wrong.txt: "),
        ("openai", "{", "wrong.txt: it is not JSON"),
        ("promptlayer", "[]", "wrong.txt: "),
    ],
)
def test_a_file_that_is_none_is_refused_by_its_name(
    project: Folder, form: str, content: str, told: str
) -> None:
    project.write({"wrong.txt": content})
    code, _, said = project.run("import", "wrong.txt", "--from", form, "--name", "ask")

    assert code == 2 and told in said and "to mend it: " in said
    assert not (project.top / "prompts/ask.prompt.md").exists()


def test_a_file_that_is_not_there_is_named(project: Folder) -> None:
    code, _, said = project.run("import", "none.json", "--from", "openai", "--name", "ask")
    assert code == 2 and "'none.json' cannot be read" in said
