"""What the pages show, as values: everything in them is untrusted text unless it says otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from surefoot.console.quality import Quality
from surefoot.records import Answer, Pins, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer on the page, under the id of its trace."""

    id: str
    pins: Pins
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenGlass:
    """Who put a release into production that nothing proves, why and when; `record` names the record."""

    record: str
    by: str
    reason: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Which release of an app serves, from which channel, and the receipt that proves it, by digest.

    `receipt` is None where nothing proves it: then `channel` is "working tree", or somebody broke the glass.
    `kind` is "comparison" or "founding", of the receipt. `since` is when this process began to serve it.
    """

    app: str
    release: str
    channel: str
    receipt: str | None
    since: datetime
    kind: str | None = None
    broken_glass: BrokenGlass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """A release that production names and that does not serve, why, and what to do.

    `release` is None where not even that can be read. What served before goes on serving.
    """

    app: str
    release: str | None
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The first page: the apps to ask, what was asked and answered, how each release does, recent traces.

    `recent` and `quality` are None for a caller who may ask but not read.
    """

    apps: Sequence[str]
    recent: Sequence[Trace] | None
    quality: Quality | None
    standings: Sequence[Standing] = ()
    held_back: Sequence[HeldBack] = ()
    app: str = ""
    question: str = ""
    answered: Answered | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentedRoute:
    """One route on the page that describes the API; `body` is its request's JSON schema, or empty."""

    method: str
    path: str
    summary: str
    description: str
    body: str
