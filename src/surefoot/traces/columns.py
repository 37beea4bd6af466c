"""A trace as the columns of a database row: an outline's fields, and the whole as JSON."""

from datetime import UTC, datetime

from surefoot.records import Feedback, Trace
from surefoot.traces.outline import outline
from surefoot.traces.trace_json import feedback_to_json, scores_to_json, trace_to_json

WORDS = ("id", "route", "app", "release", "prompt_name", "prompt", "ending", "failure_kind")
TOKENS = ("prompt_tokens", "output_tokens")
MEASURES = (
    *("queue_seconds", "retrieval_seconds", "first_token_seconds", "total_seconds"),
    "output_tokens_per_second",
)
OUTLINE_FIELDS = (*WORDS, *TOKENS, *MEASURES)
ALWAYS_THERE = frozenset({"id", "route", "ending", "total_seconds"})

_LARGEST = 2**63 - 1  # of SQLite's integers


def trace_columns(trace: Trace) -> dict[str, object]:
    """The values of a trace's row, by column. None is one that SQLite would refuse."""
    short = outline(trace)
    return {
        **{name: getattr(short, name) for name in MEASURES},
        **{name: storable_text(getattr(short, name)) for name in WORDS},
        **{name: _storable_count(getattr(short, name)) for name in TOKENS},
        "started_at": moment_text(trace.started_at),
        "scores": scores_to_json(short.scores),
        "trace": trace_to_json(trace),
    }


def feedback_columns(trace_id: str, feedback: Feedback) -> dict[str, object]:
    """The values of a feedback's row, by column."""
    return {"trace_id": trace_id, "rating": feedback.rating, "feedback": feedback_to_json(feedback)}


def moment_text(moment: datetime) -> str:
    """A moment in UTC, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def storable_text(text: str | None) -> str | None:
    """The text with a question mark for each lone surrogate, which UTF-8 cannot say."""
    return None if text is None else text.encode(errors="replace").decode()


def _storable_count(count: int | None) -> int | None:
    return None if count is None else max(-_LARGEST, min(count, _LARGEST))
