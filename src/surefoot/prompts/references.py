"""References within a JSON Schema: each leads to a schema, and none round to itself for the same value."""

from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from surefoot.records import Json

Steps = tuple[str, ...]
# What these hold is checked against the same value, so a way round through them alone has no end.
_SAME_VALUE = ("anyOf", "oneOf", "allOf", "not")


def reference_fault(schemas: Mapping[Steps, Json], reference: str) -> str | None:
    """Why a reference cannot be followed, or None. `schemas` has every schema there is by the way to it."""
    if not reference.startswith("#/"):
        return f"the reference {reference!r} leads out of the file"
    if _steps(reference) not in schemas:
        return f"the reference {reference!r} leads to no schema"
    seen, pending = set[str](), [reference]
    while pending:
        for following in _references(schemas.get(_steps(pending.pop()))):
            if following == reference:
                return f"the reference {reference!r} leads back to itself"
            if following not in seen:
                seen.add(following)
                pending.append(following)
    return None


def _references(part: Json) -> Iterator[str]:
    """The references that are followed for the same value."""
    if not isinstance(part, Mapping):
        return
    if "$ref" in part:
        yield str(part["$ref"])
    for keyword in _SAME_VALUE:
        held = part.get(keyword)
        for inner in held if isinstance(held, list) else [held]:
            yield from _references(inner)


def _steps(reference: str) -> Steps:
    """The way that a JSON Pointer after '#' names."""
    steps = unquote(reference).removeprefix("#/").split("/")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)
