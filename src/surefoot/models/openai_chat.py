"""Chat with any OpenAI-compatible server, vLLM first."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from surefoot.errors import ModelError, RequestError
from surefoot.models.chat_stream import EventSplitter, StreamedAnswer
from surefoot.models.http_connection import HttpConnection, HttpReply, HttpRequest
from surefoot.models.limits import Clock, Limits, Retries
from surefoot.models.server_words import quote
from surefoot.records import Completion, Json, Message, Sampling, TextDelta
from surefoot.records.chat_form import chat_fields


class OpenAIChat:
    """A chat model behind an address. `model` is the name the server knows it by.

    Use it as an async context manager, or call `aclose` when done with it.
    """

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        limits: Limits | None = None,
        retries: Retries | None = None,
        api_key: str | None = None,
    ) -> None:
        self.model = model
        self._api_key = api_key
        self._connection = HttpConnection(
            base_url=base_url, limits=limits or Limits(), retries=retries or Retries(), api_key=api_key
        )

    async def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[TextDelta | Completion, None]:
        """Text as it comes, then one Completion. Closing the generator closes the upstream connection.

        Tools that the model asks for are whole in the Completion, whose finish reason is then "tool_calls".
        Raises ModelTimeoutError, ModelUnreachableError, or ModelError when the server refuses, sends an
        error inside the stream, or ends the stream before the answer.
        """
        clock = self._connection.clock()
        request = HttpRequest(method="POST", path="/v1/chat/completions", body=self._body(messages, sampling))
        events, answer = EventSplitter(), StreamedAnswer(secret=self._api_key)
        first_token_seconds: float | None = None
        async with self._connection.open(request, clock) as reply:
            await reply.expect_ok()
            while not answer.done and (chunk := await reply.read()):
                for event in events.feed(chunk):
                    text = answer.take(event)
                    if text or answer.tool_calls:
                        first_token_seconds = first_token_seconds or _first(clock)
                    if text:
                        yield TextDelta(text=text)
        yield _completion(answer, clock, first_token_seconds)

    @asynccontextmanager
    async def forward(self, body: bytes) -> AsyncIterator[HttpReply]:
        """Hand `body` on untouched and the reply back untouched: `status`, `headers`, `chunks()`.

        The limits are those of `stream`; an answer that does not stream comes in one piece, so for it the
        total alone holds. A status that says no is a reply like any other. Leaving closes the connection.
        """
        clock = self._connection.clock(streams=_streams(body))
        request = HttpRequest(method="POST", path="/v1/chat/completions", body=body)
        async with self._connection.open(request, clock) as reply:
            yield reply

    async def served_names(self) -> tuple[str, ...]:
        """The model names the server lists at /v1/models."""
        listing = await self._connection.fetch_json(HttpRequest(method="GET", path="/v1/models"))
        data = listing.get("data") if isinstance(listing, dict) else None
        if not isinstance(data, list):
            raise ModelError(
                f"the model server at {self._connection.url!r} listed its models as {quote(str(listing))}",
                remedy="check that the address is that of an OpenAI-compatible server",
            )
        return tuple(str(entry["id"]) for entry in data if isinstance(entry, dict) and "id" in entry)

    async def aclose(self) -> None:
        """Close the connections to the server."""
        await self._connection.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def _body(self, messages: Sequence[Message], sampling: Sampling) -> bytes:
        streamed: dict[str, Json] = {"stream": True, "stream_options": {"include_usage": True}}
        return json.dumps({"model": self.model, **chat_fields(messages, sampling), **streamed}).encode()


def _first(clock: Clock) -> float:
    clock.note_first()
    return clock.seconds


def _completion(answer: StreamedAnswer, clock: Clock, first_token_seconds: float | None) -> Completion:
    if answer.finish_reason is None:
        raise ModelError(
            f"the stream ended before the answer did, after {len(answer.text)} characters",
            remedy="see the model server's log; the request can be asked again",
        )
    seconds = clock.seconds
    tool_calls = answer.tool_calls.calls
    # Servers end a call of a named tool with "stop"; here a call always ends the same.
    called = tool_calls and answer.finish_reason == "stop"
    return Completion(
        text=answer.text,
        tool_calls=tool_calls,
        finish_reason="tool_calls" if called else answer.finish_reason,
        usage=answer.usage,
        first_token_seconds=seconds if first_token_seconds is None else first_token_seconds,
        total_seconds=seconds,
    )


def _streams(body: bytes) -> bool:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise RequestError("the body is not a JSON object", remedy="send a chat completion request as JSON")
    return value.get("stream") is True
