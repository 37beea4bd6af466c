"""The contract of a prompt: what callers must know of its input, output and tools, and how two differ."""

from collections.abc import Iterator, Mapping

from surefoot.prompts.declarations import Declarations
from surefoot.prompts.inputs import PASSAGES
from surefoot.prompts.schemas import without_annotations
from surefoot.records import Json, canonical_json


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


def differences(one: Mapping[str, Json], other: Mapping[str, Json]) -> list[str]:
    """What the second contract has otherwise than the first, each as words for a reader."""
    return [
        *_between("input", one["input"], other["input"]),
        *_between("output", one["output"], other["output"]),
        *_between("tool", one["tools"], other["tools"]),
        *_between("contract", {"tool_choice": one["tool_choice"]}, {"tool_choice": other["tool_choice"]}),
    ]


def _between(what: str, one: Json, other: Json) -> Iterator[str]:
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return  # for the type checker: every part of a contract is a mapping
    for name in dict.fromkeys([*one, *other]):
        if name not in other:
            yield f"it lacks the {what} {name!r}"
        elif name not in one:
            yield f"it adds the {what} {name!r}"
        elif canonical_json(one[name]) != canonical_json(other[name]):
            yield f"the {what} {name!r} is {other[name]!r} and not {one[name]!r}"
