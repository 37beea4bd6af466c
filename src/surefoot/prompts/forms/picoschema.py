"""dotprompt's short notation of schemas, Picoschema, read as JSON Schema."""

from collections.abc import Mapping

from surefoot.prompts.forms.values import sequence
from surefoot.records import Json

_SCALARS = ("string", "number", "integer", "boolean", "null")
_JSON_SCHEMA_TYPES = (*_SCALARS, "any", "object", "array")


def json_schema(schema: Json, lost: list[str]) -> dict[str, Json]:
    """The JSON Schema that a schema in a prompt's front matter means, of either notation."""
    if isinstance(schema, Mapping):
        if schema.get("type") in _JSON_SCHEMA_TYPES:
            return dict(schema)
        if isinstance(schema.get("properties"), Mapping):
            return {**schema, "type": "object"}
    return _picoschema(schema, lost)


def _picoschema(schema: Json, lost: list[str]) -> dict[str, Json]:
    if isinstance(schema, Mapping):
        return _object(schema, lost)
    kind, description = _divided(str(schema))
    said: dict[str, Json] = {"description": description} if description else {}
    if kind in _SCALARS:
        return {"type": kind, **said}
    if kind != "any":
        lost.append(f"the schema named {kind!r}, which is kept elsewhere")
    return said


def _object(schema: Mapping[str, Json], lost: list[str]) -> dict[str, Json]:
    properties: dict[str, Json] = {}
    required: list[Json] = []
    others: Json = False
    for key, value in schema.items():
        if key == "(*)":
            others = _picoschema(value, lost)
            continue
        name, _, bracket = key.partition("(")
        optional, name = name.endswith("?"), name.removesuffix("?")
        if not optional:
            required.append(name)
        properties[name] = _property(bracket.removesuffix(")"), value, optional, lost)
    return {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": others,
    }


def _property(bracket: str, value: Json, optional: bool, lost: list[str]) -> Json:
    kind, description = _divided(bracket)
    if kind == "array":
        found: dict[str, Json] = {"type": "array", "items": _picoschema(value, lost)}
    elif kind == "enum":
        among = [*sequence(value), *([None] if optional and None not in sequence(value) else [])]
        found = {"enum": among}
    else:
        found = _picoschema(value, lost)
    if optional and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
    return {**found, "description": description} if description else found


def _divided(text: str) -> tuple[str, str]:
    """A type, and what is said of it after a comma."""
    kind, _, description = text.partition(",")
    return kind.strip(), description.strip()
