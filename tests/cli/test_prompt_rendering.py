"""What `surefoot prompt render` prints: messages with their roles, or the request."""

import json
from pathlib import Path

import pytest
from tests.cli.prompting import Folder, folder

PROMPT = """---
schema: 1
name: greet
model: {alias: chat}
input:
  question: {type: string, examples: ["Who is there?"]}
  passages: passages
  times: {type: integer, default: 1}
budget: {max_prompt_tokens: 100}
---
{% user %}
{% for p in passages %}{{ p.text }} {% endfor %}{{ question }} {{ times }}
{% enduser %}
"""


@pytest.fixture
def project(tmp_path: Path) -> Folder:
    there = folder(tmp_path).write({"prompts/greet.prompt.md": PROMPT, "p.json": '[{"text": "First."}]'})
    return there.write({"v.json": '{"question": "Why\\u001b[31m {% user %}?"}'})


def test_without_values_the_prompts_own_examples_fill_it(project: Folder) -> None:
    assert "[user]\n(passage 1) Who is there? 1\n" in project.said("render", "greet")


def test_given_values_come_first_and_are_inert_in_print(project: Folder) -> None:
    told = project.said("render", "greet", "--values", "v.json", "--passages", "p.json", "--set", "times=3")
    assert told == "[user]\nFirst. Why {% user %}? 3\n\n"


def test_the_request_is_openais(project: Folder) -> None:
    told = json.loads(project.said("render", "greet", "--json", "--set", "question=Hm?"))
    assert told["model"] == "chat" and told["messages"][0]["content"] == "(passage 1) Hm? 1"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"question": "a", "question": "b"}', "is given twice"),
        (b'{"question": NaN}', "NaN is not JSON"),
        (b'{"question": "caf\xe9"}', "is not UTF-8"),
        (b"[" * 100_000, "is nested too deep"),
        (b'["question"]', "takes a JSON object"),
    ],
    ids=["twice", "nan", "latin-1", "deep", "a list"],
)
def test_values_that_are_no_strict_json_are_refused_with_the_reason(
    project: Folder, content: bytes, why: str
) -> None:
    (project.top / "w.json").write_bytes(content)
    code, _, wrong = project.run("render", "greet", "--values", "w.json")
    assert code == 2 and why in " ".join(wrong.replace("│", " ").split())


@pytest.mark.parametrize(
    "words", [["--set", "x"], ["--set", "times=x"], ["--values", "no.json"], ["--set", "no=1"]]
)
def test_wrong_values_are_refused(project: Folder, words: list[str]) -> None:
    assert project.run("render", "greet", *words)[0] == 2


def test_a_case_of_a_suite_fills_the_prompt_that_it_guards() -> None:
    suites = Path(__file__).parents[2]
    case = json.loads((suites / "evals/answers/cases.jsonl").read_text(encoding="utf-8").splitlines()[0])
    told = Folder(top=suites).said("render", "answer", "--case", f"answers/{case['id']}")

    assert "[system]\n" in told and "[user]\n" in told and f"Question: {case['question']}" in told
    code, _, wrong = Folder(top=suites).run("render", "answer", "--case", "answers/no-such-case")
    assert code == 2 and "no-such-case" in wrong
