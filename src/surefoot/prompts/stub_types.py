"""Python types of JSON Schemas, as source text: what fits the schema fits the type."""

import keyword
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from surefoot.records import Json

ANYTHING = "Json"
WIDTH = 100

_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A key of an object, its type, and what is said of it."""

    key: str
    type: str
    required: bool
    said: str = ""


class Types:
    """Collects the source of every named type of a module, inner ones first."""

    def __init__(self, taken: Collection[str]) -> None:
        self.sources: list[str] = []
        self.names: set[str] = set()
        self.used: set[str] = set()
        self._taken = set(taken)
        self._defined: set[str] = set()

    def name(self, wanted: str) -> str:
        """A name that nothing else has: `wanted`, or that with a number."""
        name, number = wanted, 2
        while name in self._taken | self.names:
            name, number = f"{wanted}{number}", number + 1
        self.names.add(name)
        return name

    def uses(self, expression: str) -> None:
        """Note the names in an expression, which the module must import."""
        self.used.update(names_in(expression))

    def alias(self, name: str, expression: str) -> str:
        """Add a name for an expression."""
        self.uses(f"TypeAlias {expression}")
        self.sources.append(f"{name}: TypeAlias = {expression}")
        self._defined.add(name)
        return name

    def typed_dict(self, name: str, said: str, fields: Sequence[Field]) -> None:
        """Add a TypedDict: a class where its keys can be names, else a call."""
        for field in fields:
            self.uses(field.type if field.required else f"NotRequired {field.type}")
        self.uses("TypedDict")
        write = _as_class if all(map(_is_plain_name, (field.key for field in fields))) else _as_call
        open_names = self.names - self._defined
        self.sources.append("\n".join(write(name, said, fields, open_names)))
        self._defined.add(name)


class SchemaTypes:
    """The types within one schema, which its references lead into.

    Those for an input take what callers may give; the others are what `json.loads` makes.
    """

    def __init__(self, types: Types, root: Mapping[str, Json], *, for_input: bool) -> None:
        self._types = types
        self._root = root
        self._list, self._map = ("Sequence", "Mapping") if for_input else ("list", "dict")
        self._referred: dict[str, list[str]] = {}

    def type(self, schema: Json, wanted: str) -> str:
        """The type of one schema; `wanted` names the object it may be."""
        return _union(self._kinds(schema, wanted))

    def _kinds(self, schema: Json, wanted: str) -> list[str]:
        """The types of which a value has one."""
        if not isinstance(schema, Mapping):
            return [ANYTHING]
        choices = [schema["const"]] if "const" in schema else schema.get("enum")
        if isinstance(choices, list) and choices:
            return [self._choice(value) for value in choices]
        if "$ref" in schema:
            return self._reference(str(schema["$ref"]), wanted)
        kinds = schema.get("type")
        if kinds is not None:
            listed = kinds if isinstance(kinds, list) else [kinds]
            return [self._kind(str(kind), schema, wanted) for kind in listed]
        return self._parts(schema, wanted)

    def _choice(self, value: Json) -> str:
        if value is None or isinstance(value, str | int):
            return f"Literal[{literal(value)}]"
        if isinstance(value, float):
            return "float"
        return f"{self._map}[str, Json]" if isinstance(value, Mapping) else f"{self._list}[Json]"

    def _kind(self, kind: str, schema: Mapping[str, Json], wanted: str) -> str:
        if kind == "array":
            return f"{self._list}[{self.type(schema.get('items', True), f'{wanted}Item')}]"
        if kind != "object":
            return _PLAIN.get(kind, ANYTHING)
        if _has_keys(schema):
            return self._object(schema, self._types.name(wanted))
        return f"{self._map}[str, {self.type(schema.get('additionalProperties', True), f'{wanted}Value')}]"

    def _parts(self, schema: Mapping[str, Json], wanted: str) -> list[str]:
        """The types by what a schema is put together of, where it has none of its own."""
        for alternatives in (schema.get("anyOf"), schema.get("oneOf")):
            if isinstance(alternatives, list):
                return [kind for part in alternatives for kind in self._kinds(part, wanted)]
        parts = schema.get("allOf")
        all_of = [self._kinds(part, wanted) for part in parts] if isinstance(parts, list) else []
        return next((kinds for kinds in all_of if ANYTHING not in kinds), [ANYTHING])

    def _object(self, schema: Mapping[str, Json], name: str) -> str:
        properties, required = schema.get("properties"), schema.get("required")
        fields = [
            Field(
                key=key,
                type=self.type(part, name + camel(key)),
                required=isinstance(required, list) and key in required,
                said=_description(part),
            )
            for key, part in (properties.items() if isinstance(properties, Mapping) else ())
        ]
        self._types.typed_dict(name, _description(schema), fields)
        return name

    def _reference(self, reference: str, wanted: str) -> list[str]:
        """The type of the schema referred to. An object alone has a name, by which it can hold itself."""
        if reference in self._referred:
            return self._referred[reference]
        schema = self._at(reference)
        if isinstance(schema, Mapping) and schema.get("type") == "object" and _has_keys(schema):
            name = self._types.name(wanted + camel(reference.rpartition("/")[2]))
            self._referred[reference] = [name]
            return [self._object(schema, name)]
        self._referred[reference] = [ANYTHING]
        self._referred[reference] = self._kinds(schema, wanted + camel(reference.rpartition("/")[2]))
        return self._referred[reference]

    def _at(self, reference: str) -> Json:
        here: Json = self._root
        for step in unquote(reference).removeprefix("#/").split("/"):
            step = step.replace("~1", "/").replace("~0", "~")
            if isinstance(here, Mapping):
                here = here.get(step, True)
            elif isinstance(here, list) and step.isdigit() and int(step) < len(here):
                here = here[int(step)]
            else:
                return True
        return here


def _union(types: Sequence[str]) -> str:
    """Any of these types: literals in one bracket, each once, None last."""
    found = [*dict.fromkeys(types)]
    if ANYTHING in found:
        return ANYTHING
    literals = [one.removeprefix("Literal[").removesuffix("]") for one in found if one.startswith("Literal[")]
    others = [one for one in found if not one.startswith("Literal[")]
    among = [f"Literal[{', '.join(literals)}]"] if literals else []
    return " | ".join([*among, *sorted(others, key=lambda one: one == "None")]) or ANYTHING


def names_in(expression: str) -> set[str]:
    """The names that an expression holds."""
    return set(re.findall(r"\w+", _QUOTED.sub("", expression)))


def literal(value: str | int | None) -> str:
    """A constant as Python spells it, and a text always in double quotes."""
    if not isinstance(value, str):
        return repr(value)
    safe = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else ascii(one)[1:-1] for one in safe) + '"'


def camel(text: str) -> str:
    """A text as a part of a class's name."""
    return "".join(word[0].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", text)) or "Key"


def comment(text: str, *, indent: str = "") -> list[str]:
    """A text as lines of comment. Nothing in it can end the comment."""
    return [f"{indent}# {line}" for line in textwrap.wrap(printable(text), WIDTH - len(indent))]


def docstring(text: str, *, indent: str = "    ") -> str:
    """A text as a docstring. Nothing in it can end the docstring."""
    safe = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return "\n".join(textwrap.wrap(f'"""{safe}"""', WIDTH, subsequent_indent=indent, break_long_words=False))


def printable(text: str) -> str:
    """A text on one line, without what steers a terminal or turns the direction of reading."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _as_class(name: str, said: str, fields: Sequence[Field], _: Collection[str]) -> Iterator[str]:
    yield f"class {name}(TypedDict):"
    yield f"    {docstring(said or 'An object.')}"
    yield ""
    for field in fields:
        yield from comment(field.said, indent="    ")
        yield f"    {field.key}: {field.type if field.required else f'NotRequired[{field.type}]'}"


def _as_call(name: str, said: str, fields: Sequence[Field], open_names: Collection[str]) -> Iterator[str]:
    yield from comment(said)
    yield f"{name} = TypedDict("
    yield f"    {literal(name)},"
    yield "    {"
    for field in fields:
        yield from comment(field.said, indent="        ")
        holds_itself = not names_in(field.type).isdisjoint(open_names)
        kind = literal(field.type) if holds_itself else field.type
        yield f"        {literal(field.key)}: {kind if field.required else f'NotRequired[{kind}]'},"
    yield "    },"
    yield ")"


def _is_plain_name(key: str) -> bool:
    """Whether a class can have it; a class mangles names that begin with two underscores."""
    plain = key.isidentifier() and key.isascii() and not key.startswith("__")
    return plain and not keyword.iskeyword(key)


def _has_keys(schema: Mapping[str, Json]) -> bool:
    return bool(schema.get("properties"))


def _description(schema: Json) -> str:
    said = schema.get("description") if isinstance(schema, Mapping) else None
    return said if isinstance(said, str) else ""
