"""A stub gives a prompt's contract as Python types, whatever its files hold."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from tests.prompts.written import BODY, FRONT, load, passage, write

from surefoot.errors import ModelOutputError, PromptError
from surefoot.prompts.schemas import value_fault
from surefoot.prompts.stub import Stubbed, stub_text, to_stub
from surefoot.records import Json

REPOSITORY = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
RICH = """schema: 1
name: sample
description: Everything a contract can hold
model: {alias: chat}
input:
  question: {type: string, maxLength: 400, description: What is asked}
  passages: passages
  tone: {type: string, enum: [plain, formal], default: plain}
  limit: {type: [integer, "null"], default: null}
  class: {type: number, default: 0.5}
  turns:
    type: array
    items: {type: object, properties: {who: {type: string}, when-said: {type: integer}}, required: [who]}
    default: []
output:
  format: json
  schema:
    type: object
    properties:
      reason: {type: string, description: "Why; before the verdict"}
      verdict: {enum: [yes, no, 1, null]}
      tree: {$ref: "#/$defs/node"}
    required: [reason, verdict]
    $defs:
      node:
        type: object
        properties: {label: {type: string}, below: {type: array, items: {$ref: "#/$defs/node"}}}
        required: [label]
budget: {max_prompt_tokens: 1000, drop: passages}
"""
TOOLS = """tools:
- name: open-ticket
  parameters: {type: object, properties: {title: {type: string}}, required: [title]}
- {name: ping}
"""


def stub_of(folder: Path, front: str = FRONT, body: str = BODY) -> str:
    return stub_text([Stubbed(prompt=load(folder, front=front, body=body))], folder=".")


def module_of(text: str, folder: Path, name: str = "stub_under_test") -> ModuleType:
    """The stub, imported as an application would."""
    file = folder / f"{name}.py"
    file.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def for_pydantic(text: str) -> str:
    """The stub in words that pydantic reads: before Python 3.12 no other TypedDict, and never our Json."""
    text = text.replace("from typing import", "from typing_extensions import")
    return text.replace("from surefoot.records import Json", "from typing import Any as Json")


def test_a_contract_with_everything_is_as_the_golden_module(tmp_path: Path) -> None:
    assert stub_of(tmp_path, RICH) == (GOLDEN / "stub.txt").read_text(encoding="utf-8")


def test_the_module_renders_requests_and_reads_by_its_types(tmp_path: Path) -> None:
    module = module_of(stub_of(tmp_path, RICH), tmp_path)
    prompt = module.sample_prompt(folder=tmp_path)

    inputs = {"question": "How long?", "passages": [passage("30 days."), {"text": "Or more."}]}
    assert prompt.render(inputs)[0].content == "How long?"
    assert prompt.request(inputs)["response_format"]["type"] == "json_schema"
    assert prompt.read('{"reason": "It says so.", "verdict": 1}')["verdict"] == 1
    with pytest.raises(ModelOutputError, match="'maybe' is not one of"):
        prompt.read('{"reason": "", "verdict": "maybe"}')
    assert prompt.prompt.contract_digest == module.SAMPLE_CONTRACT


def test_a_changed_contract_is_refused_when_the_prompt_is_loaded(tmp_path: Path) -> None:
    module = module_of(stub_of(tmp_path), tmp_path)
    module.sample_prompt(folder=tmp_path)
    write(tmp_path, front=FRONT.replace("question: text", "question: text, tone: {type: string, default: x}"))
    with pytest.raises(PromptError, match="this code is for") as caught:
        module.sample_prompt(folder=tmp_path)
    assert "surefoot prompt stub --out" in caught.value.remedy


def test_a_reworded_prompt_leaves_the_stub_alone(tmp_path: Path) -> None:
    assert stub_of(tmp_path) == stub_of(tmp_path, body="{% user %}Say: {{ question }}{% enduser %}")


def test_arguments_of_tools_have_types(tmp_path: Path) -> None:
    module = module_of(stub_of(tmp_path, FRONT + TOOLS), tmp_path)
    assert module.SampleOpenTicketArguments.__required_keys__ == {"title"}
    assert module.SamplePingArguments == dict[str, Json]


def test_variants_are_chosen_by_a_literal_and_an_orphan_stands_alone(tmp_path: Path) -> None:
    write(tmp_path)
    text = (tmp_path / "sample.prompt.md").read_text(encoding="utf-8")
    for name in ("sample.short", "sample.long", "other.one"):
        base, _, variant = name.partition(".")
        told = text.replace("name: sample", f"name: {base}\nvariant: {variant}")
        (tmp_path / f"{name}.prompt.md").write_text(told, encoding="utf-8")

    written = stub_text(to_stub(tmp_path), folder=".")

    assert 'variant: Literal["long", "short"] | None = None' in written
    module = module_of(written, tmp_path)
    assert module.sample_prompt("short", folder=tmp_path).prompt.variant == "short"
    assert module.other_one_prompt(folder=tmp_path).prompt.name == "other.one"


def test_two_names_that_are_one_in_python_are_refused(tmp_path: Path) -> None:
    write(tmp_path)
    text = (tmp_path / "sample.prompt.md").read_text(encoding="utf-8")
    for name in ("a-b", "a_b"):
        (tmp_path / f"{name}.prompt.md").write_text(text.replace("sample", name), encoding="utf-8")
    with pytest.raises(PromptError, match="'a-b' and 'a_b' would have the same name"):
        stub_text(to_stub(tmp_path, ["a-b", "a_b"]), folder=".")


HOSTILE = (
    '"""\nimport os\nos.abort()\n"""',
    "\\",
    'a"',
    "\u2028x",
    "\u202eabc",
    "\r\nimport os",
    "#",
    "{x}",
    "Sequence[",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_prompt_becomes_code(tmp_path: Path, text: str) -> None:
    said = json.dumps(text)
    front = FRONT.replace("question: text", f"question: {{type: string, description: {said}}}")
    front = front.replace("name: sample", f"name: sample\ndescription: {said}") + (
        f"output: {{format: json, schema: {{type: object, properties: {{{said}: {{enum: [{said}], "
        f"description: {said}}}}}, required: [{said}]}}}}\n"
    )
    written = stub_of(tmp_path, front)
    module = module_of(for_pydantic(written), tmp_path)
    TypeAdapter(module.SampleOutput).validate_python({text: text}, strict=True)
    assert all(line.isprintable() for line in written.splitlines())
    assert "import os" not in [line.strip() for line in written.splitlines()]


def test_every_stub_passes_ruff(tmp_path: Path) -> None:
    prompts = [*to_stub(REPOSITORY / "prompts"), Stubbed(prompt=load(tmp_path, front=RICH))]
    file = tmp_path / "stub.py"
    file.write_text(stub_text(prompts, folder="."), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--ignore-noqa",
        "--no-cache",
        "--line-length",
        "110",
    ]
    command += [
        "--target-version",
        "py311",
        "--select",
        "A,ARG,B,D2,D3,E,F,I,N,PIE,RUF,S,SIM,UP,W",
        str(file),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


texts = st.sampled_from(["a", "b", "é\n", 'x"y'])
scalars: st.SearchStrategy[Json] = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.just(0.5), texts
)
keys = st.sampled_from(["a", "b", "class", "a-b", "__a"])
plain_schemas: st.SearchStrategy[dict[str, Json]] = st.one_of(
    st.sampled_from(["string", "integer", "number", "boolean", "null"]).map(lambda kind: {"type": kind}),
    st.lists(texts, min_size=1, max_size=3).map(lambda among: {"enum": [*among, None]}),
    st.integers(5, 9).map(lambda value: {"const": value}),
    st.just({}),
    st.just({"$ref": "#/$defs/d"}),
)
schemas = st.recursive(
    plain_schemas,
    lambda inner: st.one_of(
        inner.map(lambda part: {"type": "array", "items": part}),
        inner.map(lambda part: {"type": "object", "additionalProperties": part}),
        st.tuples(st.dictionaries(keys, inner, max_size=3), st.lists(keys, max_size=2, unique=True)).map(
            lambda parts: {"type": "object", "properties": parts[0], "required": parts[1]}
        ),
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"anyOf": parts}),
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"allOf": parts}),
    ),
    max_leaves=5,
)
values: st.SearchStrategy[Json] = st.recursive(
    st.one_of(scalars, st.integers(5, 9)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(schemas, schemas, st.lists(values, min_size=1, max_size=8))
def test_what_fits_the_schema_fits_the_type(
    schema: dict[str, Json], shared: dict[str, Json], tried: list[Json]
) -> None:
    whole: dict[str, Json] = {
        "type": "object",
        "properties": {"v": schema},
        "required": ["v"],
        "$defs": {"d": shared},
    }
    with TemporaryDirectory() as name:
        folder = Path(name)
        try:
            prompt = load(folder, front=FRONT + f"output: {{format: json, schema: {json.dumps(whole)}}}\n")
            faults = [value_fault(whole, {"v": value}) for value in tried]
        except (PromptError, RecursionError):
            return
        module = module_of(for_pydantic(stub_text([Stubbed(prompt=prompt)], folder=".")), folder)
        adapter = TypeAdapter(module.SampleOutput)
        for value, fault in zip(tried, faults, strict=True):
            if fault is None:
                try:
                    adapter.validate_python({"v": value}, strict=True)
                except ValidationError as problem:
                    pytest.fail(f"{schema} takes {value!r}, and the type does not: {problem}")
