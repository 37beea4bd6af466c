"""Turn whatever goes wrong into an answer that says what to change, in the form of the route."""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from surefoot.api.frames import data_frame, event_frame, json_bytes
from surefoot.api.in_flight import InFlight
from surefoot.console import Pages
from surefoot.errors import CredentialError, OverloadError, PromptError, RequestError, SurefootError

_log = logging.getLogger("surefoot.api")

# OpenAI's own names for its errors, by HTTP status; its client libraries look at these.
_OPENAI_TYPES = {
    401: ("authentication_error", "invalid_api_key"),
    403: ("permission_error", "permission_denied"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
}


class ClientLeft(Exception):  # noqa: N818 - an event, not an error: nobody is there to be told
    """The client closed its connection before it had its whole answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a client is told when something went wrong. `kind` is the error's class."""

    status: int
    kind: str
    message: str
    remedy: str
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def native(self) -> dict[str, object]:
        """The body on surefoot's own routes."""
        return {"error": {"kind": self.kind, "message": self.message, "remedy": self.remedy}}

    def openai(self) -> dict[str, object]:
        """The body on OpenAI's routes, where the remedy can only stand in the message."""
        kind, code = _OPENAI_TYPES.get(
            self.status, ("server_error" if self.status >= 500 else "invalid_request_error", None)
        )
        message = f"{self.message.rstrip('.')}. What to do: {self.remedy.rstrip('.')}."
        return {"error": {"message": message, "type": kind, "param": self.param, "code": code}}


def problem_of(error: Exception) -> Problem:
    """What to tell the client about an error; an unexpected one is logged under an id, and not shown."""
    if isinstance(error, PromptError):
        return _refused_by_the_prompt(error)
    if isinstance(error, SurefootError):
        return _expected(error)
    if isinstance(error, HTTPException):
        return _routing(error)
    number = secrets.token_hex(8)
    _log.error("unexpected error %s", number, exc_info=error)
    return Problem(
        status=500,
        kind="UnexpectedError",
        message=f"something went wrong inside surefoot, logged as {number}",
        remedy=f"look for {number} in the service's log, and report what stands there",
    )


def _expected(error: SurefootError) -> Problem:
    headers = {}
    if isinstance(error, OverloadError):
        headers["retry-after"] = str(error.retry_after_seconds)
    if isinstance(error, CredentialError):
        headers["www-authenticate"] = 'Bearer, Basic realm="surefoot", charset="UTF-8"'
    return Problem(
        status=error.http_status,
        kind=type(error).__name__,
        message=error.message,
        remedy=error.remedy,
        param=error.param if isinstance(error, RequestError) else None,
        headers=headers,
    )


def _refused_by_the_prompt(error: PromptError) -> Problem:
    """A question that the app's prompt does not take, told without the file's place on this machine."""
    where = ":".join(str(part) for part in (error.file, error.line, error.column) if part is not None)
    return Problem(
        status=error.http_status,
        kind=type(error).__name__,
        message=f"the app's prompt refuses the request: {error.message.removeprefix(f'{where}: ')}",
        remedy="send a question and a history that fit the app's prompt",
    )


def _routing(error: HTTPException) -> Problem:
    """What the router itself refused: an unknown path, or a method that the path does not have."""
    headers = dict(error.headers or {})
    if error.status_code == 405:
        return Problem(
            status=405,
            kind="MethodError",
            message="this path does not take that method",
            remedy=f"use {headers.get('Allow', 'another method')}; /docs lists every route",
            headers=headers,
        )
    return Problem(
        status=error.status_code,
        kind="NotFoundError" if error.status_code == 404 else "RequestError",
        message="there is nothing at this path" if error.status_code == 404 else str(error.detail),
        remedy="see /docs for every route",
        headers=headers,
    )


class Boundary:
    """The outermost layer: every error that reaches it is told to the client in the route's own form.

    Before the response has begun that is a status and a JSON body; in the middle of an event stream it
    is a last event, never a made-up finish. Pure ASGI, so that streams and disconnects pass untouched.
    """

    def __init__(self, app: ASGIApp, *, pages: Pages, in_flight: InFlight) -> None:
        self._app = app
        self._pages = pages
        self._in_flight = in_flight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with self._in_flight.one():
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = _Reply(send)
        try:
            await self._app(scope, receive, reply.send)
        except (ClientLeft, ClientDisconnect):
            return
        except Exception as error:  # noqa: BLE001 - the one boundary: nothing may reach the client raw
            problem = problem_of(error)
            if reply.begun:
                await reply.end(problem, openai=speaks_openai(scope["path"]))
            else:
                await self._response(scope["path"], problem)(scope, receive, send)

    def _response(self, path: str, problem: Problem) -> Response:
        """A response of its own for a request that got none yet, in the form of the path."""
        if path == "/" or path.startswith(("/traces/", "/passages/", "/docs")):
            page = self._pages.problem(problem.status, problem.message, problem.remedy)
            return Response(page.content, problem.status, {**problem.headers, **page.headers})
        body = problem.openai() if speaks_openai(path) else problem.native()
        return Response(json_bytes(body), problem.status, dict(problem.headers), "application/json")


def speaks_openai(path: str) -> bool:
    """Whether errors on this path take OpenAI's form."""
    return path.startswith(("/v1/chat/", "/v1/models", "/v1/completions", "/v1/embeddings"))


class _Reply:
    """Passes a response on, and knows how far it got."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None

    async def send(self, message: Message) -> None:
        """Pass one message of the response on."""
        if message["type"] == "http.response.start":
            self._start = message
        await self._send(message)

    @property
    def begun(self) -> bool:
        """Whether status and headers have gone out."""
        return self._start is not None

    async def end(self, problem: Problem, *, openai: bool) -> None:
        """Say in a stream that has begun why it ends."""
        if not _is_event_stream(self._start):
            # A body cut short must look cut short: raising makes the server close the connection.
            raise RuntimeError(f"the response broke off: {problem.message}")
        if openai:
            frame = data_frame(problem.openai()) + b"data: [DONE]\n\n"
        else:
            frame = event_frame("error", problem.native())
        await self._send({"type": "http.response.body", "body": frame, "more_body": False})


def _is_event_stream(start: Message | None) -> bool:
    return start is not None and any(
        name.lower() == b"content-type" and value.startswith(b"text/event-stream")
        for name, value in start["headers"]
    )
