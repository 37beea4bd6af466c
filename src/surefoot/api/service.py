"""What the HTTP service is built from: every room it uses, as ports, in one value."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from surefoot.answering import Admission, App
from surefoot.api.authentication import Authenticate
from surefoot.console import HeldBack, Standing
from surefoot.records import Feedback, Passage, Trace
from surefoot.traces import Outline


class Apps(Protocol):
    """The apps that are served, each at its present release."""

    def names(self) -> tuple[str, ...]:
        """The apps' names; the first answers when a request names none."""
        ...

    def current(self, name: str) -> App:
        """The app as it serves now. NotFoundError for no such app, or why it cannot answer."""
        ...

    def use(self, name: str) -> AbstractContextManager[App]:
        """The same, for one request: what it got stays open until it leaves, whatever is promoted."""
        ...

    def standings(self) -> Sequence[Standing]:
        """Which release of each app serves now, and what proves it; none for an app that is not open."""
        ...

    def held_back(self) -> Sequence[HeldBack]:
        """Releases that production names and that do not serve, while what served before goes on."""
        ...

    async def passage(self, name: str, passage_id: str) -> Passage | None:
        """A passage of the app's documents, or None when they hold none with this id."""
        ...


class TraceSink(Protocol):
    """Takes traces without blocking, and feedback for them."""

    def offer(self, trace: Trace) -> bool:
        """Keep a trace soon; False when there was no room."""
        ...

    async def flush(self) -> None:
        """Return when all that was offered can be found."""
        ...

    async def add_feedback(self, trace_id: str, feedback: Feedback) -> None:
        """Keep what a person said of an answer; NotFoundError for an unknown one."""
        ...


class TraceStore(Protocol):
    """The traces that were kept."""

    async def find(self, trace_id: str) -> Trace:
        """One trace with its feedback; NotFoundError when there is none."""
        ...

    async def recent(self, limit: int) -> tuple[Trace, ...]:
        """At most `limit` traces, latest first."""
        ...

    async def outlines(self, since: datetime, until: datetime) -> tuple[Outline, ...]:
        """The short forms of all traces that started in [since, until)."""
        ...


class Metrics(Protocol):
    """What Prometheus reads."""

    def observe(self, trace: Trace) -> None:
        """Count one answer or failure."""
        ...

    def render(self) -> bytes:
        """Everything, in Prometheus's text form."""
        ...

    @property
    def content_type(self) -> str:
        """That form's media type."""
        ...


class PlainReply(Protocol):
    """What a model server answered, untouched."""

    @property
    def status(self) -> int:
        """Its HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that are handed on, by lower-case name."""
        ...

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body's bytes as they come."""
        ...


class PlainModel(Protocol):
    """A model server, spoken to without a release in between."""

    def forward(self, body: bytes) -> AbstractAsyncContextManager[PlainReply]:
        """Send a chat request as it is; leaving the context frees the model."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReady:
    """One thing that keeps the service from answering, and what to do about it."""

    what: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Everything the routes use.

    `running` is entered when the server starts, and left when it stops. `set_gauges` sets the metrics that
    say what is now, such as how many requests wait; it is called before each scrape. `plain_models` holds
    every model alias, also while `plain_chat` is off.
    """

    apps: Apps
    admission: Admission
    sink: TraceSink
    store: TraceStore
    metrics: Metrics
    set_gauges: Callable[[], None]
    authenticate: Authenticate
    not_ready: Callable[[], Sequence[NotReady]]
    running: Callable[[], AbstractAsyncContextManager[None]]
    plain_models: Mapping[str, PlainModel]
    plain_chat: bool
    most_body_bytes: int
