"""Keep how a request ended, however it ends: exactly one trace each."""

import asyncio
import base64
import secrets
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from surefoot.answering import Retrieved
from surefoot.api.authentication import Caller
from surefoot.api.errors import ClientLeft
from surefoot.api.service import Service
from surefoot.errors import SurefootError
from surefoot.records import Answer, Failure, Pins, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is known of a request before anything answers it.

    `pins` is None for plain chat, and while the app, then named by `unopened_app`, is not open.
    """

    id: str
    route: str
    caller: str
    question: str
    pins: Pins | None
    started_at: datetime
    unopened_app: str | None = None


def now() -> datetime:
    """The present moment, as traces keep it."""
    return datetime.now(UTC)


def asked_now(prefix: str, *, route: str, caller: Caller, question: str) -> Asked:
    """A request as it comes in, under an id no one can guess: the prefix and 26 random characters."""
    random = base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()
    return Asked(
        id=prefix + random, route=route, caller=caller.id, question=question, pins=None, started_at=now()
    )


class Recording:
    """Offers one trace for the request it surrounds: the answer it was told of, or why there was none."""

    def __init__(self, service: Service, asked: Asked) -> None:
        self._service = service
        self._asked = asked
        self._arrived = time.perf_counter()
        self._sent: list[str] = []
        self._queue_seconds: float | None = None
        self._retrieved: Retrieved | None = None
        self._first_token_seconds: float | None = None
        self._kept = False

    def opened(self, pins: Pins) -> None:
        """The app is open, and this release of it answers."""
        self._asked = replace(self._asked, pins=pins, unopened_app=None)

    def let_in(self, queue_seconds: float) -> None:
        """The request has a place, after so long in line."""
        self._queue_seconds = queue_seconds

    def retrieved(self, retrieved: Retrieved) -> None:
        """What the model is shown is known."""
        self._retrieved = retrieved

    def begun(self) -> float:
        """The model has begun to answer; seconds from the request's arrival to the first time it did."""
        if self._first_token_seconds is None:
            self._first_token_seconds = self.seconds()
        return self._first_token_seconds

    def sent(self, text: str) -> None:
        """A piece of the answer that has gone to the client."""
        self._sent.append(text)

    def seconds(self) -> float:
        """Seconds since the request came."""
        return time.perf_counter() - self._arrived

    def answered(self, answer: Answer) -> None:
        """The answer is whole: keep it, before its end is sent, so that feedback finds it."""
        self._keep(answer)

    def failed(self, kind: str, message: str) -> None:
        """There will be no whole answer, and this is why."""
        shown = self._retrieved
        self._keep(
            Failure(
                kind=kind,
                message=message,
                text_sent="".join(self._sent),
                total_seconds=self.seconds(),
                queue_seconds=self._queue_seconds,
                retrieval_seconds=shown.retrieval_seconds if shown else None,
                first_token_seconds=self._first_token_seconds,
                passages=shown.passages if shown else (),
                messages=shown.messages if shown else (),
                searched=shown.searched if shown else (),
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and not self._kept:
            self.failed(*_told(error))

    def _keep(self, outcome: Answer | Failure) -> None:
        self._kept = True
        asked = self._asked
        trace = Trace(
            id=asked.id,
            started_at=asked.started_at,
            route=asked.route,
            caller=asked.caller,
            question=asked.question,
            pins=asked.pins,
            outcome=outcome,
            unopened_app=asked.unopened_app,
        )
        self._service.sink.offer(trace)
        self._service.metrics.observe(trace)


def _told(error: BaseException) -> tuple[str, str]:
    """A failure's kind and words."""
    if isinstance(error, SurefootError):
        return type(error).__name__, error.message
    if isinstance(error, ClientLeft):
        return "ClientLeft", str(error)
    if isinstance(error, asyncio.CancelledError):
        return "ServiceStopped", "the service stopped before the answer was whole"
    return type(error).__name__, "something unexpected; the service's log has it"
