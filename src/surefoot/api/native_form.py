"""An answer in surefoot's own form: one JSON object, or events as it comes."""

from dataclasses import dataclass

from surefoot.answering import AnswerPart, Retrieved, SentenceCited
from surefoot.api.frames import event_frame, json_bytes
from surefoot.api.replies import EVENT_STREAM
from surefoot.records import (
    Answer,
    Citation,
    Passage,
    Pins,
    RankedPassage,
    Score,
    Scored,
    Support,
    TextDelta,
    Timings,
    ToolCall,
    Usage,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeNative:
    """The answer as one JSON object."""

    id: str
    pins: Pins

    @property
    def headers(self) -> dict[str, str]:
        """JSON."""
        return {"content-type": "application/json"}

    def write(self, part: AnswerPart) -> bytes:
        """Nothing until the answer is whole."""
        return json_bytes(answer_fields(self.id, self.pins, part)) if isinstance(part, Answer) else b""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedNative:
    """The answer as events: `passages` once, `delta` for each piece of text, `answer` with everything.

    Behind each sentence that is whole and cites comes `citations`. A stream that fails ends with the event
    `error` in place of `answer`.
    """

    id: str
    pins: Pins

    @property
    def headers(self) -> dict[str, str]:
        """Server-sent events, which nothing on the way may keep or hold back."""
        return {"content-type": EVENT_STREAM, "cache-control": "no-store", "x-accel-buffering": "no"}

    def write(self, part: AnswerPart) -> bytes:
        """One event for each part."""
        match part:
            case TextDelta():
                return event_frame("delta", {"text": part.text})
            case Retrieved():
                return event_frame(
                    "passages",
                    {
                        "id": self.id,
                        **release_fields(self.pins),
                        "searched": part.searched,
                        "passages": shown_fields(part.passages),
                    },
                )
            case SentenceCited():
                cited = [
                    {"number": number, **support_fields(support)} for number, support in part.supports.items()
                ]
                return event_frame("citations", {"start": part.start, "end": part.end, "cited": cited})
            case Answer():
                return event_frame("answer", answer_fields(self.id, self.pins, part))


def answer_fields(answer_id: str, pins: Pins, answer: Answer) -> dict[str, object]:
    """The whole answer, as `POST /v1/answers` gives it."""
    return {
        "id": answer_id,
        **release_fields(pins),
        "answer": answer.text,
        "abstained": answer.abstained,
        "finish_reason": answer.finish_reason,
        "tool_calls": call_fields(answer.tool_calls),
        "citations": [citation_fields(citation) for citation in answer.citations],
        "searched": answer.searched,
        "passages": shown_fields(answer.passages),
        "usage": usage_fields(answer.usage),
        "earlier_usage": usage_fields(answer.earlier_usage),
        "steps": [{"name": step.name, "seconds": step.seconds} for step in answer.steps],
        "timings": timings_fields(answer.timings),
        "scores": {name: score_fields(score) for name, score in answer.scores.items()},
    }


def release_fields(pins: Pins) -> dict[str, object]:
    """What answered: the app, its release and the prompt in it."""
    return {
        "app": pins.app,
        "release": pins.release,
        "prompt": {"name": pins.prompt_name, "digest": pins.prompt},
    }


def shown_fields(passages: tuple[RankedPassage, ...]) -> list[dict[str, object]]:
    """The passages the prompt showed, each under the number an answer cites it by."""
    return [
        {
            "number": number,
            **passage_fields(ranked.passage),
            "score": ranked.score,
            "similarity": ranked.similarity,
            "lexical_score": ranked.lexical_score,
        }
        for number, ranked in enumerate(passages, start=1)
    ]


def passage_fields(passage: Passage) -> dict[str, object]:
    """One passage; `start` and `end` are character offsets into its source."""
    return {
        "passage_id": passage.id,
        "source": passage.source,
        "start": passage.start,
        "end": passage.end,
        "headings": passage.headings,
        "page": passage.page,
        "metadata": dict(passage.metadata),
        "suspicions": passage.suspicions,
        "text": passage.text,
    }


def citation_fields(citation: Citation) -> dict[str, object]:
    """A passage the answer cites as [number]."""
    return {
        "number": citation.number,
        "passage_id": citation.passage_id,
        "source": citation.source,
        "start": citation.start,
        "end": citation.end,
        "headings": citation.headings,
        "text": citation.text,
        "score": citation.score,
        "supports": [support_fields(support) for support in citation.supports],
    }


def support_fields(support: Support) -> dict[str, object]:
    """How far a sentence is supported; `start` and `end` are in the answer, the others in the source."""
    return {
        "start": support.start,
        "end": support.end,
        "source_start": support.source_start,
        "source_end": support.source_end,
        "share": support.share,
        "supported": support.supported,
    }


def call_fields(calls: tuple[ToolCall, ...]) -> list[dict[str, object]]:
    """What the model asks the caller to call, in OpenAI's form; `arguments` is JSON as text."""
    return [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in calls
    ]


def usage_fields(usage: Usage | None) -> dict[str, object] | None:
    """Tokens as the model server counted them; null when it did not say."""
    if usage is None:
        return None
    return {"prompt_tokens": usage.prompt_tokens, "output_tokens": usage.output_tokens}


def timings_fields(timings: Timings) -> dict[str, object]:
    """Where the seconds went."""
    return {
        "queue_seconds": timings.queue_seconds,
        "retrieval_seconds": timings.retrieval_seconds,
        "first_token_seconds": timings.first_token_seconds,
        "total_seconds": timings.total_seconds,
    }


def score_fields(score: Score) -> object:
    """A number, or {"unscored": why}: what was not measured is never a number."""
    return score.value if isinstance(score, Scored) else {"unscored": score.reason}
