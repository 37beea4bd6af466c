"""Requests to one model server, with limits and retries. The one file that imports aiohttp."""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from surefoot.errors import ModelError, ModelUnreachableError
from surefoot.models.address import check_address
from surefoot.models.limits import Clock, Limits, Retries, retry_after_seconds
from surefoot.models.server_words import quote, words_of
from surefoot.records import Json

RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
AWAY_STATUSES = frozenset({502, 503, 504})
HANDED_ON_HEADERS = ("content-type", "retry-after", "x-request-id")
LONGEST_ERROR_BYTES = 65_536
# vLLM ends the body right after its last event: waiting this long keeps the connection for the next request.
DRAIN_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request. `path` starts at the server's root; `streams` says whether the answer comes in pieces."""

    method: str
    path: str
    body: bytes | None = None
    streams: bool = True


class HttpReply:
    """A reply whose body is read piece by piece, under the request's limits."""

    def __init__(self, response: aiohttp.ClientResponse, clock: Clock, url: str, api_key: str | None) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = {
            name: response.headers[name] for name in HANDED_ON_HEADERS if name in response.headers
        }
        self._response = response
        self._clock = clock
        self._url = url
        self._api_key = api_key
        self._first: bytes | None = None

    async def read(self) -> bytes:
        """The next piece of the body; empty at its end. Raises ModelUnreachableError when the line breaks."""
        if self._first is not None:
            piece, self._first = self._first, None
            return piece
        async with self._clock.waiting():
            try:
                return await self._response.content.readany()
            except aiohttp.ClientError as error:
                raise _unreachable(self._url, error, "broke off its answer") from error

    async def wait_for_first(self) -> None:
        """Wait for the first piece of the body and keep it: until here, a request can be asked again."""
        self._first = await self.read()

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body's bytes as they come."""
        while piece := await self.read():
            self._clock.note_first()
            yield piece

    async def body(self, *, at_most: int | None = None) -> bytes:
        """The whole body, or its first `at_most` bytes."""
        pieces = bytearray()
        while (at_most is None or len(pieces) < at_most) and (piece := await self.read()):
            pieces += piece
        return bytes(pieces[:at_most])

    async def expect_ok(self) -> None:
        """Raise ModelError with the server's words unless the status is 200."""
        if self.status == 200:
            return
        words = words_of(await self.body(at_most=LONGEST_ERROR_BYTES), secret=self._api_key)
        message = f"the model server at {self._url!r} answered {self.status}: {words}"
        if self.status in AWAY_STATUSES:
            raise ModelUnreachableError(message, remedy="see the model server's log, and start it again")
        if self.status in (401, 403):
            raise ModelError(message, remedy="check the model server's API key in the settings")
        raise ModelError(message, remedy="see what the model server says; its log has more")

    async def drain(self) -> None:
        """Read a body that is about to end to its end, so that the connection can serve again."""
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._response.content.read()
        except (TimeoutError, aiohttp.ClientError):
            return  # the connection is closed instead

    def close(self) -> None:
        """Close the connection, unless the body was read to its end. The server notices at once."""
        self._response.close()


class HttpConnection:
    """A model server's address, and the open sockets to it. `aclose` closes them.

    `base_url` may end in `/v1` or not. The session is made at the first request, in the loop that runs then.
    """

    def __init__(self, *, base_url: str, limits: Limits, retries: Retries, api_key: str | None) -> None:
        check_address(base_url)
        self.url = base_url.rstrip("/").removesuffix("/v1")
        self.limits = limits
        self._retries = retries
        self._api_key = api_key
        self._session: aiohttp.ClientSession | None = None

    def clock(self, *, streams: bool = True) -> Clock:
        """A clock for one request, started now."""
        return Clock(self.limits, url=self.url, streams=streams)

    @asynccontextmanager
    async def open(self, request: HttpRequest, clock: Clock) -> AsyncIterator[HttpReply]:
        """The reply, once its first byte is here; leaving early closes the connection at once.

        Retries happen in here and nowhere else. The last reply is handed on whatever its status.
        """
        reply = await self._reply(request, clock)
        try:
            yield reply
            await reply.drain()
        finally:
            reply.close()

    async def fetch_json(self, request: HttpRequest) -> Json:
        """The reply's JSON. Raises ModelError when it is none, or when the server says no."""
        async with self.open(request, self.clock(streams=request.streams)) as reply:
            await reply.expect_ok()
            body = await reply.body()
        try:
            value: Json = json.loads(body)
        except ValueError:
            raise ModelError(
                f"the model server at {self.url!r} answered {request.path!r} with "
                f"{quote(body.decode('utf-8', 'replace'), secret=self._api_key)}, which is not JSON",
                remedy="check that the address is that of an OpenAI-compatible server",
            ) from None
        return value

    async def aclose(self) -> None:
        """Close every socket. The next request opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _reply(self, request: HttpRequest, clock: Clock) -> HttpReply:
        """The first reply that needs no retry, or the last one. Raises the last error when there is none."""
        for attempt in range(self._retries.count):
            outcome = await self._attempt(request, clock)
            if isinstance(outcome, HttpReply) and outcome.status not in RETRIED_STATUSES:
                return outcome
            delay = self._delay_seconds(attempt, outcome)
            if not clock.allows(delay):
                return _reply_or_raise(outcome)
            if isinstance(outcome, HttpReply):
                outcome.close()
            await asyncio.sleep(delay)
        return _reply_or_raise(await self._attempt(request, clock))

    async def _attempt(self, request: HttpRequest, clock: Clock) -> HttpReply | ModelError:
        """A reply with its first byte, or the error that another try may mend. Raises what none can mend."""
        try:
            async with clock.waiting():
                response = await self._send(request)
        except aiohttp.ConnectionTimeoutError:
            return clock.passed("connect_seconds")
        except aiohttp.ClientError as error:
            return _unreachable(self.url, error, "cannot be reached")
        reply = HttpReply(response, clock, self.url, self._api_key)
        try:
            await reply.wait_for_first()
        except ModelUnreachableError as error:
            reply.close()
            return error
        except BaseException:
            reply.close()
            raise
        return reply

    async def _send(self, request: HttpRequest) -> aiohttp.ClientResponse:
        if self._session is None:
            self._session = self._new_session()
        return await self._session.request(
            request.method, self.url + request.path, data=request.body, allow_redirects=False
        )

    def _new_session(self) -> aiohttp.ClientSession:
        headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "surefoot",
        }
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        return aiohttp.ClientSession(
            # aiohttp's own limit of 100 connections would make requests wait unseen.
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=None, connect=self.limits.connect_seconds),
        )

    def _delay_seconds(self, attempt: int, outcome: HttpReply | ModelError) -> float:
        header = outcome.headers.get("retry-after") if isinstance(outcome, HttpReply) else None
        return self._retries.delay_seconds(
            attempt,
            share=random.random(),  # noqa: S311 - spreads retries, guards nothing
            retry_after_seconds=retry_after_seconds(header, now=datetime.now(UTC)),
        )


def _reply_or_raise(outcome: HttpReply | ModelError) -> HttpReply:
    if isinstance(outcome, HttpReply):
        return outcome
    raise outcome


def _unreachable(url: str, error: aiohttp.ClientError, what: str) -> ModelUnreachableError:
    return ModelUnreachableError(
        f"the model server at {url!r} {what}: {str(error) or type(error).__name__}",
        remedy="see whether the model server runs (`surefoot status`) and what its log says, "
        "or check its address in the settings",
    )
