"""What an answer is made of while it comes, and the port of a pipeline that makes it otherwise."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Protocol

from surefoot.records import (
    EVERYBODY,
    Completion,
    Message,
    RankedPassage,
    Reach,
    Step,
    Support,
    TextDelta,
    Usage,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a caller asks; `history` holds earlier user and assistant turns, oldest first.

    `reach` says what may be found for it: the caller's groups, and what the caller narrows the search to.
    """

    text: str
    history: tuple[Message, ...] = ()
    reach: Reach = EVERYBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """The passages the prompt shows, in the order of their numbers, before the model has said anything.

    `retrieval_seconds` is how long it took to find them, and `searched` the texts they were searched with.
    Where an app of its own code declines without asking, these are the passages that it saw, and no messages.
    """

    passages: tuple[RankedPassage, ...]
    messages: tuple[Message, ...]
    retrieval_seconds: float
    searched: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceCited:
    """A sentence of the answer that is whole and cites: its span, and by number what supports it."""

    start: int
    end: int
    supports: Mapping[int, Support]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsTaken:
    """How a pipeline of several steps spent its time, and the tokens of all requests but the answer's own."""

    steps: tuple[Step, ...]
    earlier_usage: Usage | None


class Pipeline(Protocol):
    """Answers in place of the built-in pipeline. It is built with all that its release pins."""

    def stream(
        self, question: Question
    ) -> AsyncGenerator[Retrieved | TextDelta | StepsTaken | Completion, None]:
        """Retrieved once, text as it comes, then what it took: StepsTaken, and a Completion of all that text.

        Closing the generator frees the model. Raises SurefootError.
        """
        ...
