"""What is filled in is checked against what is declared, and copied into plain values."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.prompts.written import load, passage

from surefoot.errors import PromptError
from surefoot.prompts import Prompt

FRONT = """schema: 1
name: sample
model: {alias: chat}
input:
  question: {type: string, maxLength: 5}
  count: number
  polite: boolean
  style: {type: string, default: plain}
  tree: {default: {}}
  passages: passages
budget: {max_prompt_tokens: 1000}
"""
BODY = "{% user %}{{ question }} {{ count }} {{ polite }} {{ style }}{% enduser %}"
GOOD: dict[str, object] = {"question": "q", "count": 1.5, "polite": True, "passages": []}


@dataclass
class Untidy:
    text: object = "a"
    source: object = "b"
    headings: object = ()


class Loud(str):
    """A text that would say something else."""

    def __str__(self) -> str:
        return "LOUD"

    def __html__(self) -> str:
        return "LOUD"


def nested() -> list[object]:
    ring: list[object] = []
    ring.append(ring)
    return ring


@pytest.fixture
def prompt(tmp_path: Path) -> Prompt:
    return load(tmp_path, front=FRONT, body=BODY)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"qestion": "q"}, "'qestion'"),
        ({"question": "abcdef"}, "'question' does not fit its schema: 'abcdef' is too long"),
        ({"question": 3}, "'question' does not fit"),
        ({"question": None}, "'question' does not fit"),
        ({"question": b"q"}, "'question' holds a bytes"),
        ({"question": "\ud800"}, "'question' holds half of a surrogate pair"),
        ({"count": "1"}, "'count' does not fit"),
        ({"count": True}, "'count' does not fit"),
        ({"count": float("nan")}, "'count' holds the number nan"),
        ({"count": float("inf")}, "'count' holds the number inf"),
        ({"count": 10**400}, "'count' holds the number"),
        ({"polite": 1}, "'polite' does not fit"),
        ({"tree": object()}, "'tree' holds a object"),
        ({"tree": {"a": {1: 2}}}, "'tree' holds 1 where a text is wanted"),
        ({"tree": {"a": {3}}}, "'tree' holds a set"),
        ({"tree": nested()}, "'tree' is nested too deep"),
        ({"passages": None}, "'passages' is a NoneType"),
        ({"passages": "text"}, "'passages' is a str"),
        ({"passages": [{"source": "b"}]}, "'passages' holds None"),
        ({"passages": [{"text": "a", "headings": None}]}, "'passages' holds, as number 1"),
        ({"passages": [Untidy(), Untidy(text=3)]}, "'passages' holds 3"),
        ({"passages": [Untidy(source=None)]}, "'passages' holds None"),
        ({"passages": [Untidy(headings="abc")]}, "'passages' holds, as number 1"),
        ({"passages": [Untidy(headings=[1])]}, "'passages' holds 1"),
        ({"passages": [Untidy(text="\udfff")]}, "'passages' holds half"),
    ],
)
def test_a_wrong_variable_is_named_with_the_declared_ones(
    prompt: Prompt, changes: dict[str, object], named: str
) -> None:
    with pytest.raises(PromptError) as caught:
        prompt.render(GOOD | changes)
    assert named in caught.value.message
    assert "'question', 'count', 'polite', 'style', 'tree', 'passages'" in caught.value.remedy
    assert caught.value.file == prompt.file
    assert len(caught.value.message) < 800


@pytest.mark.parametrize("name", GOOD)
def test_a_variable_that_is_not_filled_is_named(prompt: Prompt, name: str) -> None:
    with pytest.raises(PromptError, match=f"'{name}' is not filled"):
        prompt.render({key: value for key, value in GOOD.items() if key != name})


def test_a_misspelt_variable_is_named_with_what_it_was_meant_to_be(prompt: Prompt) -> None:
    given = {("qestion" if key == "question" else key): value for key, value in GOOD.items()}
    with pytest.raises(PromptError) as caught:
        prompt.render(given)
    assert "'question' is not filled, and there is no variable 'qestion'" in caught.value.message
    assert caught.value.remedy.startswith("Did you mean 'question'? ")


def test_a_default_stands_in_for_what_is_not_given(prompt: Prompt) -> None:
    assert prompt.render(GOOD)[0].content == "q 1.5 True plain"
    assert prompt.render(GOOD | {"style": "grand"})[0].content == "q 1.5 True grand"
    assert [variable.name for variable in prompt.variables if not variable.required] == ["style", "tree"]


def test_a_template_gets_plain_copies_without_methods_of_their_own(tmp_path: Path) -> None:
    body = "{% user %}{{ tree.a[0] ~ passages[0].text ~ question }}{% enduser %}"
    prompt = load(tmp_path, front=FRONT, body=body)
    text = Loud("x")
    variables = GOOD | {"question": text, "tree": {Loud("a"): (text,)}, "passages": [passage(text)]}
    assert prompt.render(variables)[0].content == "xxx"


def test_a_template_reads_text_source_and_headings_of_a_passage_and_nothing_else(tmp_path: Path) -> None:
    body = "{% user %}{{ passages[0].text }}{{ passages[0].id }}{% enduser %}"
    with pytest.raises(PromptError, match="has no attribute 'id'"):
        load(tmp_path, front=FRONT, body=body).render(GOOD | {"passages": [passage("a")]})
