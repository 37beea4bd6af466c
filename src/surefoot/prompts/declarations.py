"""What a prompt's front matter declares, key by key."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from surefoot.prompts.fields import Fields, Located
from surefoot.prompts.language import RESERVED
from surefoot.prompts.schemas import INPUT_KEYWORDS, OUTPUT_KEYWORDS, schema_fault, value_fault
from surefoot.prompts.variables import Variable
from surefoot.records import Json, Sampling

SCHEMA = 1
PASSAGES = "passages"
SHORT_FORMS: Mapping[str, Mapping[str, Json]] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    PASSAGES: {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "source": {"type": "string"},
                "headings": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["text", "source", "headings"],
        },
    },
}

_VARIABLE = re.compile(r"[a-z][a-z0-9_]*\Z")
_ALIAS = r"[a-z0-9][a-z0-9_-]{0,63}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many tokens the messages may take, and the variable whose passages are dropped to keep to it."""

    max_prompt_tokens: int
    drop: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What the model is to answer: text, or JSON that fits a JSON Schema."""

    format: Literal["text", "json"] = "text"
    schema: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declarations:
    """The front matter, checked."""

    description: str
    owners: tuple[str, ...]
    suites: tuple[str, ...]
    model_alias: str
    sampling: Sampling
    variables: tuple[Variable, ...]
    output: Output
    budget: Budget


def read_declarations(front: Located, *, name: str, file: str) -> Declarations:
    """Check the front matter of the prompt `name`; PromptError points at the first key that is wrong."""
    fields = Fields(front, file=file)
    _check_schema_and_name(fields, name)
    description, owners = fields.text("description", ""), fields.texts("owners")
    model_alias, sampling = _model(fields)
    variables = _variables(fields.take("input"), file)
    output = _output(fields, file)
    budget = _budget(fields, variables)
    suites = fields.texts("suites")
    fields.finish()
    return Declarations(
        description=description,
        owners=owners,
        suites=suites,
        model_alias=model_alias,
        sampling=sampling,
        variables=variables,
        output=output,
        budget=budget,
    )


def _check_schema_and_name(fields: Fields, name: str) -> None:
    found = fields.take("schema")
    if found is None or found.value != SCHEMA or isinstance(found.value, bool | float):
        raise fields.wrong("schema", f"the value {SCHEMA}, the one this surefoot reads, or upgrade surefoot")
    if fields.text("name") != name:
        raise fields.wrong("name", f"the file's own name, {name!r}")


def _model(fields: Fields) -> tuple[str, Sampling]:
    model = fields.fields("model")
    if model is None:
        raise fields.wrong("model", "an alias of serving/models.toml, like {alias: chat}")
    usual = Sampling()
    alias = model.text("alias", pattern=_ALIAS)
    sampling = Sampling(
        temperature=model.number("temperature", usual.temperature, least=0, most=2),
        top_p=model.number("top_p", usual.top_p, least=0.001, most=1),
        max_output_tokens=model.integer(
            "max_output_tokens", usual.max_output_tokens, least=1, most=1_000_000
        ),
        seed=None if model.take("seed") is None else model.integer("seed", least=0, most=10**15),
        stop=model.texts("stop"),
    )
    model.finish()
    return alias, sampling


def _variables(declared: Located | None, file: str) -> tuple[Variable, ...]:
    if declared is None:
        return ()
    if not isinstance(declared.value, Mapping):
        raise declared.wrong("'input' is not names and schemas", "Write it like {question: text}.", file=file)
    return tuple(_variable(name, located, file) for name, located in declared.keys.items())


def _variable(name: str, located: Located, file: str) -> Variable:
    """One input, from its short form or its JSON Schema."""
    if not _VARIABLE.match(name) or name in RESERVED:
        remedy = "Use lower-case letters, digits and '_', a letter first, and no word of Jinja2."
        raise located.wrong(f"{name!r} cannot be the name of an input", remedy, file=file)
    value = located.value
    if isinstance(value, str) and value in SHORT_FORMS:
        kind: Literal["value", "passages"] = "passages" if value == PASSAGES else "value"
        return Variable(name=name, kind=kind, schema=SHORT_FORMS[value], required=True)
    if not isinstance(value, Mapping):
        forms = ", ".join(SHORT_FORMS)
        raise located.wrong(
            f"the input {name!r} is {value!r}",
            f"Use a JSON Schema, like {{type: string}}, or a short form: {forms}.",
            file=file,
        )
    schema = _schema(located, value, INPUT_KEYWORDS, file)
    default = value.get("default")
    fault = value_fault(schema, default) if "default" in value else None
    if fault is not None:
        raise located.at(["default"]).wrong(
            f"the default of {name!r} does not fit its own schema: {fault}", "Change one of them.", file=file
        )
    return Variable(name=name, kind="value", schema=schema, required="default" not in value, default=default)


def _schema(
    located: Located, value: Mapping[str, Json], keywords: Sequence[str], file: str
) -> Mapping[str, Json]:
    """The schema itself, when it is one."""
    fault = schema_fault(value, keywords=keywords)
    if fault is not None:
        path, reason = fault
        raise located.at(path).wrong(
            f"this is not a JSON Schema: {reason}",
            "Write JSON Schema 2020-12 with the known keywords.",
            file=file,
        )
    return value


def _output(fields: Fields, file: str) -> Output:
    output = fields.fields("output")
    if output is None:
        return Output()
    form = output.text("format", pattern="text|json")
    located = output.take("schema")
    output.finish()
    if form == "text" and located is None:
        return Output()
    if form == "text" or located is None or not isinstance(located.value, Mapping):
        raise output.wrong(
            "schema", "a JSON Schema with 'format: json', and leave it out with 'format: text'"
        )
    return Output(format="json", schema=_schema(located, located.value, OUTPUT_KEYWORDS, file))


def _budget(fields: Fields, variables: Sequence[Variable]) -> Budget:
    budget = fields.fields("budget")
    if budget is None:
        raise fields.wrong("budget", "a limit, like {max_prompt_tokens: 3000, drop: passages}")
    most = budget.integer("max_prompt_tokens", least=1, most=10_000_000)
    dropped = budget.take("drop")
    budget.finish()
    droppable = [variable.name for variable in variables if variable.kind == "passages"]
    if dropped is None:
        return Budget(max_prompt_tokens=most)
    if dropped.value not in droppable:
        named = ", ".join(droppable) or "none is declared"
        raise budget.wrong("drop", f"an input of the kind 'passages' ({named}), or leave it out")
    return Budget(max_prompt_tokens=most, drop=str(dropped.value))
