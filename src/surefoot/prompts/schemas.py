"""Check JSON Schemas and values against them; nothing is ever fetched, and no pattern can stall a check."""

from collections.abc import Iterator, Mapping, Sequence

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match

from surefoot.records import Json

INPUT_KEYWORDS = (
    "type", "enum", "const", "default", "title", "description", "examples",
    "minLength", "maxLength",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "items", "minItems", "maxItems", "uniqueItems",
    "properties", "required", "additionalProperties",
    "anyOf", "oneOf", "allOf", "not",
)  # fmt: skip
OUTPUT_KEYWORDS = (*INPUT_KEYWORDS, "pattern", "format", "$defs", "$ref")

_SCHEMAS_BY_NAME = ("properties", "$defs")
_SCHEMA_LISTS = ("anyOf", "oneOf", "allOf")
_SCHEMAS = ("items", "additionalProperties", "not")

Path = tuple[str | int, ...]


def schema_fault(schema: Mapping[str, Json], *, keywords: Sequence[str]) -> tuple[Path, str] | None:
    """What is wrong with a JSON Schema (2020-12) and the path to it, or None.

    Only these keywords are taken: JSON Schema would pass over a misspelt one in silence. Inputs have no
    `pattern`, because a regular expression can run for hours on a hostile question, and no `$ref`.
    """
    for path, part in _parts(schema, ()):
        for keyword, value in part.items():
            if keyword not in keywords:
                return (*path, keyword), f"{keyword!r} is not a keyword here; known are {', '.join(keywords)}"
            if keyword == "$ref" and not str(value).startswith("#/"):
                return (*path, keyword), f"the reference {value!r} leads out of the file"
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as problem:
        return tuple(problem.absolute_path), shortened(problem.message)
    return None


def value_fault(schema: Mapping[str, Json], value: Json) -> str | None:
    """Why a value does not fit its schema, or None."""
    problem = best_match(Draft202012Validator(schema).iter_errors(value))
    if problem is None:
        return None
    where = "" if not problem.absolute_path else f"at {problem.json_path}: "
    return shortened(f"{where}{problem.message}")


def shortened(text: str) -> str:
    """At most 300 characters: both ends of a text, since what is wrong may be a whole document."""
    return text if len(text) <= 300 else f"{text[:200]} ... {text[-90:]}"


def _parts(schema: Json, path: Path) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    """The schema and every schema within it, with the paths to them."""
    if not isinstance(schema, Mapping):
        return
    yield path, schema
    for keyword, value in schema.items():
        if keyword in _SCHEMAS_BY_NAME and isinstance(value, Mapping):
            for name, part in value.items():
                yield from _parts(part, (*path, keyword, name))
        if keyword in _SCHEMA_LISTS and isinstance(value, list):
            for index, part in enumerate(value):
                yield from _parts(part, (*path, keyword, index))
        if keyword in _SCHEMAS:
            yield from _parts(value, (*path, keyword))
