"""The contract of a prompt: what callers must know of input, output and tools; what a change breaks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from surefoot.prompts.declarations import Declarations
from surefoot.prompts.inputs import PASSAGES
from surefoot.prompts.narrowing import narrowings
from surefoot.prompts.schemas import without_annotations
from surefoot.records import Json, canonical_json


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractChange:
    """Whether callers can go on as they are, and a reason in words for each difference."""

    compatible: bool
    reasons: tuple[str, ...]


def contract_of(declared: Declarations) -> Mapping[str, Json]:
    """The contract as plain values: `input`, `output`, `tools` by name, and `tool_choice`.

    A short form is the schema it stands for. Titles, descriptions, examples and the values of defaults are
    for readers and for the model; callers need not change with them, so they are no part of it.
    """
    inputs: dict[str, Json] = {
        variable.name: {
            "required": variable.required,
            "schema": PASSAGES if variable.kind == "passages" else without_annotations(variable.schema),
        }
        for variable in declared.variables
    }
    schema = declared.output.schema
    output: dict[str, Json] = {
        "format": declared.output.format,
        "schema": None if schema is None else without_annotations(schema),
    }
    tools: dict[str, Json] = {
        tool.name: without_annotations(tool.parameters) for tool in declared.sampling.tools
    }
    return {
        "input": inputs,
        "output": output,
        "tools": tools,
        "tool_choice": declared.sampling.tool_choice if tools else None,
    }


def compare(old: Mapping[str, Json], new: Mapping[str, Json]) -> ContractChange:
    """Whether callers that keep to the old contract can go on unchanged under the new one, and why.

    Each difference has a reason: first what breaks callers, then what does not. No reason: no difference.
    """
    breaking, harmless = [*_breaking(old, new)], [*_harmless(old, new)]
    return ContractChange(compatible=not breaking, reasons=(*breaking, *harmless))


def _breaking(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
    before, after = _mapping(old["input"]), _mapping(new["input"])
    for name, one in before.items():
        if name not in after:
            yield f"the input {name!r} is gone, and a caller that gives it is refused"
            continue
        was, now = _mapping(one), _mapping(after[name])
        if now["required"] and not was["required"]:
            yield f"the input {name!r} has no default any more, so every caller must give it"
        yield from narrowings(was["schema"], now["schema"], f"the input {name!r}")
    for name, one in after.items():
        if name not in before and _mapping(one)["required"]:
            yield f"the input {name!r} is new and has no default, so every caller must give it"
    yield from _changed_output(_mapping(old["output"]), _mapping(new["output"]))
    yield from _changed_tools(_mapping(old["tools"]), _mapping(new["tools"]))
    if old["tools"] and new["tools"] and old["tool_choice"] != new["tool_choice"]:
        yield f"'tool_choice' was {old['tool_choice']!r}, and is {new['tool_choice']!r}"


def _harmless(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
    before, after = _mapping(old["input"]), _mapping(new["input"])
    for name, one in after.items():
        now, was = _mapping(one), _mapping(before.get(name, {}))
        if not was:
            if not now["required"]:
                yield f"the input {name!r} is new, and has a default"
            continue
        if was["required"] and not now["required"]:
            yield f"the input {name!r} has a default now"
        same = canonical_json(was["schema"]) == canonical_json(now["schema"])
        if not same and not [*narrowings(was["schema"], now["schema"], name)]:
            yield f"the input {name!r} takes all that it took, and more"


def _changed_output(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
    if old["format"] != new["format"]:
        yield f"the output was {old['format']}, and is {new['format']}"
    elif canonical_json(old["schema"]) != canonical_json(new["schema"]):
        yield "the output has another schema"


def _changed_tools(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            yield f"the tool {name!r} is gone"
        elif name not in old:
            yield f"the tool {name!r} is new, and callers do not know it"
        elif canonical_json(old[name]) != canonical_json(new[name]):
            yield f"the tool {name!r} has other parameters"


def _mapping(value: Json) -> Mapping[str, Json]:
    """The value, which a contract has as a mapping here."""
    return value if isinstance(value, Mapping) else {}
