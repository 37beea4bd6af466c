"""How the fake model server calls tools: as vLLM 0.32 does with `--enable-auto-tool-choice`."""

import json
import re
from collections.abc import Iterator, Sequence

from aiohttp import web
from tests.fakes.model_protocol import ChatRequest, RefusedError, chunk, event, usage, whole
from tests.fakes.smallest_json import smallest

from surefoot.records import Json, ToolCall


def calls_of(asked: ChatRequest, *, scripted: Sequence[ToolCall], parses_tools: bool) -> Sequence[ToolCall]:
    """What is called: what a test scripts, else the tool that must be."""
    if asked.tool_choice == "none":
        return ()
    if not parses_tools:
        raise RefusedError(400, f"tool_choice={asked.tool_choice!r} requires --tool-call-parser to be set")
    if scripted or asked.tool_choice == "auto":
        return scripted
    name = next(iter(asked.tools)) if asked.tool_choice == "required" else asked.tool_choice
    return (ToolCall(id="chatcmpl-tool-1", name=name, arguments=json.dumps(smallest(asked.tools[name]))),)


async def call_tools(
    request: web.Request, asked: ChatRequest, calls: Sequence[ToolCall]
) -> web.StreamResponse:
    """The calls, streamed or whole. Calling a named tool ends with "stop", every other with "tool_calls"."""
    finish_reason = "stop" if asked.tool_choice in asked.tools else "tool_calls"
    counted = usage(asked.prompt_tokens, len(calls))
    if not asked.stream:
        return web.json_response(whole(asked.model, "", finish_reason, counted, calls))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    await response.write(event(chunk(asked.model, {"role": "assistant", "content": ""})))
    for delta in call_pieces(calls):
        await response.write(event(chunk(asked.model, delta)))
    await response.write(event(chunk(asked.model, {}, finish_reason)))
    tail: dict[str, Json] = {**chunk(asked.model, {}), "choices": [], "usage": counted}
    await response.write(event(tail) + b"data: [DONE]\n\n")
    return response


def call_pieces(calls: Sequence[ToolCall]) -> Iterator[dict[str, Json]]:
    """The deltas of tool calls: each begins with its id and name, then its arguments come in pieces."""
    for index, call in enumerate(calls):
        opening: dict[str, Json] = {"name": call.name, "arguments": ""}
        first: dict[str, Json] = {"index": index, "id": call.id, "type": "function", "function": opening}
        yield {"tool_calls": [first]}
        for piece in re.findall(r"(?s).{1,7}", call.arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
