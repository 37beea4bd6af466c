"""A Python module with the types of prompts' contracts: a type checker then sees what no longer fits one."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import PromptError
from surefoot.prompts.files import prompt_names
from surefoot.prompts.loading import load_prompt
from surefoot.prompts.prompt import Prompt
from surefoot.prompts.stub_types import (
    ANYTHING,
    Field,
    SchemaTypes,
    Types,
    camel,
    docstring,
    literal,
    printable,
)
from surefoot.prompts.variables import Variable
from surefoot.records import Json

MARK = "Written by `surefoot prompt stub`"

_TYPING = ("Final", "Literal", "NotRequired", "TypeAlias", "TypedDict")
_COLLECTIONS = ("Mapping", "Sequence")
_OURS = ("Passages", "TypedPrompt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stubbed:
    """A prompt to be typed, and the variants that it can be loaded as: their contract is the same."""

    prompt: Prompt
    variants: tuple[str, ...] = ()


def to_stub(folder: Path, names: Sequence[str] = ()) -> list[Stubbed]:
    """The prompts of these names, or all: each once, with the variants beside it."""
    there = prompt_names(folder)
    chosen = [*dict.fromkeys(names)] or [
        name for name in there if _base(name) not in there or "." not in name
    ]
    return [
        Stubbed(
            prompt=load_prompt(folder, name),
            variants=tuple(
                load_prompt(folder, other).variant or ""
                for other in there
                if "." not in name and other != name and _base(other) == name
            ),
        )
        for name in chosen
    ]


def _base(name: str) -> str:
    return name.partition(".")[0]


def stub_text(prompts: Sequence[Stubbed], *, folder: str) -> str:
    """The source of the module. `folder` is where the prompts lie, seen from the module's own folder."""
    _refuse_equal_names(prompts)
    types = Types({*_COLLECTIONS, *_TYPING, *_OURS, ANYTHING, "Path", "FOLDER"})
    types.uses("Final TypedPrompt")
    parts = ["\n".join(_prompt(one, types)) for one in prompts]
    body = "\n\n\n".join(parts)
    head = [
        '"""Prompts with the types of their contracts.',
        "",
        f"{MARK}. When a contract changes, write it anew and run the type checker:",
        "it names the code that no longer fits.",
        '"""',
        "# ruff: noqa",
        "# fmt: off",
        "",
        "from __future__ import annotations",
        "",
        *_imports(types.used),
        "",
        f"FOLDER: Final = (Path(__file__).parent / {literal(folder)}).resolve()",
    ]
    return "\n".join(head) + f"\n\n\n{body}\n"


def _imports(used: Collection[str]) -> Iterator[str]:
    collections, typing, ours = (
        [name for name in names if name in used] for names in (_COLLECTIONS, _TYPING, _OURS)
    )
    if collections:
        yield f"from collections.abc import {', '.join(collections)}"
    yield "from pathlib import Path"
    yield f"from typing import {', '.join(typing)}"
    yield ""
    yield f"from surefoot.prompts.typed import {', '.join(ours)}"
    if ANYTHING in used:
        yield f"from surefoot.records import {ANYTHING}"


def _prompt(stubbed: Stubbed, types: Types) -> Iterator[str]:
    prompt = stubbed.prompt
    named, before = camel(prompt.name), len(types.sources)
    taken = _inputs(prompt, types, types.name(f"{named}Input"))
    output = "str" if prompt.output_schema is None else _named(prompt.output_schema, types, f"{named}Output")
    for tool in prompt.tools:
        _named(tool.parameters, types, f"{named}{camel(tool.name)}Arguments")
    constant = f"{identifier(prompt.name).upper()}_CONTRACT"
    yield f"{constant}: Final = {literal(prompt.contract_digest)}"
    for source in types.sources[before:]:
        yield f"\n\n{source}"
    yield "\n"
    yield from _function(stubbed, types, taken, output, constant)


def _inputs(prompt: Prompt, types: Types, name: str) -> str:
    fields = [
        Field(
            key=variable.name,
            type=_variable(variable, types, name + camel(variable.name)),
            required=variable.required,
            said=_said_of(variable),
        )
        for variable in prompt.variables
    ]
    types.typed_dict(name, f"What the prompt {prompt.name} takes.", fields)
    return name


def _variable(variable: Variable, types: Types, wanted: str) -> str:
    if variable.kind == "passages":
        return "Passages"
    return SchemaTypes(types, variable.schema, for_input=True).type(variable.schema, wanted)


def _said_of(variable: Variable) -> str:
    description = variable.schema.get("description", "")
    said = description if isinstance(description, str) else ""
    longest = variable.schema.get("maxLength")
    limit = f"at most {longest} characters" if variable.schema.get("type") == "string" and longest else ""
    return "; ".join(part for part in (said, limit) if part)


def _named(schema: Mapping[str, Json], types: Types, wanted: str) -> str:
    """The name of the type of what a model says."""
    found = SchemaTypes(types, schema, for_input=False).type(schema, wanted)
    return found if found in types.names else types.alias(types.name(wanted), found)


def _function(stubbed: Stubbed, types: Types, taken: str, output: str, constant: str) -> Iterator[str]:
    name, returned = stubbed.prompt.name, f"TypedPrompt[{taken}, {output}]"
    said = docstring(printable(stubbed.prompt.description) or f"The prompt {name}.")
    yield f"def {identifier(name)}_prompt("
    if stubbed.variants:
        types.uses("Literal")
        yield f"    variant: Literal[{', '.join(map(literal, stubbed.variants))}] | None = None, *,"
        yield "    folder: Path = FOLDER,"
    else:
        yield "    *, folder: Path = FOLDER"
    yield f") -> {returned}:"
    yield f"    {said}"
    named = literal(name)
    if stubbed.variants:
        yield f'    name = {named} if variant is None else f"{name}.{{variant}}"'
        named = "name"
    yield f"    return {returned}(folder, {named}, contract={constant})"


def identifier(name: str) -> str:
    """A prompt's name as a part of a Python name."""
    plain = re.sub(r"[^a-z0-9]+", "_", name).strip("_") or "prompt"
    return plain if not plain[0].isdigit() else f"prompt_{plain}"


def _refuse_equal_names(prompts: Sequence[Stubbed]) -> None:
    taken: dict[str, str] = {}
    for stubbed in prompts:
        name = stubbed.prompt.name
        other = taken.setdefault(identifier(name), name)
        if other != name:
            raise PromptError(
                f"the prompts {other!r} and {name!r} would have the same name in Python",
                remedy="Rename one of them, or name those to write a stub of.",
            )
