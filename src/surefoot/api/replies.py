"""Answer one request: one place for the line, the pipeline, the client that leaves and the trace."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from surefoot.answering import AnswerPart, App, Question, Retrieved, answer
from surefoot.api.connection import to_a_reader, while_connected
from surefoot.api.recording import Asked, Recording
from surefoot.api.service import Service
from surefoot.records import Answer, Pins, TextDelta

TRACE_HEADER = "x-surefoot-trace"
IDLE_SECONDS = 60.0
EVENT_STREAM = "text/event-stream; charset=utf-8"


class Form(Protocol):
    """How an answer is written on the wire."""

    @property
    def headers(self) -> dict[str, str]:
        """Headers of a response that goes well, asked for after the first `write` that says something."""
        ...

    def write(self, part: AnswerPart) -> bytes:
        """The bytes to send for a part of the answer: none while there is nothing to say.

        The first bytes start the response with status 200; an error before them has a status of its own.
        """
        ...


class AnswerReply(Response):
    """Asks an app and writes its answer as it comes, in the form that `form` makes of the release's pins."""

    def __init__(
        self,
        service: Service,
        asked: Asked,
        *,
        app_name: str,
        question: Question,
        form: Callable[[Pins], Form],
    ) -> None:
        super().__init__()
        self._service = service
        self._asked = replace(asked, unopened_app=app_name)
        self._app_name = app_name
        self._question = question
        self._form = form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the release that serves now, leave a trace, and stop at once when the client leaves."""
        with (
            Recording(self._service, self._asked) as recording,
            self._service.apps.use(self._app_name) as app,
        ):
            recording.opened(app.pins)
            form = self._form(app.pins)
            sending = _Sending(to_a_reader(send, idle_seconds=IDLE_SECONDS), form, self._asked.id)
            await while_connected(receive, self._answer(app, form, sending, recording))

    async def _answer(self, app: App, form: Form, sending: "_Sending", recording: Recording) -> None:
        async with self._service.admission.enter() as queue_seconds:
            recording.let_in(queue_seconds)
            parts = answer(app, self._question, queue_seconds=queue_seconds)
            async with aclosing(parts):
                async for part in parts:
                    _keep(recording, part)
                    written = form.write(part)
                    if written:
                        await sending.send(written)
                        if isinstance(part, TextDelta):
                            recording.sent(part.text)
        await sending.end()


def _keep(recording: Recording, part: AnswerPart) -> None:
    """Tell the recording how far the answer has come."""
    match part:
        case Retrieved():
            recording.retrieved(part)
        case TextDelta():
            recording.begun()
        case Answer():
            recording.answered(part)


class _Sending:
    """Starts the response with the first bytes."""

    def __init__(self, send: Send, form: Form, trace_id: str) -> None:
        self._send = send
        self._form = form
        self._trace_id = trace_id
        self._begun = False

    async def send(self, content: bytes) -> None:
        if not self._begun:
            self._begun = True
            headers = {**self._form.headers, TRACE_HEADER: self._trace_id}
            pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
            await self._send({"type": "http.response.start", "status": 200, "headers": pairs})
        await self._send({"type": "http.response.body", "body": content, "more_body": True})

    async def end(self) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
