"""The published schema of cases is held to what loading takes: the same keys, bounds and faults."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.evals.test_cases import GOOD, WRONG

from surefoot.errors import SettingsError
from surefoot.evals.case_reading import KEYS, read_case
from surefoot.evals.case_schema import case_schema, case_schema_text
from surefoot.records import Json

REPOSITORY = Path(__file__).parents[2]
PUBLISHED = REPOSITORY / "docs" / "reference" / "case.schema.json"
SCHEMA = case_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def loads(case: object) -> bool:
    try:
        read_case(json.dumps(case).encode(), "cases.jsonl:1")
    except SettingsError:
        return False
    return True


def properties() -> Mapping[str, Json]:
    found = SCHEMA["properties"]
    assert isinstance(found, dict)
    return found


def test_the_published_file_is_the_schema_of_the_code() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == case_schema_text(), (
        "write it anew: surefoot eval cases schema --out docs/reference/case.schema.json"
    )
    Draft202012Validator.check_schema(SCHEMA)


def test_every_key_is_in_the_schema_with_words_for_an_editor_and_no_other_is() -> None:
    assert sorted(properties()) == sorted(KEYS)
    assert [
        name for name, said in properties().items() if isinstance(said, dict) and not said["description"]
    ] == []


@pytest.mark.parametrize(("changes", "said"), WRONG)
def test_what_loading_refuses_of_a_line_the_schema_refuses(changes: Mapping[str, object], said: str) -> None:
    changed = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}

    assert not loads(changed) and not VALIDATOR.is_valid(changed)


@pytest.mark.parametrize("file", sorted((REPOSITORY / "evals").glob("*/cases.jsonl")), ids=str)
def test_every_case_of_this_repository_fits(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()

    assert [error.message for line in lines for error in VALIDATOR.iter_errors(json.loads(line))] == []


words = st.sampled_from(["", " ", "\t\n", "a", "a b", "\u00a0", "x" * 101, "ask for {canary}", "y" * 1001])
leaves = st.one_of(words, st.integers(0, 1), st.booleans(), st.none())
texts = st.lists(leaves, max_size=2)
place = st.fixed_dictionaries(
    {}, optional={"source": words, "quote": words, "page": leaves}
) | st.fixed_dictionaries({"source": st.sampled_from("ab"), "quote": st.sampled_from("cd")})
fact = st.lists(place | leaves, max_size=3) | st.lists(place, min_size=8, max_size=9) | leaves
sometimes_right = {
    "id": st.sampled_from(["a-case", "a-case", "", " ", "-", "a\n", "é", "x" * 100, "x" * 101, 7]),
    "kind": st.sampled_from(["single", "several", "misleading", "unanswerable", "simple", None, True]),
    "cluster": words,
    "question": words,
    "reference": words,
}
now_and_then = {
    "facts": st.lists(fact, max_size=3) | st.lists(fact, min_size=8, max_size=9) | leaves,
    "tags": texts | leaves,
    "history": leaves
    | st.lists(
        leaves
        | st.fixed_dictionaries(
            {},
            optional={
                "role": st.sampled_from(["user", "assistant", "system", None]),
                "content": words,
                "name": words,
            },
        ),
        max_size=2,
    ),
    "groups": texts | leaves,
    "planted": words,
    "split": leaves,
    "provenance": leaves | st.dictionaries(words, leaves, max_size=3) | texts,
    "status": st.sampled_from(["accepted", "proposed", "new", "", None, True, []]),
    "other": leaves,
}
right = st.fixed_dictionaries(
    {
        "id": st.just("a"),
        "kind": st.sampled_from(["single", "several", "misleading", "unanswerable"]),
        "cluster": st.just("c"),
        "question": st.just("q"),
        "reference": st.just("r"),
    },
    optional={
        "facts": st.lists(
            st.lists(
                st.fixed_dictionaries({"source": st.sampled_from("ab"), "quote": st.sampled_from("cd")}),
                min_size=1,
                max_size=3,
            ),
            max_size=3,
        ),
        "provenance": st.dictionaries(st.sampled_from(["file", "row", ""]), words, max_size=2) | words,
        "status": st.sampled_from(["accepted", "proposed"]),
        "split": words,
        "planted": words,
    },
)


@settings(max_examples=600, deadline=None)
@given(right | st.fixed_dictionaries(sometimes_right, optional=now_and_then))
def test_the_schema_takes_what_loading_takes_and_refuses_what_it_refuses(case: dict[str, object]) -> None:
    assert VALIDATOR.is_valid(case) == loads(case)
