"""The inputs that a prompt declares: short forms, JSON Schemas, defaults and examples."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from surefoot.prompts.fields import Fields, Located
from surefoot.prompts.language import RESERVED, ROLES
from surefoot.prompts.schemas import INPUT_KEYWORDS, checked_schema, value_fault
from surefoot.prompts.variables import Trust, Variable
from surefoot.records import Json

PASSAGES = "passages"
HISTORY = "history"
TRUST_LEVELS: Mapping[str, Trust] = {"user": "user", "retrieved": "retrieved", "operator": "operator"}
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

VARIABLE = r"[a-z][a-z0-9_]*"
NOT_NAMES = RESERVED | {HISTORY, *ROLES}
PASSAGES_KEYWORDS = ("type", "title", "description", "default", "examples")


def read_inputs(declared: Located | None, *, file: str) -> tuple[Variable, ...]:
    """The variables under `input`, in the order they are written."""
    if declared is None:
        return ()
    if not isinstance(declared.value, Mapping):
        raise declared.wrong("'input' is not names and schemas", "Write it like {question: text}.", file=file)
    return tuple(_variable(name, located, file) for name, located in declared.keys.items())


def read_trust(fields: Fields | None, variables: Sequence[Variable]) -> Mapping[str, Trust]:
    """Where each variable's text comes from: as declared, else "retrieved" for passages and "user"."""
    trust: dict[str, Trust] = {
        variable.name: "retrieved" if variable.kind == "passages" else "user" for variable in variables
    }
    if fields is not None:
        fields.only(trust, "an input of this prompt")
        for name in trust:
            level = fields.text(name, trust[name], pattern="|".join(TRUST_LEVELS))
            trust[name] = TRUST_LEVELS[level]
    return trust


def _variable(name: str, located: Located, file: str) -> Variable:
    """One input, from its short form or its JSON Schema."""
    if not re.fullmatch(VARIABLE, name) or name in NOT_NAMES:
        remedy = (
            "Use lower-case letters, digits and '_', a letter first, and no word of the template language."
        )
        raise located.wrong(f"{name!r} cannot be the name of an input", remedy, file=file)
    value = located.value
    if isinstance(value, str) and value in SHORT_FORMS:
        return Variable(
            name=name,
            kind="passages" if value == PASSAGES else "value",
            schema=SHORT_FORMS[value],
            required=True,
        )
    if not isinstance(value, Mapping):
        forms = ", ".join(SHORT_FORMS)
        raise located.wrong(
            f"the input {name!r} is {value!r}",
            f"Use a JSON Schema, like {{type: string}}, or a short form: {forms}.",
            file=file,
        )
    kind: Literal["value", "passages"] = "value"
    schema = value
    if value.get("type") == PASSAGES:
        kind, schema = "passages", _passages_schema(located, value, file)
    else:
        checked_schema(located, value, INPUT_KEYWORDS, file=file)
    _check_values(name, located, schema, file)
    return Variable(
        name=name,
        kind=kind,
        schema=schema,
        required="default" not in value,
        default=value.get("default"),
        examples=_examples(value),
    )


def _passages_schema(located: Located, value: Mapping[str, Json], file: str) -> Mapping[str, Json]:
    for key in value:
        if key not in PASSAGES_KEYWORDS:
            raise located.at([key]).wrong(
                f"an input of the type 'passages' has no {key!r}",
                f"Use only {', '.join(PASSAGES_KEYWORDS)}.",
                file=file,
            )
    return checked_schema(located, {**value, **SHORT_FORMS[PASSAGES]}, INPUT_KEYWORDS, file=file)


def _check_values(name: str, located: Located, schema: Mapping[str, Json], file: str) -> None:
    """Refuse a default, or an example, that the schema itself does not let through."""
    if "examples" in schema and not isinstance(schema["examples"], list):
        raise located.at(["examples"]).wrong(
            f"the examples of {name!r} are no list", "Write them like [first, second].", file=file
        )
    written: list[tuple[list[str | int], str, Json]] = [
        (["examples", index], "an example", example) for index, example in enumerate(_examples(schema))
    ]
    if "default" in schema:
        written.append((["default"], "the default", schema["default"]))
    for path, what, value in written:
        fault = value_fault(schema, value)
        if fault is not None:
            raise located.at(path).wrong(
                f"{what} of {name!r} does not fit its own schema: {fault}", "Change one of them.", file=file
            )


def _examples(schema: Mapping[str, Json]) -> tuple[Json, ...]:
    examples = schema.get("examples", ())
    return tuple(examples) if isinstance(examples, list | tuple) else ()
