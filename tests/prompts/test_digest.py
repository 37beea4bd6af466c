"""Equal meaning has an equal digest; any change of meaning changes it."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.prompts.written import load

from surefoot.prompts import load_prompt

FRONT = """schema: 1
name: sample
description: First words
owners: ["@one"]
model: {alias: chat, temperature: 0.0, top_p: 1.0, max_output_tokens: 200, seed: 7, stop: ["a", "b"]}
input:
  question: {type: string, maxLength: 4000}
  passages: passages
output: {format: text}
budget: {max_prompt_tokens: 1400, drop: passages}
suites: [answers]
"""
BODY = '{% system %}Be kind. {% include "rules" %}{% endsystem %}\n{% user %}{{ question }}{% enduser %}\n'
RULES = "Cite."

SAME_FRONT = """# a comment
suites: []
output:
    format: "text"     # another
budget:
    drop: passages
    max_prompt_tokens: 1400
input: {passages: 'passages', question: {"maxLength": 4000, "type": "string"}}
owners: ["@two", "@three"]
model:
    stop:
      - a
      - 'b'
    seed: 7
    max_output_tokens: 200
    temperature: 0
    alias: chat
name: 'sample'
description: >
    Other words
schema: 1
"""

SAME = (
    (FRONT, BODY.rstrip() + "   \n\n\n", RULES),
    (FRONT, BODY, RULES + "\n\n"),
    (FRONT.replace("\n", "\r\n"), BODY.replace("\n", "\r\n"), RULES),
    (FRONT.replace("description: First words\n", ""), BODY, RULES),
    (FRONT.replace("output: {format: text}\n", ""), BODY, RULES),
    (SAME_FRONT, BODY, RULES),
)
OTHER_FRONT = (
    ("alias: chat", "alias: small"),
    ("temperature: 0.0", "temperature: 0.1"),
    ("top_p: 1.0", "top_p: 0.9"),
    ("max_output_tokens: 200", "max_output_tokens: 201"),
    ("seed: 7", "seed: 8"),
    ('stop: ["a", "b"]', 'stop: ["b", "a"]'),
    ("maxLength: 4000", "maxLength: 4001"),
    ("{type: string, maxLength: 4000}", "{type: string, maxLength: 4000, default: x}"),
    ("  passages: passages\n", "  passages: passages\n  more: passages\n"),
    ("{format: text}", "{format: json, schema: {type: object}}"),
    ("max_prompt_tokens: 1400", "max_prompt_tokens: 1401"),
    (", drop: passages", ""),
)


def digests(folder: Path, front: str = FRONT, body: str = BODY, rules: str = RULES) -> tuple[str, str]:
    prompt = load(folder, front=front, body=body, rules=rules)
    return prompt.digest, prompt.contract_digest


@pytest.mark.parametrize(("front", "body", "rules"), SAME)
def test_formatting_owners_description_and_suites_do_not_count(
    tmp_path: Path, front: str, body: str, rules: str
) -> None:
    assert digests(tmp_path, front, body, rules) == digests(tmp_path)


@pytest.mark.parametrize(("old", "new"), OTHER_FRONT)
def test_a_changed_key_changes_the_digest(tmp_path: Path, old: str, new: str) -> None:
    assert old in FRONT
    changed, changed_contract = digests(tmp_path, FRONT.replace(old, new))
    digest, contract = digests(tmp_path)
    assert changed != digest
    touches_contract = any(word in new for word in ("maxLength", "more", "json"))
    assert (changed_contract != contract) == touches_contract


RECORDED = "c0826a9e0fd5bf0da373c5bd44d64f95b8db03e44b0ed197f98d4752b1cc05da"
EVERYTHING = """{% system %}Be {{ tone | default("kind") }}. {% include "rules" %}{% endsystem %}
{% history %}
{% for p in passages if p.text is string and not p.source in ["x"] %}
{% user %}{{ -1 + loop.index * 2 }} {{ p.headings[0:1] | join(sep) if p.headings else {"a": 1}["a"] }}
{% if p.source == "a" or p.source in ("b", "c") %}{{ p.source ~ ":" ~ p["text"] }}
{% elif 7 // 2 > 1 %}{{ [1, true, none] | first }}{% endif %}
{% enduser %}
{% endfor %}
{% set sep = ", " %}
{% user %}{{ question | replace("a", "b") }}{{ passages | map(attribute="text") | join(sep) }}{% enduser %}
"""


def test_the_canonical_form_is_the_one_on_record(tmp_path: Path) -> None:
    """When this fails, digests have changed, on purpose or by an upgrade: releases have to be proven anew."""
    front = FRONT.replace("  passages: passages\n", "  passages: passages\n  tone: text\n  sep: text\n")
    assert digests(tmp_path, front, EVERYTHING)[0] == RECORDED


def test_a_changed_body_or_include_changes_the_digest_and_not_the_contract(tmp_path: Path) -> None:
    digest, contract = digests(tmp_path)
    body = digests(tmp_path, body=BODY.replace("kind", "short"))
    rules = digests(tmp_path, rules="Cite!")
    assert len({digest, body[0], rules[0]}) == 3
    assert {contract, body[1], rules[1]} == {contract}
    assert len(digest) == len(contract) == 64


def test_the_name_is_part_of_the_digest(tmp_path: Path) -> None:
    first = load(tmp_path, front=FRONT, body=BODY, rules=RULES)
    text = (tmp_path / "sample.prompt.md").read_text(encoding="utf-8")
    (tmp_path / "other.prompt.md").write_text(text.replace("name: sample", "name: other"), encoding="utf-8")
    other = load_prompt(tmp_path, "other")
    assert other.digest != first.digest
    assert other.contract_digest == first.contract_digest


def test_it_does_not_count_which_file_a_text_stands_in(tmp_path: Path) -> None:
    body = BODY.replace('{% include "rules" %}', "Cite.")
    assert digests(tmp_path, body=body)[0] == digests(tmp_path)[0]


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_the_order_of_keys_and_the_quotes_never_count(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    chance = random.Random(seed)
    blocks = FRONT.replace("\n  ", "\0  ").splitlines()
    chance.shuffle(blocks)
    shuffled = "".join(f"{block}  # {seed}\n" if "\0" not in block else f"{block}\n" for block in blocks)
    front = shuffled.replace("\0", "\n").replace(
        "name: sample", chance.choice(["name: 'sample'", 'name: "sample"'])
    )
    assert digests(folder, front) == digests(folder)


@settings(deadline=None, max_examples=60)
@given(first=st.text("ab {}\n", max_size=6), second=st.text("ab {}\n", max_size=6))
def test_texts_have_one_digest_when_they_make_one_message(
    first: str, second: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    one, two = (
        load(folder, front=FRONT, body="{% user %}{% raw %}" + text + "{% endraw %}{% enduser %}")
        for text in (first, second)
    )
    values: dict[str, object] = {"question": "", "passages": []}
    assert (one.digest == two.digest) == (one.render(values) == two.render(values))
