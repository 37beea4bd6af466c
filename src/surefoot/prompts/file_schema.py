"""The front matter of a prompt file as a JSON Schema, for editors that complete and check what is typed.

What `load_prompt` takes, this takes. What needs more than the front matter is left to loading and lint: that
`name` is the file's own, that a lock fits its include, that a default fits its schema.
"""

import json
from collections.abc import Mapping

from surefoot.prompts.declarations import ALIAS, SCHEMA, SHORTEST_LOCK
from surefoot.prompts.files import NAME
from surefoot.prompts.inputs import (
    HISTORY,
    NOT_NAMES,
    PASSAGES_KEYWORDS,
    SHORT_FORMS,
    TRUST_LEVELS,
    VARIABLE,
)
from surefoot.prompts.schemas import INPUT_KEYWORDS, OUTPUT_KEYWORDS
from surefoot.prompts.tools import CHOICES, TOOL_NAME
from surefoot.records import Json, Sampling

TITLE = "Front matter of a prompt file of surefoot"

_USUAL = Sampling()
_SHORT_FORMS_SAID = {
    "text": "A text.",
    "number": "A number.",
    "boolean": "True or false.",
    "passages": "Retrieved passages, each with text, source and headings.",
}


def front_matter_schema() -> dict[str, Json]:
    """The schema, as plain values; it refers to nothing outside of itself."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        "description": "The YAML between the two lines '---' at the top of a file <name>.prompt.md.",
        **_mapping(
            {
                "schema": _said("The format of the file.", const=SCHEMA),
                "name": _text("The file's own name, up to its first dot.", pattern=_whole(NAME)),
                "variant": _text(
                    "The variant, in a file <name>.<variant>.prompt.md; else leave it out.",
                    pattern=_whole(NAME),
                ),
                "description": _text("What the prompt is for, in a line for people."),
                "owners": _texts("Who looks after it, like @docs-team."),
                "model": _model(),
                "input": _input(),
                "trust": _trust(),
                "includes": _locks(),
                "output": _output(),
                "tools": _tools(),
                "tool_choice": _text(
                    "Whether the model may, must or must not call a tool; or the one to be called.",
                    default=CHOICES[0],
                    examples=[*CHOICES],
                ),
                "budget": _budget(),
                "suites": _texts("The evaluation suites that guard it: folders of evals/."),
            },
            required=("schema", "name", "model", "budget"),
        ),
        "dependentRequired": {"tool_choice": ["tools"]},
        "$defs": {
            "input-schema": _keywords(INPUT_KEYWORDS, "input-schema"),
            "output-schema": _keywords(OUTPUT_KEYWORDS, "output-schema"),
        },
    }


def front_matter_schema_text() -> str:
    """The schema as the text of its file."""
    return json.dumps(front_matter_schema(), indent=2, ensure_ascii=False) + "\n"


def _model() -> Json:
    properties: dict[str, Json] = {
        "alias": _text("A model, by its alias in serving/models.toml.", pattern=_whole(ALIAS)),
        "temperature": _number("0 for the likeliest token each time.", _USUAL.temperature, least=0, most=2),
        "top_p": _number("Only the likeliest tokens, up to this share.", _USUAL.top_p, least=0.001, most=1),
        "max_output_tokens": _whole_number(
            "The longest answer, in tokens.", least=1, most=1_000_000, default=_USUAL.max_output_tokens
        ),
        "seed": _whole_number("Makes sampling repeatable.", least=0, most=10**15),
        "stop": _texts("Texts at which the model stops."),
    }
    return _mapping(properties, required=("alias",), description="Which model answers, and how it samples.")


def _input() -> Json:
    short: list[Json] = [_said(_SHORT_FORMS_SAID[form], const=form) for form in SHORT_FORMS]
    said: dict[str, Json] = {
        "type": _said(_SHORT_FORMS_SAID["passages"], const="passages"),
        "title": _said("A short name, for people.", type="string"),
        "description": _said("What it is, for people.", type="string"),
        "default": _said("The passages, when the caller gives none.", type="array"),
        "examples": _said("Passages to try the prompt with.", type="array"),
    }
    passages = _mapping({key: said[key] for key in PASSAGES_KEYWORDS}, required=("type",))
    return _said(
        "The variables of the template: each a short form (text, number, boolean, passages) or a schema. "
        "One with a default may be left out by callers; every other one is required.",
        type="object",
        propertyNames={"pattern": _whole(VARIABLE), "not": {"enum": sorted(NOT_NAMES)}},
        additionalProperties={
            "anyOf": [*short, passages, {"type": "object", "$ref": "#/$defs/input-schema"}]
        },
        examples=[{"question": "text", "passages": "passages"}],
    )


def _trust() -> Json:
    return _said(
        "Where a variable's text comes from: passages are 'retrieved' and all else is 'user' by default.",
        type="object",
        propertyNames={"pattern": _whole(VARIABLE)},
        additionalProperties={"enum": [*TRUST_LEVELS]},
        examples=[{"abstention": "operator"}],
    )


def _locks() -> Json:
    return _said(
        "Locks: the digest that an included text must have, so that nobody changes it unasked.",
        type="object",
        propertyNames={"pattern": _whole(NAME)},
        additionalProperties={"type": "string", "pattern": f"^[0-9a-f]{{{SHORTEST_LOCK},64}}$"},
    )


def _output() -> Json:
    properties: dict[str, Json] = {
        "format": _said("Text, or JSON that fits the schema.", enum=["text", "json"]),
        "schema": _said("What the JSON must fit.", type="object", **{"$ref": "#/$defs/output-schema"}),
    }
    schema = _mapping(properties, required=("format",), description="What the model is to answer.")
    is_json: Json = {"properties": {"format": {"const": "json"}}}
    return {
        **schema,
        "if": is_json,
        "then": {"required": ["schema"]},
        "else": {"properties": {"schema": False}},
    }


def _tools() -> Json:
    parameters: dict[str, Json] = {
        "description": "A JSON Schema of 'type: object'; leave it out for a tool without parameters.",
        "type": "object",
        "properties": {"type": _said("Always object.", const="object")},
        "required": ["type"],
        "$ref": "#/$defs/output-schema",
    }
    tool = _mapping(
        {
            "name": _said(
                "What the model calls it.",
                type="string",
                pattern=_whole(TOOL_NAME),
                **{"not": {"enum": [*CHOICES]}},
            ),
            "description": _text("What it does, for the model."),
            "parameters": parameters,
        },
        required=("name",),
    )
    return _said("Functions that the model may ask the caller for.", type="array", items=tool)


def _budget() -> Json:
    drop: Json = {
        "description": "What is left out, in this order, until the rest fits: passages, or history.",
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
        ],
        "examples": ["passages", [HISTORY, "passages"]],
    }
    most = _whole_number("The most tokens that the messages may take.", least=1, most=10_000_000)
    return _mapping(
        {"max_prompt_tokens": most, "drop": drop},
        required=("max_prompt_tokens",),
        description="How many tokens the messages may take, and what is dropped to keep to it.",
    )


def _keywords(keywords: tuple[str, ...], name: str) -> Json:
    """The schema of JSON Schemas with these keywords alone. A schema within one may be `true` or `false`."""
    inner: dict[str, Json] = {"anyOf": [{"type": "boolean"}, {"type": "object", "$ref": f"#/$defs/{name}"}]}
    return _mapping({keyword: _keyword(keyword, inner) for keyword in keywords})


def _keyword(keyword: str, inner: dict[str, Json]) -> Json:
    said, shape = _KEYWORDS[keyword]
    inside: dict[str, dict[str, Json]] = {
        "schema": {**inner},
        "schemas by name": {"type": "object", "additionalProperties": inner},
        "schemas": {"type": "array", "items": inner, "minItems": 1},
    }
    return {"description": said, **(inside[shape] if isinstance(shape, str) else shape)}


_ANY_TEXT: dict[str, Json] = {"type": "string"}
_COUNT: dict[str, Json] = {"type": "integer", "minimum": 0}
_ANY_NUMBER: dict[str, Json] = {"type": "number"}
_LIST: dict[str, Json] = {"type": "array"}
_TYPE: Json = {"enum": ["string", "number", "integer", "boolean", "array", "object", "null"]}
_TYPE_LIST: Json = {"type": "array", "items": _TYPE, "minItems": 1, "uniqueItems": True}

# What each keyword of JSON Schema says, and the shape of its value.
_KEYWORDS: dict[str, tuple[str, dict[str, Json] | str]] = {
    "type": ("The kind of value, or a list of kinds.", {"anyOf": [_TYPE, _TYPE_LIST]}),
    "enum": ("The values to choose from.", _LIST),
    "const": ("The one value.", {}),
    "default": ("The value when none is given.", {}),
    "title": ("A short name, for people.", _ANY_TEXT),
    "description": ("What it is: for people, and in outputs and tools for the model.", _ANY_TEXT),
    "examples": ("Values to try it with.", _LIST),
    "minLength": ("The fewest characters of a text.", _COUNT),
    "maxLength": ("The most characters of a text.", _COUNT),
    "minimum": ("The least number.", _ANY_NUMBER),
    "maximum": ("The greatest number.", _ANY_NUMBER),
    "exclusiveMinimum": ("The number must be greater than this.", _ANY_NUMBER),
    "exclusiveMaximum": ("The number must be less than this.", _ANY_NUMBER),
    "multipleOf": ("The number must be a multiple of this.", {**_ANY_NUMBER, "exclusiveMinimum": 0}),
    "items": ("What each item of an array is.", "schema"),
    "minItems": ("The fewest items of an array.", _COUNT),
    "maxItems": ("The most items of an array.", _COUNT),
    "uniqueItems": ("Whether no two items may be equal.", {"type": "boolean"}),
    "properties": ("The keys of an object, each with what it holds.", "schemas by name"),
    "required": ("The keys that must be there.", {**_LIST, "items": _ANY_TEXT, "uniqueItems": True}),
    "additionalProperties": ("What other keys may hold; false for no other keys.", "schema"),
    "anyOf": ("The value fits one of these at least.", "schemas"),
    "oneOf": ("The value fits exactly one of these.", "schemas"),
    "allOf": ("The value fits all of these.", "schemas"),
    "not": ("The value does not fit this.", "schema"),
    "pattern": (
        "A regular expression that the text matches; no references back, no looking around.",
        _ANY_TEXT,
    ),
    "format": ("A form of text by its name, like date.", _ANY_TEXT),
    "$defs": ("Schemas to refer to.", "schemas by name"),
    "$ref": ("A schema of this file, like '#/$defs/name'.", {**_ANY_TEXT, "pattern": "^#/"}),
}


def _mapping(
    properties: Mapping[str, Json], *, required: tuple[str, ...] = (), description: str | None = None
) -> dict[str, Json]:
    """An object of these keys and no others."""
    said: dict[str, Json] = {} if description is None else {"description": description}
    wanted: dict[str, Json] = {"required": [*required]} if required else {}
    return {
        **said,
        "type": "object",
        "properties": dict(properties),
        **wanted,
        "additionalProperties": False,
    }


def _said(description: str, **keywords: Json) -> Json:
    return {"description": description, **keywords}


def _text(description: str, **keywords: Json) -> Json:
    return {"description": description, "type": "string", "minLength": 1, **keywords}


def _texts(description: str) -> Json:
    return {"description": description, "type": "array", "items": {"type": "string", "minLength": 1}}


def _number(description: str, default: float, *, least: float, most: float) -> Json:
    return _said(description, type="number", minimum=least, maximum=most, default=default)


def _whole_number(description: str, *, least: int, most: int, default: int | None = None) -> Json:
    usual: dict[str, Json] = {} if default is None else {"default": default}
    return _said(description, type="integer", minimum=least, maximum=most, **usual)


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"
