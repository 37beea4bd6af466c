"""Chat with a model's alias: bytes pass through both ways, touched by no release, and the trace says so."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from surefoot.api.connection import to_a_reader, while_connected
from surefoot.api.recording import Asked, Recording
from surefoot.api.replies import IDLE_SECONDS, TRACE_HEADER
from surefoot.api.service import PlainModel, PlainReply, Service
from surefoot.records import Answer, Timings, Unscored

_MOST_KEPT_BYTES = 200_000


class PlainReplying(Response):
    """Hands a chat request to a model server, and its reply back, byte for byte."""

    def __init__(self, service: Service, asked: Asked, *, model: PlainModel, body: bytes) -> None:
        super().__init__()
        self._service = service
        self._asked = asked
        self._model = model
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass through, leave a trace, and stop at once when the client leaves."""
        with Recording(self._service, self._asked) as recording:
            reading = to_a_reader(send, idle_seconds=IDLE_SECONDS)
            await while_connected(receive, self._pass_through(reading, recording))

    async def _pass_through(self, send: Send, recording: Recording) -> None:
        async with self._service.admission.enter() as queue_seconds, self._model.forward(self._body) as reply:
            recording.let_in(queue_seconds)
            await send(self._start(reply))
            kept = bytearray()
            first_token_seconds: float | None = None
            async for chunk in reply.chunks():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                first_token_seconds = recording.begun()
                part = chunk[: _MOST_KEPT_BYTES - len(kept)]
                recording.sent(part.decode("utf-8", "replace"))
                kept += part
            timings = Timings(
                queue_seconds=queue_seconds,
                retrieval_seconds=0.0,
                first_token_seconds=first_token_seconds,
                total_seconds=recording.seconds(),
            )
            self._record(recording, reply.status, bytes(kept), timings)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _start(self, reply: PlainReply) -> dict[str, object]:
        headers = {**reply.headers, TRACE_HEADER: self._asked.id}
        pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        return {"type": "http.response.start", "status": reply.status, "headers": pairs}

    def _record(self, recording: Recording, status: int, kept: bytes, timings: Timings) -> None:
        if status >= 400:
            recording.failed("ModelError", f"the model server answered {status}, which was passed through")
            return
        recording.answered(
            Answer(
                question=self._asked.question,
                text=kept.decode("utf-8", "replace"),
                finish_reason="passed through",
                abstained=False,
                citations=(),
                passages=(),
                messages=(),
                usage=None,
                timings=timings,
                scores={"citations_valid": Unscored(reason="plain chat: bytes passed through, unread")},
            )
        )


def plain_question(body: dict[str, object]) -> str:
    """The last message's text, for the trace; empty when it is not plain text."""
    messages = body.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    content = last.get("content") if isinstance(last, dict) else None
    return content if isinstance(content, str) else ""
