"""The short form of a trace: what summaries, plots and metrics need, without its texts.

There is one definition of each measurement, here, so that Prometheus, the report and the page agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from surefoot.records import Answer, Score, Timings, Trace, Usage

Ending = Literal["answered", "abstained", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """How one request went. `app`, `release` and the prompt are None for plain chat.

    An app that could not be opened has no release and no prompt. What a failed request did not get
    to, and what was not measured, is None.
    The tokens are those of every request that the answer took. `output_tokens_per_second` counts the answer's
    own from the first on; `failure_kind` is the error's class.
    """

    id: str
    started_at: datetime
    route: str
    app: str | None
    release: str | None
    prompt_name: str | None
    prompt: str | None
    ending: Ending
    failure_kind: str | None
    queue_seconds: float | None
    retrieval_seconds: float | None
    first_token_seconds: float | None
    total_seconds: float
    prompt_tokens: int | None
    output_tokens: int | None
    output_tokens_per_second: float | None
    scores: Mapping[str, Score]
    rated_up: int
    rated_down: int


def outline(trace: Trace) -> Outline:
    """The short form of one trace."""
    pins, outcome = trace.pins, trace.outcome
    answer = outcome if isinstance(outcome, Answer) else None
    times = outcome.timings if isinstance(outcome, Answer) else outcome
    usage = answer.usage if answer else None
    tokens = all_tokens(answer) if answer else None
    ratings = [feedback.rating for feedback in trace.feedback]
    return Outline(
        id=trace.id,
        started_at=trace.started_at,
        route=trace.route,
        app=pins.app if pins else trace.unopened_app,
        release=pins.release if pins else None,
        prompt_name=pins.prompt_name if pins else None,
        prompt=pins.prompt if pins else None,
        ending=ending(trace),
        failure_kind=None if isinstance(outcome, Answer) else outcome.kind,
        queue_seconds=times.queue_seconds,
        retrieval_seconds=times.retrieval_seconds,
        first_token_seconds=times.first_token_seconds,
        total_seconds=total_seconds(trace),
        prompt_tokens=tokens.prompt_tokens if tokens else None,
        output_tokens=tokens.output_tokens if tokens else None,
        output_tokens_per_second=output_tokens_per_second(usage, answer.timings) if answer else None,
        scores=answer.scores if answer else {},
        rated_up=ratings.count("up"),
        rated_down=ratings.count("down"),
    )


def ending(trace: Trace) -> Ending:
    """Whether the request was answered, abstained from, or failed."""
    if isinstance(trace.outcome, Answer):
        return "abstained" if trace.outcome.abstained else "answered"
    return "failed"


def total_seconds(trace: Trace) -> float:
    """Seconds from the request's arrival to its end, however it ended."""
    if isinstance(trace.outcome, Answer):
        return trace.outcome.timings.total_seconds
    return trace.outcome.total_seconds


def all_tokens(answer: Answer) -> Usage | None:
    """What all requests for an answer took; None when the server did not say."""
    known = [usage for usage in (answer.usage, answer.earlier_usage) if usage is not None]
    if not known:
        return None
    return Usage(
        prompt_tokens=sum(usage.prompt_tokens for usage in known),
        output_tokens=sum(usage.output_tokens for usage in known),
    )


def output_tokens_per_second(usage: Usage | None, timings: Timings) -> float | None:
    """How fast the answer streamed: the tokens after the first, over the seconds after the first.

    None without a usage, a first token, a second token, or measurable time between them.
    """
    if usage is None or timings.first_token_seconds is None:
        return None
    seconds = timings.total_seconds - timings.first_token_seconds
    if usage.output_tokens < 2 or seconds <= 0:
        return None
    return (usage.output_tokens - 1) / seconds
