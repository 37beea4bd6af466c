"""An answer as every room speaks of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from surefoot.records.messages import Message, ToolCall, Usage
from surefoot.records.passages import RankedPassage
from surefoot.records.scores import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A passage that the answer points to.

    `number` is the [n] in the answer's text, counted from 1 over the passages the prompt showed.
    `start` and `end` are character offsets into the source document as it was read.
    """

    number: int
    passage_id: str
    source: str
    start: int
    end: int
    headings: tuple[str, ...]
    text: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Where the seconds went. `first_token_seconds` and `total_seconds` count from the request's arrival."""

    queue_seconds: float
    retrieval_seconds: float
    first_token_seconds: float | None
    total_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How long one step of an app's own pipeline took; a step that ran twice stands there twice."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """The digests that say exactly what answered. All are 64 hex digits, but for the names.

    The same digests stand in answers, traces, metric labels and, later, receipts.
    """

    app: str
    release: str
    prompt_name: str
    prompt: str
    snapshot: str
    model_alias: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one question got. `passages` are those the prompt showed, in the order of their numbers.

    `scores` holds judge-free measurements by name, each in its own unit, documented in
    docs/reference/scores.md. `tool_calls` is what the model asks the caller to call, in place of an answer.
    `searched` holds the texts that passages were searched with: the question, or what an app's own code made
    of it. `steps` are that code's, and `earlier_usage` its requests to the model before the answer's own.
    """

    question: str
    text: str
    finish_reason: str
    abstained: bool
    citations: tuple[Citation, ...]
    passages: tuple[RankedPassage, ...]
    messages: tuple[Message, ...]
    usage: Usage | None
    timings: Timings
    scores: Mapping[str, Score]
    tool_calls: tuple[ToolCall, ...] = ()
    searched: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    earlier_usage: Usage | None = None
