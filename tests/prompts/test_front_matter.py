"""Front matter is strict: what is wrong is named, with its place and what to do."""

from pathlib import Path

import pytest
from tests.prompts.written import BODY, FRONT, load, refused

from surefoot.errors import PromptError
from surefoot.prompts import load_prompt
from surefoot.records import Sampling


def with_input(text: str) -> str:
    return FRONT.replace("question: text", f"question: text, extra: {text}")


def with_model(text: str) -> str:
    return FRONT.replace("{alias: chat}", "{alias: chat, " + text + "}")


# The front matter, what the message names, and the line and column it points at.
WRONG = (
    (FRONT.replace("schema: 1", "schema: 2"), "'schema' is 2", 2, 1),
    (FRONT.replace("schema: 1\n", ""), "'schema' is missing", 2, 1),
    (FRONT.replace("schema: 1", "schema: true"), "'schema' is True", 2, 1),
    (FRONT.replace("schema: 1", "schema: '1'"), "'schema' is '1'", 2, 1),
    (FRONT.replace("name: sample", "name: other"), "'name' is 'other'", 3, 1),
    (FRONT.replace("name: sample\n", ""), "'name' is missing", 2, 1),
    (FRONT + "version: 3\n", "'version' is not a key", 7, 1),
    (FRONT + "owners: docs\n", "'owners' is 'docs'", 7, 1),
    (FRONT + "owners: [1]\n", "'owners' is [1]", 7, 1),
    (FRONT + "suites: {a: b}\n", "'suites'", 7, 1),
    (FRONT + "description: 3\n", "'description' is 3", 7, 1),
    (FRONT + "schema: 1\n", "'schema' stands here twice", 7, 1),
    (FRONT.replace("model: {alias: chat}\n", ""), "'model' is missing", 2, 1),
    (FRONT.replace("{alias: chat}", "chat"), "model is 'chat'", 4, 1),
    (FRONT.replace("{alias: chat}", "{}"), "'model.alias' is missing", 4, 1),
    (FRONT.replace("alias: chat", "alias: 'http://host'"), "'model.alias' is 'http://host'", 4, 9),
    (with_model("endpoint: x"), "'model.endpoint' is not a key", 4, 22),
    (with_model("temperature: 3"), "'model.temperature' is 3", 4, 22),
    (with_model("temperature: true"), "'model.temperature' is True", 4, 22),
    (with_model("temperature: .nan"), "'model.temperature' is '.nan'", 4, 22),
    (with_model("top_p: 0"), "'model.top_p' is 0", 4, 22),
    (with_model("max_output_tokens: 1.5"), "'model.max_output_tokens' is 1.5", 4, 22),
    (with_model("seed: -5"), "'model.seed' is -5", 4, 22),
    (with_model("stop: ['']"), "'model.stop'", 4, 22),
    (with_model("alias: chat"), "'alias' stands here twice", 4, 22),
    (FRONT.replace("budget: {max_prompt_tokens: 1000, drop: passages}\n", ""), "'budget' is missing", 2, 1),
    (FRONT.replace("1000", "0"), "'budget.max_prompt_tokens' is 0", 6, 10),
    (FRONT.replace("drop: passages", "drop: question"), "'budget.drop' is 'question'", 6, 35),
    (FRONT.replace("drop: passages", "keep: passages"), "'budget.keep' is not a key", 6, 35),
    (FRONT.replace("{question: text, passages: passages}", "[question]"), "'input'", 5, 1),
    (with_input("txt"), "'extra' is 'txt'", 5, 25),
    (with_input("3"), "'extra' is 3", 5, 25),
    (with_input("{type: strin}"), "'strin'", 5, 33),
    (with_input("{maxlength: 3}"), "'maxlength' is not a keyword", 5, 33),
    (with_input("{type: string, pattern: '(a+)+$'}"), "'pattern' is not a keyword", 5, 47),
    (with_input("{$ref: 'http://host/schema'}"), "'$ref' is not a keyword", 5, 33),
    (with_input("{items: {properties: {a: {$ref: '#'}}}}"), "'$ref' is not a keyword", 5, 58),
    (with_input("{anyOf: [{type: string}, {formt: x}]}"), "'formt' is not a keyword", 5, 58),
    (with_input("{type: string, default: 3}"), "the default of 'extra'", 5, 47),
    (FRONT.replace("question:", "Question:"), "'Question' cannot be the name", 5, 9),
    (FRONT.replace("question:", "loop:"), "'loop' cannot be the name", 5, 9),
    (FRONT.replace("question:", "_q:"), "'_q' cannot be the name", 5, 9),
    (FRONT + "output: text\n", "output is 'text'", 7, 1),
    (FRONT + "output: {format: yaml}\n", "'output.format' is 'yaml'", 7, 10),
    (FRONT + "output: {format: json}\n", "'output.schema' is missing", 7, 1),
    (FRONT + "output: {format: text, schema: {}}\n", "'output.schema' is {}", 7, 24),
    (FRONT + "output: {format: json, schema: {type: 3}}\n", "not a JSON Schema", 7, 33),
    (FRONT + "output: {format: json, schema: {$ref: 'http://host/s'}}\n", "leads out of the file", 7, 33),
    (FRONT + "output: {format: json, schema: {$ref: '#/$defs/a'}}\n", "leads to no schema", 7, 33),
    (
        FRONT + "output: {format: json, schema: {$ref: '#/default', default: {}}}\n",
        "leads to no schema",
        7,
        33,
    ),
    (
        FRONT + "output: {format: json, schema: {$defs: {"
        "a: {not: {$ref: '#/$defs/b'}}, b: {$ref: '#/$defs/a'}}}}\n",
        "leads back to itself",
        7,
        51,
    ),
    ("", "front matter is empty", 1, None),
    ("# only a comment\n", "front matter is empty", 1, None),
    ("- schema\n", "the front matter is ['schema']", 2, 1),
    ("schema: [1\n", "'[' that begins here goes wrong before its ']'", 2, 9),
    ("schema: 1\n\tname: x\n", "not YAML", 3, 1),
    ("schema: *one\n", "aliases are not read", 2, 9),
    ("schema: &one 1\nname: *one\n", "aliases are not read", 3, 7),
    ("schema: !!python/object/apply:os.system ['id']\n", "the tag", 2, 9),
    ("schema: !!binary aGk=\n", "the tag", 2, 9),
    ("? [a, b]\n: 1\n", "a key must be a text", 2, 3),
    ("schema: 99999999999999999999\n", "too large", 2, 9),
    ('name: "\\ud800"\n', "surrogate", 2, 7),
    ("name: \x07\n", "holds the character", 2, 7),
    ("schema: 1\n...\nname: 2\n", "not YAML", 4, 1),
    ('name: "\\Uffffffff"\n', "impossible escape", 1, None),
    ("schema: " + "[" * 30 + "]" * 30 + "\n", "levels deep", 2, 28),
    ("schema: " + "[" * 5000 + "]" * 5000 + "\n", "levels deep", 2, 28),
    ("#" * 20_001 + "\n", "20003 characters", 1, None),
)


@pytest.mark.parametrize(("front", "named", "line", "column"), WRONG)
def test_wrong_front_matter_is_refused_where_it_is_wrong(
    tmp_path: Path, front: str, named: str, line: int, column: int | None
) -> None:
    problem = refused(tmp_path, front=front)
    assert named in problem.message
    assert (problem.file, problem.line, problem.column) == (str(tmp_path / "sample.prompt.md"), line, column)


def test_an_unknown_key_names_the_known_ones(tmp_path: Path) -> None:
    known = (
        "schema, name, variant, description, owners, model, input, output, tools, tool_choice, budget, "
        "trust, includes, suites"
    )
    assert known in refused(tmp_path, front=FRONT + "endpoint: x\n").remedy
    known = "alias, temperature, top_p, max_output_tokens, seed, stop"
    assert known in refused(tmp_path, front=with_model("key: x")).remedy


def test_keys_that_are_left_out_have_their_defaults(tmp_path: Path) -> None:
    front = "schema: 1\nname: sample\nmodel: {alias: chat}\nbudget: {max_prompt_tokens: 5}\n"
    prompt = load(tmp_path, front=front, body="{% user %}hello{% enduser %}")
    assert prompt.sampling == Sampling()
    assert (prompt.description, prompt.owners, prompt.suites, prompt.variables) == ("", (), (), ())
    assert (prompt.budget.drop, prompt.output_format, prompt.output_schema) == ((), "text", None)


def test_every_sampling_key_reaches_the_model(tmp_path: Path) -> None:
    keys = "temperature: 1e-1, top_p: .5, max_output_tokens: 9, seed: 0, stop: [no, '2']"
    expected = Sampling(temperature=0.1, top_p=0.5, max_output_tokens=9, seed=0, stop=("no", "2"))
    assert load(tmp_path, front=with_model(keys)).sampling == expected


def test_a_json_output_carries_its_schema(tmp_path: Path) -> None:
    schema = "{type: object, properties: {a: {$ref: '#/$defs/b'}}, $defs: {b: {type: string, pattern: x}}}"
    prompt = load(tmp_path, front=FRONT + "output: {format: json, schema: " + schema + "}\n")
    assert prompt.output_format == "json"
    assert prompt.output_schema is not None
    assert prompt.output_schema["type"] == "object"


@pytest.mark.parametrize(
    "text", ["", "schema: 1\n", " ---\nschema: 1\n---\n", "---\nschema: 1\n", "--- \n----\n"]
)
def test_a_file_without_front_matter_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "sample.prompt.md").write_text(text + BODY, encoding="utf-8")
    with pytest.raises(PromptError, match="front matter") as caught:
        load_prompt(tmp_path, "sample")
    assert caught.value.line == 1
