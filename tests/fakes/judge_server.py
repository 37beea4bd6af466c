"""A judge without a model: it gives scripted JSON over a real socket, the way vLLM does."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self, TypeAlias

from aiohttp import web

from surefoot.records import Json

PROMPT_TOKENS, OUTPUT_TOKENS = 90, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A request as it arrived. `form` is the name of the schema that the answer must have."""

    form: str
    prompt: str
    body: Mapping[str, Json]
    authorization: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """An answer with a status in place of 200, or one cut off, or one that is no JSON."""

    status: int = 200
    text: str = ""
    finish_reason: str = "stop"


Verdict: TypeAlias = "Json | Broken"


class FakeJudge:
    """Answers as `judge` says, which is handed each request; `asked` keeps them."""

    def __init__(self, judge: Callable[[Judged], Verdict]) -> None:
        self.judge = judge
        self.asked: list[Judged] = []
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def forms(self) -> list[str]:
        """What was asked for, in order."""
        return [asked.form for asked in self.asked]

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_post("/v1/chat/completions", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        body: Mapping[str, Json] = json.loads(await request.read())
        asked = Judged(
            form=_form(body),
            prompt=json.dumps(body["messages"]),
            body=body,
            authorization=request.headers.get("Authorization"),
        )
        self.asked.append(asked)
        verdict = self.judge(asked)
        broken = verdict if isinstance(verdict, Broken) else Broken(text=json.dumps(verdict))
        if broken.status != 200:
            error = {"message": broken.text, "type": "ServerError"}
            return web.json_response({"error": error}, status=broken.status)
        return web.json_response(_completion(str(body["model"]), broken))


def _form(body: Mapping[str, Json]) -> str:
    asked_for = body["response_format"]
    assert isinstance(asked_for, dict) and asked_for["type"] == "json_schema", asked_for
    schema = asked_for["json_schema"]
    assert isinstance(schema, dict)
    return str(schema["name"])


def _completion(model: str, answer: Broken) -> dict[str, Json]:
    message: Json = {"role": "assistant", "content": answer.text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": answer.finish_reason}],
        "usage": {
            "prompt_tokens": PROMPT_TOKENS,
            "completion_tokens": OUTPUT_TOKENS,
            "total_tokens": PROMPT_TOKENS + OUTPUT_TOKENS,
        },
    }
