"""Plain chat: bytes pass through both ways untouched, and the trace says that no release answered."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.api.serving import Options, Running, running_service

from surefoot.records import Answer, Failure

BODY = b'{ "model":"chat",\n "messages" :[{"role":"user","content":"Hello"}], "temperature":0.3'
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_service(tmp_path_factory.mktemp("plain"), Options(plain_chat=True)) as running:
        yield running


@pytest.mark.parametrize("body", [BODY + b"}", BODY + b', "stream": true}'])
def test_bytes_pass_through_untouched_both_ways(plain: Running, body: bytes) -> None:
    path = "/v1/chat/completions"
    direct = httpx.post(plain.model.url + path, content=body, headers=JSON)
    through = plain.client.post(path, content=body, headers=JSON)

    assert plain.model.requests[-1].body == body
    assert through.content == direct.content and through.status_code == 200
    assert through.headers["content-type"] == direct.headers["content-type"]


def test_the_trace_says_that_no_release_touched_it(plain: Running) -> None:
    response = plain.client.post("/v1/chat/completions", content=BODY + b"}", headers=JSON)

    (trace,) = [one for one in plain.traces() if one.id == response.headers["x-surefoot-trace"]]
    assert trace.pins is None and trace.question == "Hello" and "plain" in trace.route
    assert isinstance(trace.outcome, Answer) and trace.outcome.text == response.text


def test_a_models_refusal_passes_through_and_is_a_failure(plain: Running) -> None:
    body = json.dumps({"model": "chat", "messages": []}).encode()
    response = plain.client.post("/v1/chat/completions", content=body, headers=JSON)

    assert response.status_code == 400 and "messages" in response.json()["error"]["message"]
    assert isinstance(plain.traces()[0].outcome, Failure)


def test_aliases_are_listed_beside_the_apps(plain: Running) -> None:
    listed = [model["id"] for model in plain.client.get("/v1/models").json()["data"]]

    assert listed == ["handbook", "chat"]


def test_a_model_that_is_away_is_a_503_in_openais_form(tmp_path: Path) -> None:
    with running_service(tmp_path, Options(plain_chat=True)) as running:
        running.model.call(running.model.refuse())
        response = running.client.post("/v1/chat/completions", content=BODY + b"}", headers=JSON)

    assert response.status_code == 503 and response.json()["error"]["type"] == "server_error"
