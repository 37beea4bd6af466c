"""A client that leaves frees the model at once, in every phase, and the trace says how far it got."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.api.serving import Options, Running, running_service
from tests.fakes.model_server import FakeModelServer, Point

from surefoot.api import replies
from surefoot.records import Failure, Trace

ROUTES: dict[str, dict[str, object]] = {
    "/v1/answers": {"question": "How much?"},
    "/v1/chat/completions": {"model": "handbook", "messages": [{"role": "user", "content": "How much?"}]},
}


@pytest.fixture
def one_place(tmp_path: Path) -> Iterator[Running]:
    model = FakeModelServer(answer=lambda _: "Nine litres [1].")
    with running_service(tmp_path, Options(most_running=1), model) as running:
        yield running


async def leave_at(running: Running, route: str, point: Point, *, stream: bool) -> None:
    """Ask, and hang up while the model's answer waits at the point."""
    gate = running.model.hold(point)
    async with httpx.AsyncClient(base_url=running.url, timeout=20) as client:
        asking = asyncio.create_task(client.post(route, json={**ROUTES[route], "stream": stream}))
        assert await asyncio.to_thread(gate.wait_reached)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert await asyncio.to_thread(running.model.wait_closed_by_client), "the model was not freed"
    gate.release()


def only_trace(running: Running) -> Trace:
    """The trace, once the service has noticed: it is offered right after the model was freed."""

    async def appear() -> Trace:
        async with asyncio.timeout(10):
            while True:
                await running.writer.flush()
                if found := await running.store.recent(10):
                    return found[0]
                await asyncio.sleep(0.01)

    return running.call(appear())


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("point", ["headers", "first token", "second token"])
def test_a_client_that_leaves_closes_the_request_to_the_model(
    one_place: Running, route: str, stream: bool, point: Point
) -> None:
    asyncio.run(leave_at(one_place, route, point, stream=stream))

    outcome = only_trace(one_place).outcome
    assert isinstance(outcome, Failure) and outcome.kind == "ClientLeft"
    sent = stream and point == "second token"
    assert outcome.text_sent == ("Nine" if sent else "")
    assert one_place.admission.running == 0, "its place is free again"


def test_a_client_that_leaves_the_line_gives_its_place_up(one_place: Running) -> None:
    gate = one_place.model.hold("headers")

    async def wait_for_line(length: int) -> None:
        async with asyncio.timeout(10):
            while one_place.admission.waiting != length:
                await asyncio.sleep(0.005)

    async def leave_the_line() -> int:
        async with httpx.AsyncClient(base_url=one_place.url, timeout=20) as client:
            first = asyncio.create_task(client.post("/v1/answers", json={"question": "First?"}))
            assert await asyncio.to_thread(gate.wait_reached)
            second = asyncio.create_task(client.post("/v1/answers", json={"question": "Second?"}))
            await wait_for_line(1)
            second.cancel()
            await wait_for_line(0)
            gate.release()
            return (await first).status_code

    assert asyncio.run(leave_the_line()) == 200
    kinds = {trace.question: trace.outcome for trace in one_place.traces()}
    second = kinds["Second?"]
    assert isinstance(second, Failure) and second.kind == "ClientLeft"
    assert not isinstance(kinds["First?"], Failure)


def test_a_client_that_reads_nothing_is_given_up(one_place: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "IDLE_SECONDS", 0.2)
    one_place.model.answer = lambda _: ("x" * 250_000 + " ") * 40
    body = b'{"question": "How much?", "stream": true}'

    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", httpx.URL(one_place.url).port))
        client.sendall(
            b"POST /v1/answers HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        outcome = only_trace(one_place).outcome

    assert isinstance(outcome, Failure) and outcome.kind == "ClientLeft"
    assert "read nothing" in outcome.message and outcome.text_sent
    assert one_place.admission.running == 0, "its place is free again"


def test_a_client_that_leaves_while_it_sends_its_body_leaves_no_trace(one_place: Running) -> None:
    async def leave() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(one_place.url).port)
        writer.write(
            b"POST /v1/answers HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b'Content-Length: 100\r\n\r\n{"question":'
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    asyncio.run(leave())
    assert one_place.ask().status_code == 200
    assert len(one_place.traces()) == 1
