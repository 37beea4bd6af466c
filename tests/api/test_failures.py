"""What a client is told when something goes wrong, before an answer has begun and in the middle of it."""

import asyncio
import json
import logging
from pathlib import Path

import httpx
import pytest
from tests.api.serving import PASSAGES, FixedPassages, Options, Running, running_service
from tests.api.test_answers import events_of
from tests.fakes.model_server import Ending, FakeModelServer

from surefoot.errors import SnapshotError
from surefoot.records import Failure, RankedPassage, Reach
from surefoot.traces.sqlalchemy_store import TraceStore


def failure(running: Running) -> Failure:
    (trace,) = running.traces()
    assert isinstance(trace.outcome, Failure)
    return trace.outcome


def test_a_full_line_refuses_at_once_with_when_to_come_back(tmp_path: Path) -> None:
    with running_service(tmp_path, Options(most_running=1, most_waiting=0)) as running:
        gate = running.model.hold("headers")

        async def overload() -> tuple[httpx.Response, httpx.Response, httpx.Response]:
            async with httpx.AsyncClient(base_url=running.url, timeout=20) as client:
                first = asyncio.create_task(client.post("/v1/answers", json={"question": "First?"}))
                assert await asyncio.to_thread(gate.wait_reached)
                native = await client.post("/v1/answers", json={"question": "Second?", "stream": True})
                messages = [{"role": "user", "content": "Third?"}]
                openai = await client.post(
                    "/v1/chat/completions", json={"model": "handbook", "messages": messages}
                )
                gate.release()
                return await first, native, openai

        first, native, openai = asyncio.run(overload())
        kinds = [trace.outcome.kind for trace in running.traces() if isinstance(trace.outcome, Failure)]
        metrics = running.client.get("/metrics").text

    assert first.status_code == 200
    assert native.status_code == openai.status_code == 429
    assert int(native.headers["retry-after"]) >= 1 and int(openai.headers["retry-after"]) >= 1
    assert native.json()["error"]["kind"] == "OverloadError"
    assert openai.json()["error"]["type"] == "rate_limit_error"
    assert kinds == ["OverloadError"] * 2
    assert "OverloadError" in metrics


def test_a_model_that_cannot_be_reached_is_a_503_on_both_routes(tmp_path: Path) -> None:
    with running_service(tmp_path) as running:
        running.model.call(running.model.refuse())
        native, openai, streamed = running.ask(), running.chat(), running.chat(stream=True)
        running.model.call(running.model.accept())
        recovered = running.ask()

    assert (native.status_code, openai.status_code, streamed.status_code) == (503, 503, 503)
    assert native.json()["error"].keys() == {"kind", "message", "remedy"}
    assert native.json()["error"]["kind"] == "ModelUnreachableError"
    assert openai.json()["error"]["type"] == "server_error"
    assert recovered.status_code == 200


def test_a_model_that_dies_in_mid_answer_ends_the_native_stream_with_an_error(tmp_path: Path) -> None:
    with running_service(tmp_path) as running:
        running.model.dies = (2, "reset")
        response = running.ask(stream=True)
        kept = failure(running)

    events = events_of(response.text)
    assert [name for name, _ in events] == ["passages", "delta", "delta", "error"]
    told = events[-1][1]["error"]
    assert isinstance(told, dict) and told.keys() == {"kind", "message", "remedy"}
    assert kept.kind == told["kind"] and kept.text_sent == "Nine litres"
    assert kept.passages == PASSAGES and kept.messages[-1].content.endswith("Question: How much?")
    assert kept.queue_seconds is not None and kept.retrieval_seconds is not None
    assert kept.first_token_seconds is not None and kept.first_token_seconds <= kept.total_seconds


def test_a_failure_before_the_first_token_has_the_times_it_got_to(tmp_path: Path) -> None:
    with running_service(tmp_path) as running:
        running.model.call(running.model.refuse())
        running.ask()
        kept = failure(running)

    assert kept.passages == PASSAGES and kept.retrieval_seconds is not None
    assert kept.first_token_seconds is None


def test_an_app_that_cannot_be_opened_is_a_trace_and_is_counted_on_every_route(tmp_path: Path) -> None:
    broken = SnapshotError("the index is damaged", remedy="build it anew")
    with running_service(tmp_path, Options(broken=broken)) as running:
        asked = (running.ask(), running.chat(), running.client.post("/", data={"question": "How much?"}))
        malformed, unknown = running.ask(" "), running.ask(app="other")
        traces, metrics = running.traces(), running.client.get("/metrics").text
        page = running.client.get(f"/traces/{traces[0].id}").text
        home = running.client.get("/").text

    assert [response.status_code for response in asked] == [503, 503, 503]
    assert (malformed.status_code, unknown.status_code) == (400, 404)
    assert {trace.route for trace in traces} == {"/v1/answers", "/v1/chat/completions", "/"}
    for trace in traces:
        assert isinstance(trace.outcome, Failure) and trace.outcome.kind == "SnapshotError"
        assert (trace.pins, trace.unopened_app, trace.question) == (None, "handbook", "How much?")
    counted = next(line for line in metrics.splitlines() if 'error="SnapshotError"' in line)
    assert 'app="handbook"' in counted and 'release="none"' in counted and counted.endswith(" 3.0")
    assert "the app handbook could not be opened" in page and "plain chat" not in home


@pytest.mark.parametrize("ending", ["reset", "error event", "no finish"])
def test_a_model_that_dies_in_mid_answer_ends_openais_stream_with_an_error(
    tmp_path: Path, ending: Ending
) -> None:
    with running_service(tmp_path) as running:
        running.model.dies = (2, ending)
        response = running.chat(stream=True)
        kept = failure(running)

    *frames, error, done = response.text.removesuffix("\n\n").split("\n\n")
    assert done == "data: [DONE]"
    assert json.loads(error.removeprefix("data: "))["error"]["type"] == "server_error"
    assert all(json.loads(frame[6:])["choices"][0]["finish_reason"] is None for frame in frames)
    assert kept.text_sent == "Nine litres"


def test_a_model_that_dies_while_a_whole_answer_is_awaited_is_a_status(tmp_path: Path) -> None:
    with running_service(tmp_path) as running:
        running.model.dies = (1, "reset")
        response = running.chat()

    assert response.status_code in (502, 503) and "choices" not in response.json()


def test_a_question_the_prompt_refuses_is_a_400_that_says_why(tmp_path: Path) -> None:
    with running_service(tmp_path) as running:
        long, many = running.ask("x" * 4001), running.ask("word " * 700)

    assert long.status_code == 400 and many.status_code == 200
    assert "'question'" in long.text and "too long" in long.text
    assert str(tmp_path) not in long.text, "no place on this machine is told"


def test_an_unexpected_error_gives_an_id_that_the_log_has_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def break_down(_: object, question: str, *, limit: int, reach: Reach) -> tuple[RankedPassage, ...]:
        raise ZeroDivisionError("secret-password")

    monkeypatch.setattr(FixedPassages, "search", break_down)
    with running_service(tmp_path) as running, caplog.at_level(logging.ERROR, "surefoot.api"):
        native, openai = running.ask(), running.chat(stream=True)
        kinds = [trace.outcome.kind for trace in running.traces() if isinstance(trace.outcome, Failure)]

    assert native.status_code == openai.status_code == 500
    for text in (native.text, openai.text):
        assert "secret" not in text and "Zero" not in text and "Traceback" not in text
    number = native.json()["error"]["message"].rpartition(" ")[2]
    assert number in caplog.text and "secret-password" in caplog.text
    assert kinds == ["ZeroDivisionError"] * 2


def test_a_service_that_stops_in_mid_answer_keeps_the_trace(tmp_path: Path) -> None:
    model = FakeModelServer(answer=lambda _: "Nine litres [1].")
    with running_service(tmp_path, model_server=model) as running:
        gate = running.model.hold("second token")

        async def ask() -> None:
            async with httpx.AsyncClient(base_url=running.url, timeout=20) as client:
                body = {"question": "How much?", "stream": True}
                asking = asyncio.create_task(client.post("/v1/answers", json=body))
                assert await asyncio.to_thread(gate.wait_reached)
                running.stop()
                await asyncio.gather(asking, return_exceptions=True)

        asyncio.run(ask())

    async def stored() -> Failure:
        async with TraceStore(tmp_path / "traces.db", create=False) as store:
            (trace,) = await store.recent(10)
        assert isinstance(trace.outcome, Failure)
        return trace.outcome

    assert asyncio.run(stored()).kind == "ServiceStopped"
