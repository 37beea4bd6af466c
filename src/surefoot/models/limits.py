"""How long a model server may take, and how often it is asked again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from surefoot.errors import ModelTimeoutError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The four limits of one request to a model server; each passes on its own and is named when it does.

    `connect_seconds` holds for each attempt. `first_token_seconds` and `total_seconds` count from the
    moment the client was asked, retries included. `idle_seconds` is the longest silence between two pieces
    of a stream.
    """

    connect_seconds: float = 2.0
    first_token_seconds: float = 60.0
    idle_seconds: float = 60.0
    total_seconds: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often to ask again, and how long to wait: full jitter below a ceiling that doubles.

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """

    count: int = 2
    first_delay_seconds: float = 0.1
    longest_delay_seconds: float = 5.0

    def delay_seconds(self, attempt: int, *, share: float, retry_after_seconds: float | None) -> float:
        """Seconds to wait after `attempt`, counted from 0: `share` of the ceiling, or what the server asked.

        `share` is in [0, 1). The server's Retry-After is never cut short.
        """
        ceiling = min(self.longest_delay_seconds, self.first_delay_seconds * 2.0**attempt)
        return max(ceiling * share, retry_after_seconds or 0.0)


def retry_after_seconds(header: str | None, *, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, given as a number or a date; None when it says neither.

    Source: RFC 9110, section 10.2.3.
    """
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except (ValueError, IndexError):
        return None
    # "-0000" means "no zone known", which parses as a naive time: HTTP dates are UTC.
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


class Clock:
    """Counts the limits of one request, and says which one passed.

    Until `note_first` is called a wait ends at the first-token limit, afterwards at the idle limit; with
    `streams=False` the answer comes in one piece, so only the total holds. Make it inside the running loop.
    """

    def __init__(self, limits: Limits, *, url: str, streams: bool) -> None:
        self._limits = limits
        self._url = url
        self._streams = streams
        self._started = asyncio.get_running_loop().time()
        self._first_seen = False

    @property
    def seconds(self) -> float:
        """Seconds since the client was asked."""
        return asyncio.get_running_loop().time() - self._started

    def note_first(self) -> None:
        """The first token is here: from now on the idle limit holds."""
        self._first_seen = True

    def allows(self, delay_seconds: float) -> bool:
        """Whether a wait of `delay_seconds` leaves time for an answer."""
        _, deadline = self._next_limit()
        return asyncio.get_running_loop().time() + delay_seconds < deadline

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Around each wait for the server: raises ModelTimeoutError that names the limit that passed."""
        name, deadline = self._next_limit()
        try:
            async with asyncio.timeout_at(deadline) as scope:
                yield
        except TimeoutError:
            if not scope.expired():
                raise
            raise self.passed(name) from None

    def passed(self, name: str) -> ModelTimeoutError:
        """The error that says limit `name` passed, and how to change it."""
        value = getattr(self._limits, name)
        return ModelTimeoutError(
            f"the model server at {self._url!r} passed the limit {name}={value:g}",
            remedy=f"see whether the server is overloaded (its /metrics: requests running and waiting), "
            f"or raise {name} in the settings",
        )

    def _next_limit(self) -> tuple[str, float]:
        limits = self._limits
        total = ("total_seconds", self._started + limits.total_seconds)
        if not self._streams:
            return total
        if self._first_seen:
            now = asyncio.get_running_loop().time()
            sooner = ("idle_seconds", now + limits.idle_seconds)
        else:
            sooner = ("first_token_seconds", self._started + limits.first_token_seconds)
        return min(sooner, total, key=lambda limit: limit[1])
