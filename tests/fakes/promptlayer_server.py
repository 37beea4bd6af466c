"""PromptLayer without PromptLayer: its routes over a real socket, as far as surefoot uses them.

Every call, and every answer of its own, is held to PromptLayer's published OpenAPI document where that is at
hand; what does not fit is in `faults`. It can fail in seven ways, see `Failure`.
"""

import asyncio
import json
import threading
from contextlib import AbstractContextManager
from typing import Literal, Self

from aiohttp import web
from tests.fakes.gate import WAIT_SECONDS
from tests.fakes.in_a_thread import running
from tests.fakes.promptlayer_description import Call, Description, description
from tests.fakes.promptlayer_shelf import Shelf

from surefoot.records import Json

KEY = "pl_test_key_not_a_secret"
HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"
Failure = Literal["refused", "hangs", "401", "429", "500", "502 html", "says yes, does nothing"]
FAILURES: tuple[Failure, ...] = (
    *("refused", "hangs", "401", "429"),
    *("500", "502 html", "says yes, does nothing"),
)  # fmt: skip


class FakePromptLayer:
    """Keeps what it is sent in `shelf`. `fails` makes every call fail in that way.

    `calls` are those that arrived, failed ones too; `retry_after` is what a 429 says.
    """

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.calls: list[Call] = []
        self.faults: list[str] = []
        self.failure: Failure | None = None
        self.retry_after = "1"
        self.port = 0
        self.reached = threading.Event()
        self._description: Description | None = description()
        self._runner: web.AppRunner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def deviations(self) -> set[str]:
        return self._description.deviations if self._description else set()

    async def __aenter__(self) -> Self:
        await self.accept()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.refuse()

    async def accept(self) -> None:
        """Listen: at a free port the first time, at the same port after `refuse`."""
        self._loop = asyncio.get_running_loop()
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = int(self._runner.addresses[0][1])

    async def refuse(self) -> None:
        """Stop listening and break off every answer."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def fails(self, failure: Failure | None) -> None:
        """Fail in this way from now on, or no longer; may be called from any thread."""
        assert self._loop is not None
        if failure == "refused" or self.failure == "refused":
            work = self.refuse() if failure == "refused" else self.accept()
            asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_SECONDS)
        self.failure = failure

    async def fail_here(self, failure: Failure | None) -> None:
        """The same, within the server's own loop."""
        if failure == "refused":
            await self.refuse()
        elif self.failure == "refused":
            await self.accept()
        self.failure = failure

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        path = request.raw_path.partition("?")[0]
        body: Json = json.loads(raw) if raw else None
        call = Call(
            method=request.method, path=path, query=dict(request.query), headers=request.headers, body=body
        )
        self.calls.append(call)
        self.reached.set()
        if self._description is not None:
            self.faults += self._description.faults_of_call(call)
        if self.failure is not None:
            return await self._fail(call)
        if request.headers.get("X-API-KEY") != KEY:
            return self._said(call, 401, {"message": f"Invalid API key: {request.headers.get('X-API-KEY')}"})
        status, said = self.shelf.answer(call)
        return self._said(call, status, said)

    async def _fail(self, call: Call) -> web.StreamResponse:
        match self.failure:
            case "hangs":
                await asyncio.Event().wait()
            case "401":
                said = {"success": False, "message": f"Invalid API key: {call.headers.get('X-API-KEY')}"}
                return web.json_response(said, status=401)
            case "429":
                headers = {"Retry-After": self.retry_after}
                return web.json_response({"message": "slow down"}, status=429, headers=headers)
            case "500":
                return web.json_response({"message": "it broke"}, status=500)
            case "502 html":
                return web.Response(text=HTML, status=502, content_type="text/html")
        wrong = {"success": False, "message": "quota exceeded"}
        return web.json_response(wrong, status=201 if call.path == "/log-request" else 200)

    def _said(self, call: Call, status: int, said: Json) -> web.Response:
        if self._description is not None:
            self.faults += self._description.faults_of_reply(call.method, call.path, status, said)
        return web.json_response(said, status=status)


def running_promptlayer() -> AbstractContextManager[FakePromptLayer]:
    """A stand-in in a thread of its own, for tests that are not coroutines."""
    return running(FakePromptLayer())
