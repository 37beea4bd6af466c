"""Talk to a running surefoot service, as any program would: over HTTP."""

import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from surefoot.errors import RequestError, ServiceError

if TYPE_CHECKING:
    import aiohttp

# The environment variable that holds a caller's own key.
KEY_VARIABLE = "SUREFOOT_KEY"
# What a resource of ours may have; more comes from something else at that address.
MOST_BYTES = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a streamed answer: `passages`, `delta`, `answer` or `error`, and its fields."""

    name: str
    fields: dict[str, object]


class ServiceClient:
    """A service at `url`. `key` is only needed where callers need one."""

    def __init__(self, url: str, *, key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._headers = {"authorization": f"Bearer {key}"} if key else {}

    async def get(self, path: str) -> tuple[int, dict[str, object]]:
        """A JSON resource: its HTTP status and its fields. A redirection is not followed."""
        async with (
            self._session() as session,
            session.get(self.url + path, allow_redirects=False) as response,
        ):
            return response.status, _fields(await _body(response))

    async def text(self, path: str) -> str:
        """A resource as text, whatever its status."""
        async with self._session() as session, session.get(self.url + path) as response:
            return await response.text()

    async def ask(self, question: str, *, app: str | None = None) -> AsyncGenerator[Event, None]:
        """Ask, and yield events as they come; the event `error` is raised as ServiceError."""
        body = {"question": question, "stream": True} | ({"app": app} if app else {})
        async with (
            self._session() as session,
            session.post(self.url + "/v1/answers", json=body) as response,
        ):
            if response.status != 200:
                raise _refused(_fields(await response.text()), response.status)
            name = ""
            async for line in response.content:
                text = line.decode().rstrip("\r\n")
                if text.startswith("event: "):
                    name = text.removeprefix("event: ")
                elif text.startswith("data: "):
                    fields = _fields(text.removeprefix("data: "))
                    if name == "error":
                        raise _refused(fields, response.status)
                    yield Event(name=name, fields=fields)

    @asynccontextmanager
    async def _session(self) -> "AsyncGenerator[aiohttp.ClientSession, None]":
        import aiohttp  # most commands ask no service, and this takes a third of their start

        _check_address(self.url)
        limits = aiohttp.ClientTimeout(total=None, sock_connect=5)
        try:
            async with aiohttp.ClientSession(
                headers=self._headers, timeout=limits, read_bufsize=2**22
            ) as session:
                yield session
        except ValueError as error:
            raise RequestError(
                f"{self.url!r} is no address: {error}", remedy="write http://host:port"
            ) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ServiceError(
                f"the service at {self.url} cannot be reached: {_reason(error)}",
                remedy="start it with `surefoot up` or `surefoot serve`, or name it with --url",
            ) from error


def _check_address(url: str) -> None:
    """RequestError unless the address has a scheme and a host, and no credentials, which are not quoted."""
    if "@" in url:
        raise RequestError(
            "an address holds an '@', as if a name and a password stood before it",
            remedy="take them out, and put the key into the environment variable of --key-variable",
        )
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and parts.hostname is not None and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        meant = "http://HOST:PORT" if "://" in url else f"http://{url}"
        raise RequestError(f"{url!r} is not the address of a service", remedy=f"write it like {meant}")


def _reason(error: Exception) -> str:
    """Why there was no answer, in a few words."""
    cause = getattr(error, "os_error", None)
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(cause, socket.gaierror):
        return "its host is not known"
    if isinstance(cause, ConnectionRefusedError) or "Connect call failed" in str(cause):
        return "nothing listens there"
    return str(error)[:200] or type(error).__name__


async def _body(response: "aiohttp.ClientResponse") -> str:
    body = b""
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > MOST_BYTES:
            raise ServiceError(
                f"{response.url} answers with more than {MOST_BYTES:,} bytes",
                remedy="check that the address is surefoot's",
            )
    return body.decode(errors="replace")


def _fields(text: str) -> dict[str, object]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return {"error": {"message": text[:200], "remedy": "check that the address is surefoot's"}}
    return cast(dict[str, object], fields) if isinstance(fields, dict) else {}


def _refused(fields: dict[str, object], status: int) -> ServiceError:
    error = fields.get("error")
    said = cast(dict[str, object], error) if isinstance(error, dict) else {}
    remedy = str(said.get("remedy", "see the service's log"))
    if status == HTTPStatus.UNAUTHORIZED:
        remedy = f"put a key the service knows into {KEY_VARIABLE}; `surefoot key create` makes one"
    return ServiceError(str(said.get("message", "the service gave no answer")), remedy=remedy)
