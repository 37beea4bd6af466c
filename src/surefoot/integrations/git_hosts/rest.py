"""The HTTP API of a Git host: JSON in, JSON out, every refusal in words of what to do."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Self

import aiohttp

from surefoot.errors import IntegrationError, KeyRefusedError
from surefoot.records import Json

DEADLINE_SECONDS = 30.0
PER_PAGE = 100
MOST_PAGES = 50
_MOST_BYTES = 32_000_000
_MOST_WORDS = 300


class Rest:
    """Calls below `url`, each within `deadline_seconds`. Use `async with`. `headers` carry the token."""

    def __init__(
        self, url: str, *, headers: Mapping[str, str], deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        self._url = url.rstrip("/")
        self._headers = {"User-Agent": "surefoot", **headers}
        self._deadline_seconds = deadline_seconds
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
                status, content = reply.status, await reply.content.read(_MOST_BYTES)
                while piece := await reply.content.read(_MOST_BYTES - len(content)):
                    content += piece
        except (TimeoutError, aiohttp.ClientError) as error:
            raise IntegrationError(
                f"{self._url} did not answer: {type(error).__name__}", remedy="run it again later"
            ) from None
        if status not in (200, 201):
            raise self._refusal(status, method, path, content)
        try:
            value: Json = json.loads(content)
        except ValueError:
            raise self._strange(method, path) from None
        return value

    def _refusal(self, status: int, method: str, path: str, content: bytes) -> IntegrationError:
        words = " ".join(content.decode("utf-8", "replace").split())[:_MOST_WORDS]
        message = f"{self._url} answered {status} to {method} {path}: {words}"
        if status in (401, 403):
            return KeyRefusedError(
                message,
                remedy="give a token that may write comments on pull requests of this repository",
            )
        if status == 404:
            return IntegrationError(
                message, remedy="check the repository and the pull request, and what the token may see"
            )
        return IntegrationError(message, remedy="see what it says; run it again later")

    def _strange(self, method: str, path: str) -> IntegrationError:
        return IntegrationError(
            f"{self._url} answered {method} {path} with something else than it documents",
            remedy="check the address of its API",
        )
