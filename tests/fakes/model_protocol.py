"""What the fake model server takes and gives: the wire forms of vLLM 0.32, as recorded from a real one."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from surefoot.models import FINGERPRINT_PROMPTS, Fingerprint
from surefoot.records import Json, Message, ToolCall

Keys = Mapping[str, type | tuple[type, ...]]
CHAT_KEYS: Keys = {
    "model": str,
    "messages": list,
    "stream": bool,
    "stream_options": dict,
    "temperature": (int, float),
    "top_p": (int, float),
    "max_tokens": int,
    "max_completion_tokens": int,
    "seed": int,
    "stop": (str, list),
    "n": int,
    "user": str,
    "response_format": dict,
    "tools": list,
    "tool_choice": (str, dict),
}
TOKENIZE_KEYS: Keys = {"model": str, "messages": list, "tools": list}
EMBEDDING_KEYS: Keys = {"model": str, "input": (str, list), "encoding_format": str}
FORM_KEYS = {"name", "schema", "strict", "description"}
FRAME_TOKENS = 4
FRAME_OF_ANSWER = 3
CONTEXT_TOKENS = 4096


class RefusedError(Exception):
    """The request is answered with this status and vLLM's error form."""

    def __init__(self, status: int, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Json] = {
            "error": {"message": message, "type": "BadRequestError", "param": param, "code": status}
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A chat completion request that passed every check."""

    model: str
    messages: tuple[Message, ...]
    stream: bool
    include_usage: bool
    max_tokens: int
    stop: tuple[str, ...]
    output_schema: Json = None
    tools: Mapping[str, Json] = field(default_factory=dict)
    tool_choice: str = "none"

    @property
    def prompt_tokens(self) -> int:
        return count_tokens(self.messages)


def read_object(body: bytes, known: Keys) -> dict[str, object]:
    """The body as an object of known keys with values of the right type; anything else is refused."""
    try:
        value = json.loads(body)
    except ValueError:
        raise RefusedError(400, "the body is not JSON") from None
    if not isinstance(value, dict):
        raise RefusedError(400, "the body is not an object")
    for key, entry in value.items():
        if key not in known:
            raise RefusedError(400, f"unknown field {key!r}", key)
        if not isinstance(entry, known[key]) or (isinstance(entry, bool) and known[key] is not bool):
            raise RefusedError(400, f"{key} is {entry!r}", key)
    return value


def read_messages(value: object) -> tuple[Message, ...]:
    """Messages of a role and a text each, at least one."""
    if not isinstance(value, list) or not value:
        raise RefusedError(400, "messages must be a list of at least one", "messages")
    for turn in value:
        if not isinstance(turn, dict) or set(turn) - {"name"} != {"role", "content"}:
            raise RefusedError(400, f"a message has a role and a content, not {turn!r}", "messages")
        if turn["role"] not in ("system", "user", "assistant") or not isinstance(turn["content"], str):
            raise RefusedError(400, f"a message of a wrong role or content: {turn!r}", "messages")
    return tuple(Message(role=turn["role"], content=turn["content"]) for turn in value)


def read_chat(body: bytes) -> ChatRequest:
    """A chat completion request. Raises RefusedError for every shape vLLM's API does not name."""
    value = read_object(body, CHAT_KEYS)
    options = value.get("stream_options", {})
    stop = value.get("stop", [])
    assert isinstance(options, dict)
    if options and not value.get("stream"):
        raise RefusedError(400, "stream_options can only be set when stream is true", "stream_options")
    if value.get("n", 1) != 1:
        raise RefusedError(400, "n must be 1", "n")
    limit = value.get("max_completion_tokens", value.get("max_tokens", 256))
    messages = read_messages(value.get("messages"))
    if not isinstance(limit, int) or limit < 1 or count_tokens(messages) + limit > CONTEXT_TOKENS:
        raise RefusedError(
            400, f"max_tokens={limit!r} does not fit max_model_len={CONTEXT_TOKENS}", "max_tokens"
        )
    tools = read_tools(value.get("tools", []))
    return ChatRequest(
        output_schema=read_output_schema(value.get("response_format", {"type": "text"})),
        tools=tools,
        tool_choice=read_tool_choice(value, tools),
        model=str(value.get("model")),
        messages=messages,
        stream=bool(value.get("stream", False)),
        include_usage=bool(options.get("include_usage", False)),
        max_tokens=limit,
        stop=(stop,) if isinstance(stop, str) else tuple(map(str, stop if isinstance(stop, list) else [])),
    )


def read_output_schema(value: object) -> Json:
    """The schema under `response_format`, or None for text."""
    if value == {"type": "text"}:
        return None
    form = (
        value.get("json_schema") if isinstance(value, dict) and value.get("type") == "json_schema" else None
    )
    if not isinstance(form, dict) or not isinstance(form.get("name"), str) or set(form) - FORM_KEYS:
        raise RefusedError(400, f"response_format is {value!r}", "response_format")
    return form["schema"]  # type: ignore[no-any-return]  # read from JSON


def read_tools(value: object) -> Mapping[str, Json]:
    """The parameters of each tool by its name."""
    tools: dict[str, Json] = {}
    for tool in value if isinstance(value, list) else ():
        function = tool.get("function") if isinstance(tool, dict) and tool.get("type") == "function" else None
        if not isinstance(function, dict) or set(function) != {"name", "description", "parameters"}:
            raise RefusedError(400, f"a tool is {tool!r}", "tools")
        tools[function["name"]] = function["parameters"]
    return tools


def read_tool_choice(value: Mapping[str, object], tools: Mapping[str, Json]) -> str:
    """A word, or the name of the one tool to be called."""
    choice = value.get("tool_choice", "auto" if tools else "none")
    if choice == "none":
        return "none"
    if not tools:
        raise RefusedError(400, "When using `tool_choice`, `tools` must be set.", "tool_choice")
    if choice in ("auto", "required"):
        return str(choice)
    function = choice.get("function") if isinstance(choice, dict) and choice.get("type") == "function" else {}
    if not isinstance(function, dict) or function.get("name") not in tools:
        raise RefusedError(400, "The tool specified in `tool_choice` does not match any", "tool_choice")
    return str(function["name"])


def count_tokens(messages: Sequence[Message]) -> int:
    """Words, and a frame for each message."""
    return sum(FRAME_TOKENS + len(message.content.split()) for message in messages)


def tokens_of(text: str, request: ChatRequest) -> tuple[list[str], str]:
    """The text in pieces of a word each, up to a stop word or the limit; and why it ends there."""
    for stop in request.stop:
        text = text.partition(stop)[0]
    pieces = re.findall(r"\s*\S+|\s+$", text)
    if len(pieces) > request.max_tokens:
        return pieces[: request.max_tokens], "length"
    return pieces, "stop"


def fingerprint_of(weights: str) -> Fingerprint:
    """What a fake server with these weights answers to the fingerprint prompts."""
    return Fingerprint(texts=tuple(_greedy(weights, prompt) for prompt in FINGERPRINT_PROMPTS))


def _greedy(weights: str, prompt: str) -> str:
    seed = hashlib.sha256(f"{weights}/{prompt}".encode()).hexdigest()
    return " ".join(seed[start : start + 6] for start in range(0, 54, 6))


def usage(prompt_tokens: int, output_tokens: int) -> dict[str, Json]:
    return {
        "prompt_tokens": prompt_tokens,
        "total_tokens": prompt_tokens + output_tokens,
        "completion_tokens": output_tokens,
    }


def chunk(model: str, delta: dict[str, Json], finish_reason: str | None = None) -> dict[str, Json]:
    choice: dict[str, Json] = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": model,
        "choices": [choice],
    }


def whole(
    model: str, text: str, finish_reason: str, counted: dict[str, Json], calls: Sequence[ToolCall] = ()
) -> dict[str, Json]:
    message: dict[str, Json] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in calls
        ]
    choice: dict[str, Json] = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": finish_reason,
    }
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [choice],
        "usage": counted,
    }


def event(value: Json) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n\n"
