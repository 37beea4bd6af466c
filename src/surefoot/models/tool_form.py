"""Tools in OpenAI's form: what a request sends of them, and the calls that a stream brings in pieces."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surefoot.records import Json, Sampling, Tool, ToolCall


def tool_fields(tools: Sequence[Tool]) -> list[Json]:
    """The tools as a request lists them."""
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
        }
        for tool in tools
    ]


def choice_field(tool_choice: str) -> Json:
    """Which tool is to be called: a word, or the one tool's name in OpenAI's form."""
    if tool_choice in ("auto", "required", "none"):
        return tool_choice
    return {"type": "function", "function": {"name": tool_choice}}


def form_fields(sampling: Sampling) -> dict[str, Json]:
    """The fields of a chat request that say which form the answer has; none for plain text."""
    fields: dict[str, Json] = {}
    if sampling.output_schema is not None:
        schema: dict[str, Json] = {"name": "answer", "schema": sampling.output_schema}
        fields["response_format"] = {"type": "json_schema", "json_schema": schema}
    if sampling.tools:
        fields["tools"] = tool_fields(sampling.tools)
        fields["tool_choice"] = choice_field(sampling.tool_choice)
    return fields


@dataclass(slots=True, kw_only=True)
class _Pieces:
    id: str = ""
    name: str = ""
    arguments: str = ""


class StreamedToolCalls:
    """The calls that a stream has brought so far, each put together by its index."""

    def __init__(self) -> None:
        self._by_index: dict[int, _Pieces] = {}

    def __bool__(self) -> bool:
        return bool(self._by_index)

    def take(self, deltas: object) -> None:
        """The `tool_calls` of one delta. What is no piece of a call is passed over."""
        for place, delta in enumerate(deltas if isinstance(deltas, list) else ()):
            if isinstance(delta, dict):
                index = delta.get("index")
                self._add(index if isinstance(index, int) else place, delta)

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """Every call, in the order of the indices; one without an id gets one."""
        return tuple(
            ToolCall(id=call.id or f"call_{uuid.uuid4().hex}", name=call.name, arguments=call.arguments)
            for _, call in sorted(self._by_index.items())
        )

    def _add(self, index: int, delta: Mapping[str, object]) -> None:
        call = self._by_index.setdefault(index, _Pieces())
        function = delta.get("function")
        if not isinstance(function, dict):
            function = {}
        # The id and the name come whole, and some servers repeat them with every piece.
        call.id = call.id or _text(delta.get("id"))
        call.name = call.name or _text(function.get("name"))
        call.arguments += _text(function.get("arguments"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
