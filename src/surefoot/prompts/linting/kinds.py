"""What a template's values are, as far as that is known beforehand: kinds, and whose text they hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from surefoot.prompts.inputs import PASSAGES
from surefoot.prompts.variables import Variable
from surefoot.records import Json

Name = Literal["text", "number", "boolean", "null", "list", "mapping", "passage", "loop", "unknown"]

# Attributes of a mapping that Jinja reads from Python's own type before it looks at the keys.
OWN_OF_MAPPINGS = frozenset(name for name in dir(dict) if not name.startswith("_"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of value. `items` is what a list holds, `parts` what a mapping is known to hold.

    A mapping that is `closed` holds nothing else. A text that is `fixed` is one of a few written in advance.
    """

    name: Name
    items: "Kind | None" = None
    parts: Mapping[str, "Kind"] = field(default_factory=dict)
    closed: bool = False
    fixed: bool = False

    @property
    def words(self) -> str:
        """The kind as a reader calls it."""
        return {"loop": "loop's state"}.get(self.name, self.name)


UNKNOWN = Kind(name="unknown")
TEXT = Kind(name="text")
FIXED = Kind(name="text", fixed=True)
NUMBER = Kind(name="number")
BOOLEAN = Kind(name="boolean")
NULL = Kind(name="null")
PASSAGE = Kind(
    name="passage",
    parts={"text": TEXT, "source": TEXT, "headings": Kind(name="list", items=TEXT)},
    closed=True,
)
_LOOP_PARTS = dict.fromkeys(("index", "index0", "revindex", "revindex0", "length", "depth", "depth0"), NUMBER)

NUMERIC = ("number", "boolean", "unknown")
SHOWABLE = ("text", "number", "boolean", "unknown")


@dataclass(frozen=True, slots=True)
class Value:
    """A kind, and the inputs whose text may be within."""

    kind: Kind
    sources: frozenset[str] = frozenset()

    def of(self, kind: Kind) -> "Value":
        """Another kind made of this value."""
        return Value(kind, self.sources if carries_text(kind) else frozenset())


def carries_text(kind: Kind) -> bool:
    """Whether a value of this kind can hold text that was not written in advance."""
    if kind.name in ("number", "boolean", "null") or kind.fixed:
        return False
    if kind.name == "list":
        return kind.items is None or carries_text(kind.items)
    return True


def either(one: Value, other: Value) -> Value:
    """What is the one or the other."""
    kind = one.kind if one.kind == other.kind else UNKNOWN
    if {one.kind.name, other.kind.name} == {"text"}:
        kind = TEXT
    sources = one.sources | other.sources
    return Value(kind, sources)


def list_of(items: Kind) -> Kind:
    """A list."""
    return Kind(name="list", items=items)


def loop_of(items: Kind) -> Kind:
    """What `loop` is in a loop over such items."""
    parts = {**_LOOP_PARTS, "first": BOOLEAN, "last": BOOLEAN, "previtem": items, "nextitem": items}
    return Kind(name="loop", parts=parts, closed=True)


def input_value(variable: Variable) -> Value:
    """What an input is."""
    kind = list_of(PASSAGE) if variable.kind == PASSAGES else _of_schema(variable.schema)
    return Value(kind, frozenset({variable.name})).of(kind)


def _of_schema(schema: Json) -> Kind:
    if not isinstance(schema, Mapping):
        return UNKNOWN
    listed = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(listed, list):
        return _of_values(listed)
    match schema.get("type"):
        case "string":
            return TEXT
        case "number" | "integer":
            return NUMBER
        case "boolean":
            return BOOLEAN
        case "array":
            return list_of(_of_schema(schema.get("items")))
        case "object":
            return _of_object(schema)
        case _:
            return UNKNOWN


def _of_object(schema: Mapping[str, Json]) -> Kind:
    properties = schema.get("properties")
    parts = {
        name: _of_schema(part)
        for name, part in (properties if isinstance(properties, Mapping) else {}).items()
    }
    return Kind(name="mapping", parts=parts, closed=schema.get("additionalProperties") is False)


def _of_values(values: list[Json]) -> Kind:
    if all(isinstance(value, str) for value in values):
        return FIXED
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return NUMBER
    return UNKNOWN
