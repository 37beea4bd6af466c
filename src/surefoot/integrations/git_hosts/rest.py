"""The HTTP API of a Git host: JSON in, JSON out, every refusal in words of what to do."""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp

from surefoot.errors import IntegrationError, KeyRefusedError
from surefoot.records import Json

DEADLINE_SECONDS = 30.0
PER_PAGE = 100
MOST_PAGES = 50
MOST_TRIES = 3
PAUSE_SECONDS = 1.0
MOST_PATIENCE_SECONDS = 60.0  # a run that waits longer costs more than one that is started again
_MOST_BYTES = 32_000_000
_MOST_WORDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """What came back. `limited_seconds` is how long to leave it alone, None where no limit was reached."""

    status: int
    content: bytes
    limited_seconds: float | None


class Rest:
    """Calls below `url`, each try within `deadline_seconds`. Use `async with`. `headers` carry the token.

    A call is tried anew where that cannot write twice: after a limit, which did nothing, and after a failure
    of whatever but a POST.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        deadline_seconds: float = DEADLINE_SECONDS,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._url = url.rstrip("/")
        self._headers = {"User-Agent": "surefoot", **headers}
        self._deadline_seconds = deadline_seconds
        self._pause_seconds = pause_seconds
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def call(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Json = None
    ) -> dict[str, Json]:
        """The object that a call answers with."""
        said = await self._said(method, path, query, body)
        if not isinstance(said, dict):
            raise self._strange(method, path)
        return said

    async def every(
        self, path: str, query: Mapping[str, str] | None = None
    ) -> AsyncIterator[dict[str, Json]]:
        """The objects of a list, page by page."""
        for page in range(1, MOST_PAGES + 1):
            asked = {**(query or {}), "per_page": str(PER_PAGE), "page": str(page)}
            said = await self._said("GET", path, asked, None)
            if not isinstance(said, list):
                raise self._strange("GET", path)
            for one in said:
                if not isinstance(one, dict):
                    raise self._strange("GET", path)
                yield one
            if len(said) < PER_PAGE:
                return

    async def _said(self, method: str, path: str, query: Mapping[str, str] | None, body: Json) -> Json:
        for tried in range(1, MOST_TRIES + 1):
            last = tried == MOST_TRIES
            try:
                reply = await self._reply(method, path, query, body)
            except IntegrationError:
                if last or method == "POST":
                    raise
                await asyncio.sleep(self._pause_seconds * tried)
                continue
            if reply.status in (200, 201):
                return self._value(reply.content, method, path)
            pause = self._pause(reply, method, tried)
            if last or pause is None:
                raise self._refusal(reply, method, path)
            await asyncio.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _pause(self, reply: _Reply, method: str, tried: int) -> float | None:
        """How long to wait before trying anew; None where that would help nobody."""
        if reply.limited_seconds is not None:
            return reply.limited_seconds if reply.limited_seconds <= MOST_PATIENCE_SECONDS else None
        return self._pause_seconds * tried if reply.status >= 500 and method != "POST" else None

    async def _reply(self, method: str, path: str, query: Mapping[str, str] | None, body: Json) -> _Reply:
        if self._session is None:
            jar = aiohttp.DummyCookieJar()
            self._session = aiohttp.ClientSession(headers=self._headers, cookie_jar=jar, trust_env=True)
        try:
            async with (
                asyncio.timeout(self._deadline_seconds),
                self._session.request(
                    method, self._url + path, params=query, json=body, allow_redirects=False
                ) as reply,
            ):
                content = await reply.content.read(_MOST_BYTES)
                while piece := await reply.content.read(_MOST_BYTES - len(content)):
                    content += piece
                limited = _limited_seconds(reply.status, reply.headers, content)
                return _Reply(status=reply.status, content=content, limited_seconds=limited)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise IntegrationError(
                f"{self._url} did not answer: {type(error).__name__}", remedy="run it again later"
            ) from None

    def _value(self, content: bytes, method: str, path: str) -> Json:
        try:
            value: Json = json.loads(content)
        except ValueError:
            raise self._strange(method, path) from None
        return value

    def _refusal(self, reply: _Reply, method: str, path: str) -> IntegrationError:
        words = " ".join(reply.content.decode("utf-8", "replace").split())[:_MOST_WORDS]
        message = f"{self._url} answered {reply.status} to {method} {path}: {words}"
        limited = reply.limited_seconds
        if limited is not None:
            remedy = f"its limit of requests is reached: run it again in {math.ceil(limited)} s"
            return IntegrationError(message, remedy=remedy, retry_after_seconds=limited)
        if reply.status in (401, 403):
            return KeyRefusedError(
                message,
                remedy="give a token that may write comments on pull requests of this repository; "
                "the one of a run that a fork started may only read",
            )
        if reply.status == 404:
            return IntegrationError(
                message, remedy="check the repository and the pull request, and what the token may see"
            )
        return IntegrationError(message, remedy="see what it says; run it again later")

    def _strange(self, method: str, path: str) -> IntegrationError:
        return IntegrationError(
            f"{self._url} answered {method} {path} with something else than it documents",
            remedy="check the address of its API",
        )


def _limited_seconds(status: int, headers: Mapping[str, str], content: bytes) -> float | None:
    """How long a limit of requests asks to wait: GitHub says it by 403 too, and not always for how long."""
    spent = headers.get("X-RateLimit-Remaining") == "0"
    if status != 429 and not (
        status == 403 and (spent or "Retry-After" in headers or b"rate limit" in content.lower())
    ):
        return None
    after = headers.get("Retry-After", "")
    if after.isdecimal():
        return float(after)
    reset = headers.get("X-RateLimit-Reset", headers.get("RateLimit-Reset", ""))
    if reset.isdecimal():
        return max(0.0, float(reset) - time.time())
    return MOST_PATIENCE_SECONDS
