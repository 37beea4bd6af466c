"""One answered or failed request, as it is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from surefoot.records.answers import Answer, Pins
from surefoot.records.messages import Message
from surefoot.records.passages import RankedPassage

Rating = Literal["up", "down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a request got no whole answer: the error's class, its words, and how far it had come by then.

    `passages` and `messages` are what the model was shown; empty when it was not asked yet. `searched` is as
    in Answer. The seconds are as in Timings; None for what the request did not get to.
    """

    kind: str
    message: str
    text_sent: str
    total_seconds: float
    queue_seconds: float | None = None
    retrieval_seconds: float | None = None
    first_token_seconds: float | None = None
    passages: tuple[RankedPassage, ...] = ()
    messages: tuple[Message, ...] = ()
    searched: tuple[str, ...] = ()


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

    `id` is what the response carried as its id. `pins` is None for plain chat, which no release touches,
    and where the app that was asked could not be opened: `unopened_app` names it then, and is None else.
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
    unopened_app: str | None = None
