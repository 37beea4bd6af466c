"""A trace as a request to be logged: its digests, tokens, times and scores; its texts only where wanted."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from surefoot.integrations.promptlayer.ports import LoggedRequest
from surefoot.records import Answer, Failure, Json, Message, Pins, Scored, Trace, Usage
from surefoot.traces.outline import ending, total_seconds

FEEDBACK = "feedback"
LONGEST_ERROR = 1024
Status = Literal["SUCCESS", "WARNING", "ERROR"]

# Error classes in PromptLayer's terms; any other is UNKNOWN_ERROR there.
_ERROR_TYPES: Mapping[str, str] = {
    "ModelTimeoutError": "PROVIDER_TIMEOUT",
    "ModelError": "PROVIDER_ERROR",
    "ModelUnreachableError": "PROVIDER_ERROR",
    "ModelMismatchError": "PROVIDER_ERROR",
    "PromptError": "TEMPLATE_RENDER_ERROR",
}


def to_log(trace: Trace, *, content: bool) -> LoggedRequest | None:
    """The trace as PromptLayer logs it; None when no release answered, as in plain chat.

    Without `content` no word of question, passages, messages, answer or error is in it.
    """
    pins, outcome = trace.pins, trace.outcome
    if pins is None:
        return None
    ended = trace.started_at + timedelta(seconds=total_seconds(trace))
    status, error_type = _how_it_went(outcome)
    usage = outcome.usage if isinstance(outcome, Answer) else None
    return LoggedRequest(
        trace_id=trace.id,
        model=pins.model_alias,
        started_at=_moment(trace.started_at),
        ended_at=_moment(ended),
        input=chat(_messages(outcome.messages) if content else []),
        output=chat(_said(outcome) if content else []),
        prompt_name=pins.prompt_name,
        prompt_digest=pins.prompt,
        input_tokens=usage.prompt_tokens if usage else 0,
        output_tokens=usage.output_tokens if usage else 0,
        status=status,
        error_type=error_type,
        error_message=_error_words(outcome, content=content),
        tags=("surefoot", pins.app),
        metadata=_metadata(trace, pins, usage),
        variables={"question": trace.question} if content else {},
        scores=_scores(outcome),
    )


def out_of_100(value: float) -> int:
    """A score as PromptLayer keeps it: a whole number from 0 to 100. What lies beyond is cut off."""
    return round(max(0.0, min(100.0, value * 100)))


def chat(messages: list[Json]) -> Mapping[str, Json]:
    """Messages as PromptLayer's chat."""
    return {"type": "chat", "messages": messages}


def _how_it_went(outcome: Answer | Failure) -> tuple[Status, str | None]:
    if isinstance(outcome, Failure):
        return "ERROR", _ERROR_TYPES.get(outcome.kind, "UNKNOWN_ERROR")
    if outcome.finish_reason == "length":
        return "WARNING", "PROVIDER_PARTIAL_RESPONSE"
    return "SUCCESS", None


def _error_words(outcome: Answer | Failure, *, content: bool) -> str | None:
    if isinstance(outcome, Answer):
        return None
    # An error may quote what was asked: only its class is sure to hold nobody's words.
    return f"{outcome.kind}: {outcome.message}"[:LONGEST_ERROR] if content else outcome.kind


def _messages(messages: tuple[Message, ...]) -> list[Json]:
    return [{"role": message.role, "content": _text(message.content)} for message in messages]


def _said(outcome: Answer | Failure) -> list[Json]:
    """What the model answered, with the tools it asked for; what had been sent when it failed."""
    if isinstance(outcome, Failure):
        return [{"role": "assistant", "content": _text(outcome.text_sent)}] if outcome.text_sent else []
    message: dict[str, Json] = {"role": "assistant", "content": _text(outcome.text)}
    if outcome.tool_calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in outcome.tool_calls
        ]
    return [message]


def _text(text: str) -> Json:
    # Lone surrogates, as of a file name that is not UTF-8, have no place in JSON that is sent.
    return [{"type": "text", "text": text.encode(errors="replace").decode()}]


def _metadata(trace: Trace, pins: Pins, usage: Usage | None) -> Mapping[str, str]:
    said = {
        "surefoot_trace": trace.id,
        "surefoot_app": pins.app,
        "surefoot_release": pins.release,
        "surefoot_prompt": pins.prompt,
        "surefoot_snapshot": pins.snapshot,
        "surefoot_model": pins.model,
        "surefoot_route": trace.route,
        "surefoot_ending": ending(trace),
        "tokens_counted": "no" if usage is None else "yes",
    }
    if isinstance(trace.outcome, Answer):
        if trace.outcome.timings.first_token_seconds is not None:
            said["first_token_seconds"] = f"{trace.outcome.timings.first_token_seconds:.3f}"
        for name, score in trace.outcome.scores.items():
            # Exact, and why not where it was not measured: the scores themselves are whole numbers there.
            said[f"score.{name}"] = f"{score.value:.6g}" if isinstance(score, Scored) else "not measured"
        if trace.outcome.tool_calls:
            said["tools_called"] = ", ".join(call.name for call in trace.outcome.tool_calls)
    return said


def _scores(outcome: Answer | Failure) -> Mapping[str, int]:
    if isinstance(outcome, Failure):
        return {}
    measured = {name: score.value for name, score in outcome.scores.items() if isinstance(score, Scored)}
    return {name: out_of_100(value) for name, value in measured.items()}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
