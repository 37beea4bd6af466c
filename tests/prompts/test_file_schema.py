"""The published schema of front matter is held to what loading takes: the same keys, bounds and faults."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.prompts.test_front_matter import WRONG
from tests.prompts.written import BODY, FRONT, load, refused, write

from surefoot.errors import PromptError
from surefoot.prompts import load_prompt
from surefoot.prompts.file_schema import front_matter_schema, front_matter_schema_text
from surefoot.prompts.files import read_prompt_file
from surefoot.prompts.front_matter import read_yaml, split
from surefoot.records import Json

REPOSITORY = Path(__file__).parents[2]
PUBLISHED = REPOSITORY / "docs" / "reference" / "prompt-file.schema.json"
SCHEMA = front_matter_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
MODELINE = "# yaml-language-server: $schema=prompt-file.schema.json\n"
JSON_OUTPUT = "output: {format: json, schema: {type: object, properties: {a: {type: string}}}}\n"
TOOLS = "tools: [{name: find, description: Find, parameters: {type: object}}]\ntool_choice: find\n"

# Faults that need more than the front matter itself, or more than JSON Schema can say.
ONLY_LOADING_SEES = (
    "'schema' is True",  # for some validators true is 1
    "name: other",
    "drop: question",
    "default: 3",
    "$ref: '#/",  # where a reference leads
)


def read(front: str) -> Json:
    """The front matter as loading reads it."""
    return read_yaml("\n" + front, file="sample").value


def schema_takes(front: str) -> bool:
    return VALIDATOR.is_valid(read(front))


def mapping_at(*path: str) -> Mapping[str, Json]:
    here: Json = SCHEMA
    for step in path:
        assert isinstance(here, Mapping)
        here = here[step]
    assert isinstance(here, Mapping)
    return here


def test_the_published_file_is_the_schema_of_the_code() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == front_matter_schema_text(), (
        "write it anew: surefoot prompt schema --out docs/reference/prompt-file.schema.json"
    )
    Draft202012Validator.check_schema(SCHEMA)


def known_keys(problem: PromptError) -> set[str]:
    """The keys that loading lists when it meets one that it does not know."""
    listed = re.search(r"(?:use one of:|Use only) ([\w, -]+)", problem.remedy)
    assert listed, problem.remedy
    return set(listed[1].split(", "))


@pytest.mark.parametrize(
    ("front", "path"),
    [
        (FRONT + "other: 1\n", ("properties",)),
        (FRONT.replace("alias: chat", "alias: chat, other: 1"), ("properties", "model", "properties")),
        (
            FRONT.replace("max_prompt_tokens: 1000", "max_prompt_tokens: 1000, other: 1"),
            ("properties", "budget", "properties"),
        ),
        (FRONT + "output: {format: text, other: 1}\n", ("properties", "output", "properties")),
        (FRONT + "tools: [{name: a, other: 1}]\n", ("properties", "tools", "items", "properties")),
    ],
)
def test_every_key_of_the_loader_is_in_the_schema_and_no_other(
    tmp_path: Path, front: str, path: tuple[str, ...]
) -> None:
    assert known_keys(refused(tmp_path, front=front)) == set(mapping_at(*path))
    assert not schema_takes(front)


def silent(schema: Json, where: str = "") -> Iterator[str]:
    """The keys that an editor would offer without a word."""
    for keyword, part in schema.items() if isinstance(schema, Mapping) else ():
        if keyword in ("properties", "$defs") and isinstance(part, Mapping):
            for name, inner in part.items():
                if keyword == "properties" and not (isinstance(inner, Mapping) and inner.get("description")):
                    yield f"{where}/{name}"
                yield from silent(inner, f"{where}/{name}")
        elif keyword in ("items", "additionalProperties"):
            yield from silent(part, f"{where}/{keyword}")


def test_an_editor_has_words_for_every_key() -> None:
    assert [*silent(SCHEMA)] == []


def bounds(schema: Json, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Mapping[str, Json]]]:
    for name, part in mapping_at("properties", *path, *(("properties",) if path else ())).items():
        if isinstance(part, Mapping) and "minimum" in part:
            yield (*path, name), part


@pytest.mark.parametrize("section", ["model", "budget"])
def test_the_bounds_of_numbers_are_those_of_the_loader(tmp_path: Path, section: str) -> None:
    found = dict(bounds(SCHEMA, (section,)))
    assert found
    for (_, key), part in found.items():
        least, most = part["minimum"], part.get("maximum")
        assert isinstance(least, int | float) and isinstance(most, int | float)
        step = 1 if part["type"] == "integer" else 0.0005
        for number, taken in ((least, True), (most, True), (least - step, False), (most + step, False)):
            assert VALIDATOR.is_valid(with_number(section, key, number)) == taken
            front = with_key(section, key, number)
            if taken:
                load(tmp_path, front=front)
            else:
                refused(tmp_path, front=front)


def with_number(section: str, key: str, number: float) -> Json:
    front = read(FRONT)
    assert isinstance(front, dict) and isinstance(front[section], dict)
    return {**front, section: {**front[section], key: number}}


def with_key(section: str, key: str, number: float) -> str:
    front = re.sub(rf"{key}: \d+(, )?", "", FRONT)
    return front.replace(f"{section}: {{", f"{section}: {{{key}: {number!r}, ")


@pytest.mark.parametrize("front", [front for front, *_ in WRONG])
def test_what_loading_refuses_of_the_front_matter_the_schema_refuses(front: str) -> None:
    try:
        taken = schema_takes(front)
    except PromptError:
        return  # not YAML, for editors too
    assert not taken or any(part in front or part in f"{read(front)}" for part in ONLY_LOADING_SEES), front


def test_the_projects_own_prompts_and_the_documented_ones_fit(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "reference" / "prompt-files.md").read_text(encoding="utf-8")
    documented = re.findall(r"^```markdown\n---\n(.*?)^---\n", page, re.MULTILINE | re.DOTALL)
    own = [
        split(read_prompt_file(file.parent, file.name.removesuffix(".prompt.md")))[0]
        for file in (REPOSITORY / "prompts").glob("*.prompt.md")
    ]
    assert documented and own
    for front in [*documented, *own]:
        assert [*VALIDATOR.iter_errors(read(front))] == []


def test_the_line_that_names_the_schema_for_editors_changes_no_digest(tmp_path: Path) -> None:
    plain = load(tmp_path, front=FRONT)
    told = load(tmp_path, front=MODELINE + FRONT)
    assert (told.digest, told.contract_digest) == (plain.digest, plain.contract_digest)


words = st.sampled_from(
    ["", "chat", "text", "passages", "a b", "ab12", "Ab", "none", "0123456789ab", "x" * 70]
)
numbers = st.one_of(st.integers(-2, 3), st.sampled_from([0.5, 1.5, 300, 10**9]))
leaves = st.one_of(words, numbers, st.booleans(), st.none())
KEYWORDS = sorted(mapping_at("$defs", "output-schema", "properties"))
schema_values = st.recursive(
    st.one_of(leaves, st.sampled_from(["string", "object", "array", "#/$defs/a", "http://a"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from([*KEYWORDS, "a", "typ"]), inner, max_size=3),
    ),
    max_leaves=6,
)
short_forms = st.sampled_from(["text", "number", "boolean", "passages", "txt"])
inputs = st.one_of(
    short_forms,
    st.dictionaries(st.sampled_from(KEYWORDS), schema_values, max_size=3),
    st.fixed_dictionaries({"type": st.just("passages")}, optional={"default": schema_values, "title": words}),
)
names = st.sampled_from(["question", "passages", "extra", "Question", "loop", "user", "_a"])
sometimes_right = {
    "schema": st.sampled_from([1, 1, 1, 2, True]),
    "name": st.sampled_from(["sample", "sample", "other", ""]),
    "model": st.fixed_dictionaries(
        {"alias": words},
        optional={
            "temperature": numbers,
            "top_p": numbers,
            "max_output_tokens": numbers,
            "seed": leaves,
            "stop": st.lists(words, max_size=2),
        },
    ),
    "budget": st.fixed_dictionaries(
        {"max_prompt_tokens": numbers},
        optional={"drop": st.one_of(names, st.lists(names, max_size=2), st.just("history"))},
    ),
}
now_and_then = {
    "variant": words,
    "description": leaves,
    "owners": st.one_of(words, st.lists(words, max_size=2)),
    "suites": st.lists(leaves, max_size=2),
    "input": st.dictionaries(names, inputs, max_size=3),
    "trust": st.dictionaries(names, st.sampled_from(["user", "retrieved", "operator", "x"]), max_size=2),
    "includes": st.dictionaries(words, words, max_size=1),
    "output": st.fixed_dictionaries(
        {"format": st.sampled_from(["text", "json", "yaml"])}, optional={"schema": schema_values}
    ),
    "tools": st.lists(
        st.fixed_dictionaries(
            {"name": words},
            optional={
                "description": words,
                "parameters": st.fixed_dictionaries({"type": st.just("object")}, optional={"a": leaves}),
            },
        ),
        max_size=2,
    ),
    "tool_choice": st.sampled_from(["auto", "chat", "no"]),
    "other": leaves,
}


@settings(max_examples=400, deadline=None)
@given(st.fixed_dictionaries(sometimes_right, optional=now_and_then))
def test_what_loading_takes_the_schema_takes(front: dict[str, object]) -> None:
    body = "{% user %}hello{% enduser %}"
    with TemporaryDirectory() as folder:
        write(Path(folder), front=yaml.safe_dump(front), body=body)
        try:
            load_prompt(Path(folder), "sample")
        except PromptError:
            return
    assert [error.message for error in VALIDATOR.iter_errors(front)] == []


@pytest.mark.parametrize(
    "more", ["", JSON_OUTPUT, TOOLS, "trust: {question: operator}\n", "owners: ['@a']\n"]
)
def test_whole_files_are_taken_by_both(tmp_path: Path, more: str) -> None:
    load(tmp_path, front=FRONT + more, body=BODY)
    assert schema_takes(FRONT + more)
