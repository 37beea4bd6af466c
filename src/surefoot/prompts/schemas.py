"""Check JSON Schemas and values against them; nothing is ever fetched, and no pattern can stall a check."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import lru_cache

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.protocols import Validator

from surefoot.prompts.fields import Located
from surefoot.prompts.patterns import PatternError, compiled
from surefoot.prompts.references import reference_fault
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
ANNOTATIONS = ("title", "description", "default", "examples")

_TEXT_KEYWORDS = frozenset({"type", "minLength", "maxLength", "enum", *ANNOTATIONS})
_SCHEMAS_BY_NAME = ("properties", "$defs")
_SCHEMA_LISTS = ("anyOf", "oneOf", "allOf")
_MOST_REFERENCES = 50_000
_followed: ContextVar[list[str]] = ContextVar("followed")
_SCHEMAS = ("items", "additionalProperties", "not")

Path = tuple[str | int, ...]


def schema_fault(schema: Mapping[str, Json], *, keywords: Sequence[str]) -> tuple[Path, str] | None:
    """What is wrong with a JSON Schema (2020-12) and the path to it, or None.

    Only these keywords are taken: JSON Schema would pass over a misspelt one in silence.
    """
    parts = dict(_parts(schema, ()))
    ways = {tuple(map(str, path)): part for path, part in parts.items()}
    for path, part in parts.items():
        for keyword, value in part.items():
            if keyword not in keywords:
                return (*path, keyword), f"{keyword!r} is not a keyword here; known are {', '.join(keywords)}"
            fault = _keyword_fault(ways, keyword, value)
            if fault is not None:
                return (*path, keyword), fault
    return _against_the_standard(json.dumps(schema))


def _keyword_fault(
    ways: Mapping[tuple[str, ...], Mapping[str, Json]], keyword: str, value: Json
) -> str | None:
    """What is wrong with a reference or a pattern, which the standard leaves to who runs it."""
    if keyword == "$ref":
        return reference_fault(ways, str(value))
    if keyword == "pattern" and isinstance(value, str):
        try:
            compiled(value)
        except PatternError as problem:
            return f"the pattern {shortened(value)!r} is not run here: {problem}"
    return None


def _fits_pattern(
    validator: Validator, pattern: str, value: object, schema: object
) -> Iterator[ValidationError]:
    """The standard's `pattern`, run by an engine that no value can stall."""
    if isinstance(value, str) and not compiled(pattern).found_in(value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


class _TooManyError(Exception):
    """More references were followed than one check may take."""


def _follow(validator: Validator, reference: str, value: object, schema: object) -> Iterator[ValidationError]:
    """The standard's `$ref`, counted: schemas that refer to others twice each would double the work."""
    followed = _followed.get()
    followed.append(reference)
    if len(followed) > _MOST_REFERENCES:
        raise _TooManyError
    yield from Draft202012Validator.VALIDATORS["$ref"](validator, reference, value, schema)


_Checker: type[Validator] = validators.extend(  # type: ignore[no-untyped-call] # untyped in the stubs alone
    Draft202012Validator, {"pattern": _fits_pattern, "$ref": _follow}
)


# Most schemas are written in many prompts, and checking one takes longer than reading a prompt.
@lru_cache(maxsize=1024)
def _against_the_standard(written: str) -> tuple[Path, str] | None:
    try:
        Draft202012Validator.check_schema(json.loads(written))
    except SchemaError as problem:
        return tuple(problem.absolute_path), shortened(problem.message)
    return None


def checked_schema(
    located: Located, value: Mapping[str, Json], keywords: Sequence[str], *, file: str
) -> Mapping[str, Json]:
    """The schema itself, when it is one; else PromptError at the part of it that is wrong."""
    fault = schema_fault(value, keywords=keywords)
    if fault is not None:
        path, reason = fault
        raise located.at(path).wrong(
            f"this is not a JSON Schema: {reason}",
            "Write JSON Schema 2020-12 with the known keywords.",
            file=file,
        )
    return value


def arranged(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    """An equal schema whose keywords stand in one order, so that how a file orders them reaches no model.

    Properties keep their order: it is the order in which a model fills them in.
    """
    return _rebuilt(schema, OUTPUT_KEYWORDS)


def without_annotations(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    """What a schema lets through, without what it says to readers."""
    return _rebuilt(schema, [keyword for keyword in OUTPUT_KEYWORDS if keyword not in ANNOTATIONS])


def value_fault(schema: Mapping[str, Json], value: Json) -> str | None:
    """Why a value does not fit its schema, or None."""
    if isinstance(value, str) and _is_plain_text(schema, value):
        return None
    counting = _followed.set([])
    try:
        problem = best_match(_Checker(schema).iter_errors(value))
    except RecursionError:
        return "it is nested too deep to be checked"
    except _TooManyError:
        return f"checking it follows more than {_MOST_REFERENCES} references of the schema"
    finally:
        _followed.reset(counting)
    if problem is None:
        return None
    where = "" if not problem.absolute_path else f"at {problem.json_path}: "
    return shortened(f"{where}{problem.message}")


def _is_plain_text(schema: Mapping[str, Json], value: str) -> bool:
    """Whether a text surely fits, without the whole machinery: it is what most inputs are."""
    if schema.get("type") != "string" or not schema.keys() <= _TEXT_KEYWORDS:
        return False
    least, most, among = schema.get("minLength", 0), schema.get("maxLength", len(value)), schema.get("enum")
    if not isinstance(least, int | float) or not isinstance(most, int | float):
        return False
    return least <= len(value) <= most and (among is None or (isinstance(among, list) and value in among))


def shortened(text: str) -> str:
    """At most 300 characters: both ends of a text, since what is wrong may be a whole document."""
    return text if len(text) <= 300 else f"{text[:200]} ... {text[-90:]}"


def with_inner(schema: Mapping[str, Json], change: Callable[[Json], Json]) -> dict[str, Json]:
    """The schema with each schema that stands directly in it changed."""
    return {keyword: _with_inner(keyword, value, change) for keyword, value in schema.items()}


def _with_inner(keyword: str, value: Json, change: Callable[[Json], Json]) -> Json:
    if keyword in _SCHEMAS_BY_NAME and isinstance(value, Mapping):
        return {name: change(part) for name, part in value.items()}
    if keyword in _SCHEMA_LISTS and isinstance(value, list):
        return [change(part) for part in value]
    return change(value) if keyword in _SCHEMAS else value


def _rebuilt(schema: Mapping[str, Json], keywords: Sequence[str]) -> Mapping[str, Json]:
    """The schema with these keywords alone, in this order, and so every schema within it."""
    kept = {keyword: schema[keyword] for keyword in keywords if keyword in schema}
    return with_inner(kept, lambda part: _rebuilt(part, keywords) if isinstance(part, Mapping) else part)


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
