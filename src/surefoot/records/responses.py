"""What a release answered to a case, as it is recorded: enough to score it again without model or index."""

from dataclasses import dataclass
from typing import TypeAlias

from surefoot.records.messages import Usage
from surefoot.records.passages import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Responded:
    """An answer. `passages` are those the prompt showed, in the order of their numbers, counted from 1.

    `repeat` counts the times a release was asked the same, from 0. Seconds are as in Timings.
    """

    case: str
    repeat: int
    text: str
    finish_reason: str
    abstained: bool
    passages: tuple[Passage, ...]
    usage: Usage | None
    first_token_seconds: float | None
    total_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NoResponse:
    """No answer came, however often it was tried. `kind` is the error's class, `message` its words."""

    case: str
    repeat: int
    kind: str
    message: str


Response: TypeAlias = Responded | NoResponse
