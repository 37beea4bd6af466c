"""The text of a streamed answer, read from server-sent events as they arrive: no network here."""

import json
from collections.abc import Mapping

from surefoot.errors import ModelError
from surefoot.models.server_words import quote, words_of
from surefoot.models.tool_calls import StreamedToolCalls
from surefoot.records import Usage

DONE = "[DONE]"
LONGEST_EVENT_BYTES = 1_048_576


class EventSplitter:
    """Cuts bytes into the data of server-sent events, however the network sliced them.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, of which chat servers use
    `data:` lines and comments.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[str]:
        """The data of each event that `chunk` completes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LONGEST_EVENT_BYTES:
            raise ModelError(
                f"the model server sent a line of more than {LONGEST_EVENT_BYTES} bytes",
                remedy="check that the address is that of a chat server: this is not a stream of answers",
            )
        events = [event for line in lines if (event := self._take(line.removesuffix(b"\r"))) is not None]
        return events

    def _take(self, line: bytes) -> str | None:
        if line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" ").decode("utf-8", "replace"))
            return None
        if line or not self._data:
            return None  # a comment, a field we have no use for, or the blank line after one
        event, self._data = "\n".join(self._data), []
        return event


class StreamedAnswer:
    """What a stream of chat completion chunks has said so far; no error repeats `secret`, the API key."""

    def __init__(self, *, secret: str | None = None) -> None:
        self._secret = secret
        self.done = False
        self.finish_reason: str | None = None
        self.usage: Usage | None = None
        self.tool_calls = StreamedToolCalls()
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        """All text so far."""
        return "".join(self._pieces)

    def take(self, event: str) -> str:
        """The text that one event adds, often none. Raises ModelError for an error sent inside the stream."""
        if event == DONE:
            self.done = True
            return ""
        chunk = _object(event, self._secret)
        if chunk.get("error"):
            raise ModelError(
                f"the model server broke off its answer: {words_of(event.encode(), secret=self._secret)}",
                remedy="see the model server's log; the request can be asked again",
            )
        self._take_usage(chunk.get("usage"))
        return self._take_choice(chunk.get("choices"))

    def _take_choice(self, choices: object) -> str:
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return ""
        reason = choices[0].get("finish_reason")
        if isinstance(reason, str):
            self.finish_reason = reason
        delta = choices[0].get("delta")
        if not isinstance(delta, dict):
            return ""
        self.tool_calls.take(delta.get("tool_calls"))
        content = delta.get("content")
        if not isinstance(content, str):
            return ""
        self._pieces.append(content)
        return content

    def _take_usage(self, usage: object) -> None:
        if not isinstance(usage, dict):
            return
        prompt, output = usage.get("prompt_tokens"), usage.get("completion_tokens")
        if isinstance(prompt, int) and isinstance(output, int):
            self.usage = Usage(prompt_tokens=prompt, output_tokens=output)


def _object(event: str, secret: str | None) -> Mapping[str, object]:
    try:
        chunk = json.loads(event)
    except ValueError:
        chunk = None
    if not isinstance(chunk, dict):
        raise ModelError(
            f"the model server sent {quote(event, secret=secret)} where a chat completion chunk belongs",
            remedy="check that the address is that of an OpenAI-compatible server",
        )
    return chunk
