"""Whether what a model said has the form its prompt asked for: JSON that fits, calls of known tools."""

from collections.abc import Mapping, Sequence
from typing import cast

from surefoot.prompts.schemas import value_fault
from surefoot.records import Json, Sampling, Tool, ToolCall
from surefoot.records.strict_json import parse


def output_fault(sampling: Sampling, text: str, tool_calls: Sequence[ToolCall]) -> str | None:
    """Why an answer and its tool calls do not fit what was asked for, or None."""
    if tool_calls:
        return _calls_fault(sampling, tool_calls)
    if sampling.tools and sampling.tool_choice not in ("auto", "none"):
        return "no tool is called, and one was to be"
    if sampling.output_schema is None:
        return None
    fault = _json_fault(sampling.output_schema, text)
    return None if fault is None else f"the answer {fault}"


def _calls_fault(sampling: Sampling, calls: Sequence[ToolCall]) -> str | None:
    tools = {tool.name: tool for tool in sampling.tools if sampling.tool_choice != "none"}
    if sampling.tool_choice in tools:
        tools = {sampling.tool_choice: tools[sampling.tool_choice]}
    for call in calls:
        fault = _call_fault(tools, call)
        if fault is not None:
            return fault
    return None


def _call_fault(tools: Mapping[str, Tool], call: ToolCall) -> str | None:
    if call.name not in tools:
        known = ", ".join(map(repr, tools)) or "none"
        return f"the tool {call.name!r} is called, and the ones to choose from are {known}"
    fault = _json_fault(tools[call.name].parameters, call.arguments)
    return None if fault is None else f"the call of {call.name!r} has arguments whose text {fault}"


def _json_fault(schema: Mapping[str, Json], text: str) -> str | None:
    try:
        value = json_of(text)
    except ValueError as problem:
        return f"cannot be read: {problem}"
    fault = value_fault(schema, value)
    return None if fault is None else f"does not fit its schema: {fault}"


def json_of(text: str) -> Json:
    """The value that a model's answer, or the arguments of its call, spell. ValueError says what is wrong."""
    return cast(Json, parse(text.encode("utf-8", "surrogatepass")))
