"""A cross-encoder behind vLLM's score endpoint, over a real socket."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from surefoot.errors import ModelError
from surefoot.models.http_reranker import HttpReranker

Answer = Callable[[dict[str, object]], object]


def scored(answer: Answer, texts: list[str]) -> tuple[tuple[float, ...], list[dict[str, object]]]:
    """The scores that a server with this answer leads to, and the bodies that it was sent."""
    seen: list[dict[str, object]] = []

    async def score(request: web.Request) -> web.Response:
        body = await request.json()
        seen.append(body | {"key": request.headers.get("Authorization")})
        return web.json_response(answer(body))

    async def story() -> tuple[float, ...]:
        app = web.Application()
        app.router.add_post("/v1/score", score)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            reranker = HttpReranker(base_url=f"http://127.0.0.1:{port}", model="cross", api_key="k")
            try:
                return await reranker.scores("why?", texts)
            finally:
                await reranker.aclose()
        finally:
            await runner.cleanup()

    run: Awaitable[tuple[float, ...]] = story()
    return asyncio.run(_awaited(run)), seen


async def _awaited(run: Awaitable[tuple[float, ...]]) -> tuple[float, ...]:
    return await run


def by_length(body: dict[str, object]) -> object:
    texts = body["text_2"]
    assert isinstance(texts, list)
    data = [{"index": at, "object": "score", "score": len(text)} for at, text in enumerate(texts)]
    return {"object": "list", "model": body["model"], "data": data[::-1]}


def test_scores_come_in_the_order_of_the_texts_whatever_order_the_server_has() -> None:
    scores, (seen,) = scored(by_length, ["three", "a", "four four"])

    assert scores == (5.0, 1.0, 9.0)
    assert seen == {
        "model": "cross",
        "text_1": "why?",
        "text_2": ["three", "a", "four four"],
        "key": "Bearer k",
    }


def test_no_texts_are_not_asked_about() -> None:
    assert scored(by_length, []) == ((), [])


@pytest.mark.parametrize(
    "reply",
    [
        [],
        {"data": []},
        {"data": [{"index": 0, "score": 1.0}, {"index": 0, "score": 1.0}]},
        {"data": [{"index": 0, "score": "high"}, {"index": 1, "score": 1.0}]},
        {"data": [{"index": 0, "score": True}, {"index": 1, "score": 1.0}]},
        {"data": ["x", "y"]},
    ],
)
def test_a_server_that_answers_something_else_is_told_as_that(reply: object) -> None:
    with pytest.raises(ModelError, match="did not answer 2 texts with as many scores") as refused:
        scored(lambda _: reply, ["a", "b"])

    assert "reranker.url" in refused.value.remedy
