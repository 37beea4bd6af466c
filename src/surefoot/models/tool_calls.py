"""Tool calls, put together from the pieces in which a stream brings them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from surefoot.records import ToolCall


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
