"""One answered or failed request, as it is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from surefoot.records.answers import Answer, Pins

Rating = Literal["up", "down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a request got no whole answer: the error's class, its words, and what had been sent by then."""

    kind: str
    message: str
    text_sent: str
    total_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a person said of an answer."""

    rating: Rating
    comment: str
    caller: str
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One request: who asked, through which route, what answered (`pins`), and how it ended.

    `id` is what the response carried as its id. `pins` is None for plain chat, which no release touches.
    `outcome` is an Answer, or a Failure.
    """

    id: str
    started_at: datetime
    route: str
    caller: str
    question: str
    pins: Pins | None
    outcome: Answer | Failure
    feedback: tuple[Feedback, ...] = ()
