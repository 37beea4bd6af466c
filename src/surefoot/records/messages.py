"""What goes to a model and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from surefoot.records.digest import Json

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation. `role` comes from template structure or the API, never from text."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function the model may ask for. `parameters` is the JSON Schema of its arguments, an object."""

    name: str
    description: str
    parameters: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """What the model asks to be called. `arguments` is JSON as the model wrote it, unread."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the model picks tokens. It lives in the prompt, so the prompt's digest covers it.

    `output_schema` is the JSON Schema an answer must fit, None for free text. `tool_choice` is "auto",
    "required" or "none", or the name of the one tool to be called; without `tools` it means nothing.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    max_output_tokens: int = 300
    seed: int | None = None
    stop: tuple[str, ...] = ()
    output_schema: Mapping[str, Json] | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the model server counted them."""

    prompt_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """A piece of an answer, as it streams."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The end of a model's stream: the whole text, the tools it asks for, and what it took.

    `first_token_seconds` and `total_seconds` count from the moment the request was handed to the
    client; `usage` is None when the server did not say.
    """

    text: str
    finish_reason: str
    usage: Usage | None
    first_token_seconds: float
    total_seconds: float
    tool_calls: tuple[ToolCall, ...] = ()
