"""An answer in OpenAI's form: a chat completion, or its chunks."""

from dataclasses import dataclass, field

from surefoot.answering import AnswerPart
from surefoot.api.frames import data_frame, json_bytes
from surefoot.api.native_form import (
    call_fields,
    citation_fields,
    release_fields,
    score_fields,
    timings_fields,
)
from surefoot.api.replies import EVENT_STREAM
from surefoot.records import Answer, Pins, TextDelta, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeCompletion:
    """One `chat.completion` object. `created` is in seconds since 1970."""

    id: str
    created: int
    pins: Pins
    ignored: tuple[str, ...]

    @property
    def headers(self) -> dict[str, str]:
        """JSON."""
        return {"content-type": "application/json"}

    def write(self, part: AnswerPart) -> bytes:
        """Nothing until the answer is whole."""
        if not isinstance(part, Answer):
            return b""
        message: dict[str, object] = {"role": "assistant", "content": part.text, "refusal": None}
        if part.tool_calls:
            message |= {"content": part.text or None, "tool_calls": call_fields(part.tool_calls)}
        return json_bytes(
            {
                "id": self.id,
                "object": "chat.completion",
                "created": self.created,
                "model": self.pins.app,
                "choices": [
                    {
                        "index": 0,
                        "message": message,
                        "logprobs": None,
                        "finish_reason": part.finish_reason,
                    }
                ],
                "usage": _usage(part.usage),
                "surefoot": _surefoot(self.pins, part, self.ignored),
            }
        )


@dataclass(slots=True, kw_only=True)
class StreamedCompletion:
    """`chat.completion.chunk` events: the role, the text or the tool calls, the finish, then `[DONE]`.

    A tool call comes in one piece, once it is whole and found to fit; the finish carries `surefoot`.
    With `include_usage`, a chunk with the usage and no choices comes before `[DONE]`. Nothing is sent
    before the model's first word, so that an unreachable model is still a status and not a broken stream.
    """

    id: str
    created: int
    pins: Pins
    ignored: tuple[str, ...]
    include_usage: bool
    _begun: bool = field(default=False, init=False)
    _around_text: tuple[bytes, bytes] = field(init=False)

    def __post_init__(self) -> None:
        """Write once what every chunk of text has in common: it is most of each chunk."""
        # The marker cannot stand elsewhere: JSON escapes quotes, and names and digests hold no NUL.
        before, after = self._chunk({"content": "\0"}, None).split(b'"\\u0000"')
        self._around_text = (before, after)

    @property
    def headers(self) -> dict[str, str]:
        """Server-sent events, which nothing on the way may keep or hold back."""
        return {"content-type": EVENT_STREAM, "cache-control": "no-store", "x-accel-buffering": "no"}

    def write(self, part: AnswerPart) -> bytes:
        """The chunks for one part."""
        match part:
            case TextDelta():
                before, after = self._around_text
                return self._role() + before + json_bytes(part.text) + after
            case Answer():
                return self._role() + self._end(part)
            case _:
                return b""

    def _role(self) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        return self._chunk({"role": "assistant", "content": ""}, None)

    def _end(self, answer: Answer) -> bytes:
        finish = {
            **self._fields({}, answer.finish_reason),
            "surefoot": _surefoot(self.pins, answer, self.ignored),
        }
        frames = b""
        if answer.tool_calls:
            numbered = [{"index": at, **call} for at, call in enumerate(call_fields(answer.tool_calls))]
            frames = self._chunk({"tool_calls": numbered}, None)
        frames += data_frame(finish)
        if self.include_usage:
            frames += data_frame({**self._common(), "choices": [], "usage": _usage(answer.usage)})
        return frames + b"data: [DONE]\n\n"

    def _chunk(self, delta: dict[str, object], finish_reason: str | None) -> bytes:
        return data_frame(self._fields(delta, finish_reason))

    def _fields(self, delta: dict[str, object], finish_reason: str | None) -> dict[str, object]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        fields = {**self._common(), "choices": [choice]}
        return {**fields, "usage": None} if self.include_usage else fields

    def _common(self) -> dict[str, object]:
        return {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.pins.app,
        }


def _usage(usage: Usage | None) -> dict[str, object] | None:
    if usage is None:
        return None
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.prompt_tokens + usage.output_tokens,
    }


def _surefoot(pins: Pins, answer: Answer, ignored: tuple[str, ...]) -> dict[str, object]:
    """What OpenAI's form has no place for: what answered, from which passages, how well, how fast."""
    fields = release_fields(pins)
    return {
        "release": fields["release"],
        "prompt": fields["prompt"],
        "citations": [citation_fields(citation) for citation in answer.citations],
        "abstained": answer.abstained,
        "scores": {name: score_fields(score) for name, score in answer.scores.items()},
        "timings": timings_fields(answer.timings),
        "ignored": ignored,
    }
