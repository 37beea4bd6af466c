"""The smallest value that fits a JSON Schema, as guided decoding would give at its shortest."""

from collections.abc import Mapping

from surefoot.records import Json


def smallest(schema: Json, root: Json = None) -> Json:
    """Enough of JSON Schema for tests: types, required properties, enum, const, bounds, and references."""
    root = schema if root is None else root
    if not isinstance(schema, Mapping):
        return None
    if "$ref" in schema:
        return smallest(_referred(root, str(schema["$ref"])), root)
    if "const" in schema:
        return schema["const"]
    enum = schema.get("enum")
    if isinstance(enum, list) and enum:
        return enum[0]  # type: ignore[no-any-return]  # a list narrowed from Json has lost its items' type
    return _of_type(schema, root)


def _of_type(schema: Mapping[str, Json], root: Json) -> Json:
    kind = schema.get("type")
    least, count = schema.get("minimum", 0), schema.get("minItems", 0)
    match kind:
        case "object":
            properties, required = schema.get("properties", {}), schema.get("required", [])
            assert isinstance(properties, Mapping) and isinstance(required, list)
            return {name: smallest(properties.get(name), root) for name in required}
        case "array":
            assert isinstance(count, int)
            return [smallest(schema.get("items"), root) for _ in range(count)]
        case "integer" | "number":
            return least
        case "boolean":
            return False
        case "null":
            return None
        case _:
            return "a" * int(str(schema.get("minLength", 0)))


def _referred(root: Json, reference: str) -> Json:
    here = root
    for step in reference.removeprefix("#/").split("/"):
        assert isinstance(here, Mapping)
        here = here[step]
    return here
