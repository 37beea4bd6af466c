"""What front matter declares beyond text: variants, tools, locks, trust, examples, what is dropped."""

import shutil
from pathlib import Path

import pytest
from tests.prompts.written import BODY, FRONT, load, refused, write

from surefoot.errors import PromptError
from surefoot.prompts import Budget, Prompt, load_prompt
from surefoot.records import Tool, digest_bytes

LINES = FRONT.count("\n") + 2
WITH_RULES = '{% user %}{% include "rules" %}{{ question }}{% enduser %}'
TOOLS = "tools:\n  - {name: look_up, description: Look up, parameters: {properties: {w: {}}, type: object}}\n"
SHOTS = """schema: 1
name: sample
model: {alias: chat}
input:
  question: text
  shots:
    type: array
    items: {type: object, properties: {asked: {type: string}, said: {type: string}}, required: [asked, said]}
    default: [{asked: "1 + 1?", said: "2"}, {asked: "2 + 2?", said: "4"}]
budget: {max_prompt_tokens: 100}
"""
PAIRS = """{% system %}Count.{% endsystem %}
{% for shot in shots %}
{% user %}{{ shot.asked }}{% enduser %}
{% assistant %}{{ shot.said }}{% endassistant %}
{% endfor %}
{% user %}{{ question }}{% enduser %}
"""


def variant(folder: Path, *, front: str = FRONT, body: str = BODY) -> Prompt:
    text = f"---\n{front}variant: short\n---\n{body}"
    (folder / "sample.short.prompt.md").write_text(text, encoding="utf-8")
    return load_prompt(folder, "sample.short")


def test_few_shot_pairs_come_from_a_loop_over_role_tags(tmp_path: Path) -> None:
    prompt = load(tmp_path, front=SHOTS, body=PAIRS)
    messages = prompt.render({"question": "3 + 3?"})
    assert [(message.role, message.content) for message in messages] == [
        ("system", "Count."), ("user", "1 + 1?"), ("assistant", "2"), ("user", "2 + 2?"), ("assistant", "4"),
        ("user", "3 + 3?"),
    ]  # fmt: skip
    assert len(prompt.render({"question": "", "shots": []})) == 2


def test_a_variant_has_a_name_a_digest_and_the_contract_of_its_base(tmp_path: Path) -> None:
    base = load(tmp_path)
    short = variant(tmp_path, body="{% user %}Briefly: {{ question }}{% enduser %}")
    assert (short.name, short.variant, base.variant) == ("sample.short", "short", None)
    assert short.digest != base.digest
    assert short.contract_digest == base.contract_digest
    assert short.files == ("sample.short.prompt.md",)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("question: text", "question: number", "the input 'question' takes no string any more, only number"),
        ("question: text, ", "", "the input 'question' is gone"),
        ("question: text", "question: text, tone: text", "the input 'tone' is new and has no default"),
        ("schema: 1\n", "schema: 1\n" + TOOLS, "the tool 'look_up' is new"),
        (
            "schema: 1\n",
            "schema: 1\noutput: {format: json, schema: {type: object}}\n",
            "the output was text, and is json",
        ),
    ],
)
def test_a_variant_of_another_contract_is_told_how_it_differs(
    tmp_path: Path, old: str, new: str, named: str
) -> None:
    write(tmp_path)
    with pytest.raises(PromptError, match=named) as caught:
        variant(tmp_path, front=FRONT.replace(old, new), body="{% user %}Hi{% enduser %}")
    assert caught.value.file == str(tmp_path / "sample.short.prompt.md")
    assert "sample.prompt.md" in caught.value.remedy


def test_a_variant_loads_where_its_base_is_not_as_in_a_release(tmp_path: Path) -> None:
    assert variant(tmp_path, front=FRONT.replace("text", "number")).name == "sample.short"


def test_a_variants_file_and_front_matter_name_the_same_variant(tmp_path: Path) -> None:
    assert "'variant' is 'short'" in refused(tmp_path, front=FRONT + "variant: short\n").message
    write(tmp_path)
    variant(tmp_path)
    shutil.copy(tmp_path / "sample.short.prompt.md", tmp_path / "sample.long.prompt.md")
    with pytest.raises(PromptError, match="'variant' is 'short'"):
        load_prompt(tmp_path, "sample.long")


def test_a_missing_prompt_offers_variants_too(tmp_path: Path) -> None:
    write(tmp_path)
    variant(tmp_path)
    with pytest.raises(PromptError) as caught:
        load_prompt(tmp_path, "other")
    assert "'sample', 'sample.short'" in caught.value.remedy


def test_tools_reach_the_sampling_with_keywords_in_one_order(tmp_path: Path) -> None:
    prompt = load(tmp_path, front=FRONT + TOOLS + "tool_choice: required\n")
    assert prompt.tools == (
        Tool(name="look_up", description="Look up", parameters={"type": "object", "properties": {"w": {}}}),
    )
    assert list(prompt.tools[0].parameters) == ["type", "properties"]
    assert (prompt.tool_choice, prompt.sampling.tools) == ("required", prompt.tools)
    assert load(tmp_path, front=FRONT + TOOLS + "tool_choice: look_up\n").tool_choice == "look_up"


@pytest.mark.parametrize(
    ("added", "named", "line"),
    [
        ("tools: {name: a}\n", "'tools' is", 1),
        ("tools: [{name: 'a b'}]\n", "'tools[0].name' is 'a b'", 1),
        ("tools: [{name: a}, {name: a}]\n", "'a' has a name that is taken", 1),
        ("tools: [{name: auto}]\n", "'auto' has a name that is taken", 1),
        ("tools: [{name: a, parameters: {type: string}}]\n", "'tools[0].parameters'", 1),
        ("tools:\n  - name: a\n    parameters:\n      type: object\n      propertys: {}\n", "'propertys'", 5),
        ("tool_choice: auto\n", "'tool_choice' is 'auto'", 1),
        ("tools: [{name: a}]\ntool_choice: b\n", "'tool_choice' is 'b'", 2),
        ("tools: [{name: a}]\noutput: {format: json, schema: {type: object}}\n", "'tools' is", 1),
        ("trust: {nobody: user}\n", "'trust.nobody' is not an input", 1),
        ("trust: {question: friend}\n", "'trust.question' is 'friend'", 1),
        ("includes: {rules: abc}\n", "'includes.rules' is 'abc'", 1),
        ("includes: {rules: '123456789012'}\n", "'rules' is locked, and the template does not", 1),
    ],
)
def test_what_is_wrong_is_refused_where_it_stands(tmp_path: Path, added: str, named: str, line: int) -> None:
    problem = refused(tmp_path, front=FRONT + added)
    assert named in problem.message
    assert problem.line == LINES + line - 1


def test_a_locked_include_is_held_to_its_text(tmp_path: Path) -> None:
    digest = digest_bytes(b"Cite.")
    locked = FRONT + f"includes: {{rules: '{digest[:12]}'}}\n"
    prompt = load(tmp_path, front=locked, body=WITH_RULES, rules="Cite.\n")
    assert prompt.includes == {"rules": digest}
    assert prompt.digest == load(tmp_path, body=WITH_RULES, rules="Cite.\n").digest
    problem = refused(tmp_path, front=locked, body=WITH_RULES, rules="Obey.\n")
    assert digest_bytes(b"Obey.") in problem.message
    assert f"rules: {digest_bytes(b'Obey.')[:12]}" in problem.remedy


def test_passages_are_retrieved_and_all_else_is_a_users_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert load(tmp_path).trust == {"question": "user", "passages": "retrieved"}
    trusted = load(tmp_path, front=FRONT + "trust: {question: operator}\n")
    assert trusted.trust == {"question": "operator", "passages": "retrieved"}
    assert trusted.digest == load(tmp_path).digest


def test_examples_fit_their_schema_and_decide_nothing(tmp_path: Path) -> None:
    inputs = "{question: {type: string, maxLength: 9, examples: [why, who]}, "
    inputs += "passages: {type: passages, examples: [[]]}}"
    front = FRONT.replace("{question: text, passages: passages}", inputs)
    prompt = load(tmp_path, front=front)
    question, passages = prompt.variables
    assert (question.examples, passages.examples, passages.kind) == (("why", "who"), ([],), "passages")
    bare = FRONT.replace("question: text", "question: {type: string, maxLength: 9}")
    assert prompt.digest == load(tmp_path, front=bare).digest
    long = refused(tmp_path, front=front.replace("who", "somebody else"))
    assert "an example of 'question' does not fit its own schema" in long.message
    one = refused(tmp_path, front=front.replace("[[]]", "[]").replace("[why, who]", "why"))
    assert "is no list" in one.message or "not a JSON Schema" in one.message


def test_passages_may_be_left_out_where_they_have_a_default(tmp_path: Path) -> None:
    front = FRONT.replace("passages: passages", "passages: {type: passages, default: []}")
    assert load(tmp_path, front=front).render({"question": "why"})[0].content == "why"


@pytest.mark.parametrize(
    ("drop", "order"),
    [
        ("passages", ("passages",)),
        ("history", ("history",)),
        ("[history, passages]", ("history", "passages")),
        ("[passages]", ("passages",)),
    ],
)
def test_what_is_dropped_stands_in_the_order_it_goes(
    tmp_path: Path, drop: str, order: tuple[str, ...]
) -> None:
    prompt = load(tmp_path, front=FRONT.replace("drop: passages", f"drop: {drop}"))
    assert prompt.budget == Budget(max_prompt_tokens=1000, drop=order)


@pytest.mark.parametrize("drop", ["question", "[]", "[passages, passages]", "[history, 3]", "{a: b}"])
def test_only_passages_and_history_can_be_dropped(tmp_path: Path, drop: str) -> None:
    problem = refused(tmp_path, front=FRONT.replace("drop: passages", f"drop: {drop}"))
    assert "'budget.drop' is" in problem.message
    assert "passages, history" in problem.remedy
