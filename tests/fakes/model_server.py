"""A model server without a model: it speaks vLLM's HTTP over a real socket, and fails on demand.

In a coroutine:  `async with FakeModelServer() as server: ...`
In a plain test: `with running_model_server() as server: ...`; then `server.call(server.refuse())` awaits.
"""

import asyncio
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Self, TypeVar

from aiohttp import web
from tests.fakes.embedder import hashed_words
from tests.fakes.gate import WAIT_SECONDS, Gate
from tests.fakes.in_a_thread import running
from tests.fakes.model_protocol import (
    CONTEXT_TOKENS,
    EMBEDDING_KEYS,
    FRAME_OF_ANSWER,
    FRAME_TOKENS,
    TOKENIZE_KEYS,
    ChatRequest,
    RefusedError,
    chunk,
    count_tokens,
    event,
    fingerprint_of,
    read_chat,
    read_messages,
    read_object,
    read_tools,
    tokens_of,
    usage,
    whole,
)
from tests.fakes.smallest_json import smallest
from tests.fakes.tool_calling import call_tools, calls_of

from surefoot.models import FINGERPRINT_PROMPTS
from surefoot.records import Json, Message, ToolCall

Answer = Callable[[Sequence[Message]], str]
Point = Literal["headers", "first token", "second token"]
Ending = Literal["reset", "error event", "no finish"]
Result = TypeVar("Result")
POINTS: tuple[Point, ...] = ("first token", "second token")
DROPPED = 0  # in the place of a status


def repeat_the_question(messages: Sequence[Message]) -> str:
    """The answer when a test scripts none."""
    return f"You asked: {messages[-1].content}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """A request as it arrived."""

    path: str
    body: bytes
    authorization: str | None


class FakeModelServer:
    """Serves `names`; `weights` decide the fingerprint, `answer` everything else.

    Switches, to be set at any time: `answer`, `tool_calls`, `parses_tools`, `names`, `weights`, `dies` (after
    how many tokens, and how), `fail_next`, `drop_next`, `hold`, `refuse` and `accept`. What happened:
    `requests`, `closed_by_client`. Unless `answer` is scripted, JSON fits the schema that is asked for.
    """

    def __init__(
        self,
        *,
        names: Sequence[str] = ("chat", "chat-identity"),
        weights: str = "pinned",
        answer: Answer = repeat_the_question,
    ) -> None:
        self.names = tuple(names)
        self.weights = weights
        self.answer = answer
        self.tool_calls: tuple[ToolCall, ...] = ()
        self.parses_tools = True
        self.dies: tuple[int, Ending] | None = None
        self.requests: list[SeenRequest] = []
        self.closed_by_client = 0
        self.port = 0
        self._failures: deque[tuple[int, str | None]] = deque()
        self._gates: dict[Point, Gate] = {}
        self._once: set[Point] = set()
        self._closings = threading.Semaphore(0)
        self._runner: web.AppRunner | None = None
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.accept()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.refuse()

    async def accept(self) -> None:
        """Listen: at a free port the first time, at the same port after `refuse`."""
        self._loop, self._stopping = asyncio.get_running_loop(), False
        self._runner = web.AppRunner(
            self._app(), handler_cancellation=True, shutdown_timeout=0.1, access_log=None
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def refuse(self) -> None:
        """Stop listening and break off every answer, as a server that died."""
        runner, self._runner = self._runner, None
        self._stopping = True
        if runner is not None:
            await runner.cleanup()

    def fail_next(self, status: int, *, times: int = 1, retry_after: str | None = None) -> None:
        """Answer the next requests with this status."""
        self._failures.extend([(status, retry_after)] * times)

    def drop_next(self, *, times: int = 1) -> None:
        """Reset the connection of the next requests before anything is answered."""
        self._failures.extend([(DROPPED, None)] * times)

    def hold(self, point: Point, *, once: bool = False) -> Gate:
        """Let every answer wait at this point until the gate is released; or only the next, `once`."""
        assert self._loop is not None, "start the server first"
        self._once.discard(point)
        if once:
            self._once.add(point)
        self._gates[point] = Gate(self._loop)
        return self._gates[point]

    def wait_closed_by_client(self) -> bool:
        """Block until a client left an unfinished answer; in a coroutine use `asyncio.to_thread`."""
        return self._closings.acquire(timeout=WAIT_SECONDS)

    def call(self, work: Coroutine[object, object, Result]) -> Result:
        """Run a coroutine in the loop of a server that runs in a thread."""
        assert self._loop is not None, "start the server first"
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_SECONDS)

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/health", self._guarded(self._health))
        app.router.add_get("/metrics", self._guarded(self._metrics))
        app.router.add_get("/v1/models", self._guarded(self._models))
        app.router.add_post("/tokenize", self._guarded(self._tokenize))
        app.router.add_post("/v1/embeddings", self._guarded(self._embeddings))
        app.router.add_post("/v1/chat/completions", self._guarded(self._chat))
        return app

    def _guarded(
        self, handle: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Record the request, fail when told to, refuse what is wrong, notice when the client leaves."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            authorization = request.headers.get("Authorization")
            self.requests.append(SeenRequest(path=request.path, body=body, authorization=authorization))
            if self._failures:
                status, retry_after = self._failures.popleft()
                if status == DROPPED:
                    _reset(request)
                headers = {"Retry-After": retry_after} if retry_after else {}
                error = RefusedError(status, f"told to answer {status}")
                return web.json_response(error.body, status=status, headers=headers)
            try:
                await self._pass("headers")
                return await handle(request)
            except RefusedError as error:
                return web.json_response(error.body, status=error.status)
            except (asyncio.CancelledError, ConnectionResetError):
                if not self._stopping:
                    self.closed_by_client += 1
                    self._closings.release()
                raise

        return guarded

    async def _pass(self, point: Point) -> None:
        gate = self._gates.pop(point, None) if point in self._once else self._gates.get(point)
        if gate is not None:
            await gate.pass_through()

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response()

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(text='vllm:num_requests_running{engine="0",model_name="chat"} 0.0\n')

    async def _models(self, request: web.Request) -> web.Response:
        cards = [
            {"id": name, "object": "model", "owned_by": "vllm", "max_model_len": CONTEXT_TOKENS}
            for name in self.names
        ]
        return web.json_response({"object": "list", "data": cards})

    async def _tokenize(self, request: web.Request) -> web.Response:
        value = read_object(await request.read(), TOKENIZE_KEYS)
        self._check_name(value.get("model"))
        count = count_tokens(read_messages(value.get("messages"))) + FRAME_OF_ANSWER
        count += sum(FRAME_TOKENS for _ in read_tools(value.get("tools", [])))
        return web.json_response(
            {"count": count, "max_model_len": CONTEXT_TOKENS, "tokens": [0] * count, "token_strs": None}
        )

    async def _embeddings(self, request: web.Request) -> web.Response:
        value = read_object(await request.read(), EMBEDDING_KEYS)
        self._check_name(value.get("model"))
        texts = value.get("input")
        texts = [texts] if isinstance(texts, str) else texts
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise RefusedError(400, f"input is {texts!r}", "input")
        rows = [
            {"object": "embedding", "index": index, "embedding": vector.tolist()}
            for index, vector in enumerate(hashed_words(texts) * 3)  # servers need not normalise
        ]
        return web.json_response({"object": "list", "data": rows[::-1], "model": value["model"]})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        asked = read_chat(await request.read())
        self._check_name(asked.model)
        if calls := calls_of(asked, scripted=self.tool_calls, parses_tools=self.parses_tools):
            return await call_tools(request, asked, calls)
        tokens, finish_reason = tokens_of(self._text(asked), asked)
        if asked.stream:
            return await self._stream(request, asked, tokens, finish_reason)
        for point in POINTS:
            await self._pass(point)
        counted = usage(asked.prompt_tokens, len(tokens))
        return web.json_response(whole(asked.model, "".join(tokens), finish_reason, counted))

    async def _stream(
        self, request: web.Request, asked: ChatRequest, tokens: list[str], finish_reason: str
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        for number, token in enumerate(tokens):
            if number < len(POINTS):
                await self._pass(POINTS[number])
            if number == 0:
                await response.write(event(chunk(asked.model, {"role": "assistant", "content": ""})))
            if self.dies is not None and self.dies[0] == number:
                return await self._die(request, response, self.dies[1])
            last = number == len(tokens) - 1
            await response.write(
                event(chunk(asked.model, {"content": token}, finish_reason if last else None))
            )
        if not tokens:
            await response.write(event(chunk(asked.model, {"content": ""}, finish_reason)))
        if asked.include_usage:
            tail: dict[str, Json] = {**chunk(asked.model, {}), "choices": []}
            await response.write(event({**tail, "usage": usage(asked.prompt_tokens, len(tokens))}))
        await response.write(b"data: [DONE]\n\n")
        return response

    async def _die(
        self, request: web.Request, response: web.StreamResponse, ending: Ending
    ) -> web.StreamResponse:
        if ending == "error event":
            error: dict[str, Json] = {
                "message": "EngineCore died",
                "type": "InternalServerError",
                "code": 500,
            }
            await response.write(event({"error": error}) + b"data: [DONE]\n\n")
        elif ending == "reset":
            _reset(request)
        return response

    def _check_name(self, name: object) -> None:
        if name not in self.names:
            aliases = ", ".join(self.names)
            raise RefusedError(404, f"The model `{name}` does not exist. Valid aliases: {aliases}.", "model")

    def _text(self, asked: ChatRequest) -> str:
        question = asked.messages[-1].content
        if question in FINGERPRINT_PROMPTS:
            return fingerprint_of(self.weights).texts[FINGERPRINT_PROMPTS.index(question)]
        if asked.output_schema is not None and self.answer is repeat_the_question:
            return json.dumps(smallest(asked.output_schema))
        return self.answer(asked.messages)


def _reset(request: web.Request) -> None:
    """Closing with no time to linger sends RST in place of FIN."""
    if request.transport is not None:
        line = request.transport.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()


def running_model_server(
    server: FakeModelServer | None = None,
) -> AbstractContextManager[FakeModelServer]:
    """A fake server in a thread of its own, for tests that are not coroutines."""
    return running(server or FakeModelServer())
