"""An answer as every room speaks of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from surefoot.records.messages import Message, ToolCall, Usage
from surefoot.records.passages import RankedPassage
from surefoot.records.scores import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """How far a sentence that cites a passage is supported by what it cites.

    `start` and `end` are the sentence's span in the answer, `source_start` and `source_end` that of the
    sentences of the source which hold most of its words. `share` from 0 to 1 is how much of the sentence
    stands in all passages that it cites, and `supported` whether that is enough.
    """

    start: int
    end: int
    source_start: int
    source_end: int
    share: float
    supported: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A passage that the answer points to.

    `number` is the [n] in the answer's text, counted from 1 over the passages the prompt showed.
    `start` and `end` are character offsets into the source document as it was read. `supports` has one
    entry for each sentence that cites it; none was looked for in an answer with a form of its own.
    """

    number: int
    passage_id: str
    source: str
    start: int
    end: int
    headings: tuple[str, ...]
    text: str
    score: float
    supports: tuple[Support, ...] = ()


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
