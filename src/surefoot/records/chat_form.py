"""A conversation and its sampling in OpenAI's form, as every chat server of that dialect takes it."""

from collections.abc import Sequence

from surefoot.records.digest import Json
from surefoot.records.messages import Message, Sampling, Tool


def chat_fields(messages: Sequence[Message], sampling: Sampling) -> dict[str, Json]:
    """The fields of a chat completion request, by the names that OpenAI's clients know them by.

    What the sampling leaves open is left out, so that a server's own default holds.
    """
    fields: dict[str, Json] = {
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_output_tokens,
    }
    if sampling.seed is not None:
        fields["seed"] = sampling.seed
    if sampling.stop:
        fields["stop"] = list(sampling.stop)
    if sampling.output_schema is not None:
        schema: dict[str, Json] = {"name": "answer", "schema": sampling.output_schema}
        fields["response_format"] = {"type": "json_schema", "json_schema": schema}
    if sampling.tools:
        fields["tools"] = tool_fields(sampling.tools)
        fields["tool_choice"] = _choice(sampling.tool_choice)
    return fields


def tool_fields(tools: Sequence[Tool]) -> list[Json]:
    """The tools as a request lists them."""
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
        }
        for tool in tools
    ]


def _choice(tool_choice: str) -> Json:
    if tool_choice in ("auto", "required", "none"):
        return tool_choice
    return {"type": "function", "function": {"name": tool_choice}}
