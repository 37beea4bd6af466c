"""What a changed contract breaks for those who call the prompt, and what it does not."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.prompts.written import load

from surefoot.prompts import ContractChange, compare
from surefoot.prompts.narrowing import narrowings
from surefoot.prompts.schemas import value_fault
from surefoot.records import Json

FRONT = "schema: 1\nname: sample\nmodel: {alias: chat}\nbudget: {max_prompt_tokens: 1000}\n"
TOOLS = "tools: [{name: look_up, parameters: {type: object, properties: {word: {type: string}}}}]\n"
JSON_OUTPUT = "output: {format: json, schema: {type: object, properties: {days: {type: integer}}}}\n"


def changed(folder: Path, old: str, new: str) -> ContractChange:
    """What comes of one piece of front matter in place of another."""
    before, after = (
        load(folder, front=FRONT + front, body="{% user %}Hi{% enduser %}") for front in (old, new)
    )
    return compare(before.contract, after.contract)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("input: {a: text, b: text}\n", "input: {a: text}\n", "the input 'b' is gone"),
        ("input: {a: text}\n", "input: {a: text, b: text}\n", "the input 'b' is new and has no default"),
        ("input: {a: {type: string, default: x}}\n", "input: {a: text}\n", "'a' has no default any more"),
        ("input: {a: text}\n", "input: {a: passages}\n", "the input 'a' is of another kind"),
        ("input: {a: text}\n", "input: {a: {type: string, maxLength: 9}}\n", "maxLength 9, and had none"),
        ("input: {a: number}\n", "input: {a: {type: integer}}\n", "takes no number any more, only integer"),
        ("input: {a: text}\n", "input: {a: {type: string, enum: [x]}}\n", "takes only some values now: 'x'"),
        ("input: {a: {enum: [x, y]}}\n", "input: {a: {enum: [x]}}\n", "no longer takes 'y'"),
        ("", JSON_OUTPUT, "the output was text, and is json"),
        (JSON_OUTPUT, JSON_OUTPUT.replace("integer", "number"), "the output has another schema"),
        ("", TOOLS, "the tool 'look_up' is new"),
        (TOOLS, "", "the tool 'look_up' is gone"),
        (TOOLS, TOOLS.replace("word", "term"), "the tool 'look_up' has other parameters"),
        (TOOLS, TOOLS + "tool_choice: required\n", "'tool_choice' was 'auto', and is 'required'"),
    ],
)
def test_what_breaks_callers_is_said(tmp_path: Path, old: str, new: str, reason: str) -> None:
    change = changed(tmp_path, old, new)
    assert not change.compatible
    assert any(reason in each for each in change.reasons), change.reasons


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("", "input: {a: {type: string, default: x}}\n", "the input 'a' is new, and has a default"),
        ("input: {a: text}\n", "input: {a: {type: string, default: x}}\n", "the input 'a' has a default now"),
        (
            "input: {a: {type: string, maxLength: 9}}\n",
            "input: {a: text}\n",
            "takes all that it took, and more",
        ),
        ("input: {a: {type: integer}}\n", "input: {a: number}\n", "takes all that it took, and more"),
        ("input: {a: {enum: [x]}}\n", "input: {a: {enum: [y, x]}}\n", "takes all that it took, and more"),
    ],
)
def test_what_breaks_nobody_is_said_too(tmp_path: Path, old: str, new: str, reason: str) -> None:
    change = changed(tmp_path, old, new)
    assert change.compatible
    assert any(reason in each for each in change.reasons), change.reasons


def test_what_is_for_readers_alone_is_no_change(tmp_path: Path) -> None:
    new = "description: Other words\ninput: {a: {type: string, title: A, examples: [x]}}\n"
    assert changed(tmp_path, "input: {a: text}\n", new) == ContractChange(compatible=True, reasons=())


def test_what_breaks_comes_first(tmp_path: Path) -> None:
    change = changed(tmp_path, "input: {a: text}\n", "input: {b: {type: string, default: x}}\n")
    assert [reason.split(" is ")[1][:4] for reason in change.reasons] == ["gone", "new,"]


SCALARS = st.one_of(st.integers(-3, 3), st.text("ab", max_size=3), st.booleans(), st.none())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("pq"), inner, max_size=2),
    max_leaves=5,
)


def schemas(depth: int = 2) -> st.SearchStrategy[Mapping[str, Json]]:
    """Small schemas of the keywords that inputs take."""
    below = schemas(depth - 1) if depth else st.just({})
    bound = st.integers(0, 3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["string", "integer", "number", "array", "object", ["string", "null"]]),
            "enum": st.lists(SCALARS, min_size=1, max_size=3, unique_by=repr),
            "minLength": bound,
            "maxLength": bound,
            "minimum": bound,
            "exclusiveMaximum": bound,
            "multipleOf": st.integers(1, 3),
            "items": below,
            "maxItems": bound,
            "uniqueItems": st.booleans(),
            "properties": st.dictionaries(st.sampled_from("pq"), below, max_size=2),
            "required": st.lists(st.sampled_from("pq"), unique=True, max_size=2),
            "additionalProperties": st.booleans() | below,
            "anyOf": st.lists(below, min_size=1, max_size=2),
            "allOf": st.lists(below, min_size=1, max_size=2),
            "not": below,
        },
    )


@given(old=schemas(), new=schemas(), value=VALUES)
def test_a_schema_that_is_no_narrower_takes_every_value_that_the_old_one_took(
    old: Mapping[str, Json], new: Mapping[str, Json], value: Json
) -> None:
    if not [*narrowings(old, new, "it")] and value_fault(old, value) is None:
        assert value_fault(new, value) is None


@given(old=schemas(), loosened=st.sampled_from(["enum", "maxLength", "required", "not", "anyOf", "type"]))
def test_a_schema_with_a_keyword_less_is_no_narrower(old: Mapping[str, Json], loosened: str) -> None:
    new = {keyword: part for keyword, part in old.items() if keyword != loosened}
    assert [*narrowings(old, new, "it")] == []
