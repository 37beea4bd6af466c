"""Whether one JSON Schema refuses anything that another lets through.

Answered from the keywords alone and on the safe side: what cannot be shown to be let through counts as
refused. Only where the old schema names its values one by one is each of them tried.
"""

from collections.abc import Iterator, Mapping, Sequence

from surefoot.prompts.schemas import value_fault
from surefoot.records import Json, canonical_json

_LEAST = ("minLength", "minItems", "minimum", "exclusiveMinimum")
_MOST = ("maxLength", "maxItems", "maximum", "exclusiveMaximum")
_WHOLE = ("not", "oneOf")
_TYPES = ("string", "number", "integer", "boolean", "null", "array", "object")


def narrowings(old: Json, new: Json, what: str) -> Iterator[str]:
    """A sentence for each part of the new schema that may refuse what the old one takes; `what` names it."""
    if canonical_json(old) == canonical_json(new) or new is True or new == {} or old is False:
        return
    if isinstance(old, str) or isinstance(new, str):
        yield f"{what} is of another kind: it was {_kind(old)}, and is {_kind(new)}"
        return
    if new is False:
        yield f"{what} takes nothing any more"
        return
    before, after = _mapping(old), _mapping(new)
    values = _values(before)
    if values is not None:
        yield from _refused(values, before, after, what)
        return
    yield from _types(before, after, what)
    yield from _choices(after, what)
    yield from _bounds(before, after, what)
    yield from _combinations(before, after, what)
    if "items" in after:
        yield from narrowings(before.get("items", {}), after["items"], f"an item of {what}")
    yield from _properties(before, after, what)


def _refused(
    values: Sequence[Json], old: Mapping[str, Json], new: Mapping[str, Json], what: str
) -> Iterator[str]:
    gone = [value for value in values if value_fault(old, value) is None and value_fault(new, value)]
    if gone:
        yield f"{what} no longer takes {', '.join(map(repr, gone))}"


def _types(old: Mapping[str, Json], new: Mapping[str, Json], what: str) -> Iterator[str]:
    taken = _type_names(new)
    gone = [
        name
        for name in _type_names(old)
        if name not in taken and not (name == "integer" and "number" in taken)
    ]
    if gone and "type" in old:
        yield f"{what} takes no {' or '.join(gone)} any more, only {' or '.join(taken)}"
    elif gone:
        yield f"{what} takes only {' or '.join(taken)} now"


def _choices(new: Mapping[str, Json], what: str) -> Iterator[str]:
    left = _values(new)
    if left is not None:
        yield f"{what} takes only some values now: {', '.join(map(repr, left))}"


def _bounds(old: Mapping[str, Json], new: Mapping[str, Json], what: str) -> Iterator[str]:
    for keyword in (*_LEAST, *_MOST):
        bound, was = new.get(keyword), old.get(keyword)
        if not isinstance(bound, int | float) or (keyword in ("minLength", "minItems") and bound == 0):
            continue
        tighter = not isinstance(was, int | float) or (bound > was if keyword in _LEAST else bound < was)
        if tighter:
            yield f"{what} has the bound {keyword} {bound}, and had {'none' if was is None else was}"
    if new.get("uniqueItems") is True and old.get("uniqueItems") is not True:
        yield f"{what} takes no repeated items any more"
    if "multipleOf" in new and new["multipleOf"] != old.get("multipleOf"):
        yield f"{what} takes only multiples of {new['multipleOf']} now"


def _combinations(old: Mapping[str, Json], new: Mapping[str, Json], what: str) -> Iterator[str]:
    for keyword in _WHOLE:
        if keyword in new and canonical_json(new[keyword]) != canonical_json(old.get(keyword)):
            yield f"{what} has another {keyword}, which may refuse what it took"
    choices, had = _parts(new, "anyOf"), _parts(old, "anyOf")
    if choices and (not had or not had.issubset(choices)):
        yield f"{what} has other choices under anyOf, which may refuse what it took"
    if not _parts(new, "allOf").issubset(_parts(old, "allOf")):
        yield f"{what} has more to meet under allOf"


def _properties(old: Mapping[str, Json], new: Mapping[str, Json], what: str) -> Iterator[str]:
    before, after = _mapping(old.get("properties")), _mapping(new.get("properties"))
    others, others_now = old.get("additionalProperties", True), new.get("additionalProperties", True)
    for name in _names(new) - _names(old):
        yield f"{what} must have {name!r} now"
    for name, schema in after.items():
        yield from narrowings(before.get(name, others), schema, f"{name!r} of {what}")
    for name, schema in before.items():
        if name not in after:
            yield from narrowings(schema, others_now, f"{name!r} of {what}")
    yield from narrowings(others, others_now, f"what else {what} may hold")


def _type_names(schema: Mapping[str, Json]) -> tuple[str, ...]:
    named = schema.get("type", _TYPES)
    return tuple(map(str, named)) if isinstance(named, list | tuple) else (str(named),)


def _values(schema: Mapping[str, Json]) -> Sequence[Json] | None:
    """The values a schema names one by one; None when it names none."""
    listed = [schema["const"]] if "const" in schema else schema.get("enum")
    return listed if isinstance(listed, list) else None


def _names(schema: Mapping[str, Json]) -> set[str]:
    required = schema.get("required")
    return set(map(str, required)) if isinstance(required, list) else set()


def _parts(schema: Mapping[str, Json], keyword: str) -> set[bytes]:
    parts = schema.get(keyword)
    return {canonical_json(part) for part in parts} if isinstance(parts, list) else set()


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _kind(schema: Json) -> str:
    return schema if isinstance(schema, str) else "a JSON Schema"
