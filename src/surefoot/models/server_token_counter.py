"""Tokens of a conversation as vLLM counts them, chat template included."""

import json
from collections.abc import Sequence

from surefoot.errors import ModelError
from surefoot.models.http_connection import HttpConnection, HttpRequest
from surefoot.models.limits import Limits, Retries
from surefoot.models.server_words import quote
from surefoot.records import Json, Message, Tool
from surefoot.records.chat_form import tool_fields


class ServerTokenCounter:
    """Asks the server's /tokenize. It never guesses: a server without that route is a ModelError."""

    exact = True

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        limits: Limits | None = None,
        retries: Retries | None = None,
        api_key: str | None = None,
    ) -> None:
        self._model = model
        self._connection = HttpConnection(
            base_url=base_url, limits=limits or Limits(), retries=retries or Retries(), api_key=api_key
        )

    async def count(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
        """The prompt's tokens, with the tools it offers and the frame that opens the answer."""
        turns: list[Json] = [{"role": message.role, "content": message.content} for message in messages]
        asked: dict[str, Json] = {"model": self._model, "messages": turns}
        if tools:
            asked["tools"] = tool_fields(tools)
        body = json.dumps(asked).encode()
        reply = await self._connection.fetch_json(HttpRequest(method="POST", path="/tokenize", body=body))
        count = reply.get("count") if isinstance(reply, dict) else None
        if not isinstance(count, int):
            raise ModelError(
                f"the model server at {self._connection.url!r} counted tokens as {quote(str(reply))}",
                remedy="only vLLM counts tokens this way: use the estimate for other servers",
            )
        return count

    async def aclose(self) -> None:
        """Close the connections to the server."""
        await self._connection.aclose()
