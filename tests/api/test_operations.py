"""Models, feedback, passages, health, metrics and the API's description."""

import asyncio
import re
from pathlib import Path

from tests.api.serving import PASSAGES, Options, Running, running_service

from surefoot.api.service import NotReady
from surefoot.console import HeldBack


def test_the_models_are_the_apps_at_their_releases(running: Running) -> None:
    body = running.client.get("/v1/models").json()

    (model,) = body["data"]
    assert body["object"] == "list" and model["id"] == "handbook" and model["object"] == "model"
    assert model["surefoot"]["release"] == running.ask().json()["release"]
    assert model["surefoot"]["channel"] == "production"
    assert (model["surefoot"]["proven"], model["surefoot"]["receipt"]) == (True, "6" * 64)


def test_a_working_tree_that_serves_is_called_unproven(tmp_path: Path) -> None:
    with running_service(tmp_path, Options(channel="working tree", receipt=None)) as running:
        (model,) = running.client.get("/v1/models").json()["data"]

    assert model["surefoot"]["channel"] == "working tree"
    assert (model["surefoot"]["proven"], model["surefoot"]["receipt"]) == (False, None)


def test_a_release_that_is_held_back_is_named_and_the_service_stays_ready(tmp_path: Path) -> None:
    held = HeldBack(app="handbook", release="7" * 64, reason="no proof", remedy="prove it")
    with running_service(tmp_path, Options(held_back=(held,))) as running:
        ready = running.client.get("/readyz")

    assert ready.status_code == 200 and ready.json() == {
        "ready": True,
        "missing": [],
        "held_back": [{"app": "handbook", "release": "7" * 64, "reason": "no proof", "remedy": "prove it"}],
    }


def test_feedback_is_written_into_the_trace_at_once(running: Running) -> None:
    answer_id = running.ask().json()["id"]
    response = running.client.post(
        "/v1/feedback", json={"id": answer_id, "rating": "down", "comment": "Ten litres."}
    )

    assert response.status_code == 200 and response.json()["rating"] == "down"
    (trace,) = [trace for trace in running.traces() if trace.id == answer_id]
    (given,) = trace.feedback
    assert (given.rating, given.comment, given.caller) == ("down", "Ten litres.", "loopback")


def test_feedback_for_an_unknown_answer_names_no_other_answer(running: Running) -> None:
    known = running.ask().json()["id"]
    response = running.client.post("/v1/feedback", json={"id": "ans-none", "rating": "up"})

    assert response.status_code == 404
    assert "'ans-none'" in response.text and known not in response.text


def test_wrong_feedback_is_explained(running: Running) -> None:
    response = running.client.post("/v1/feedback", json={"id": "x", "rating": "good"})

    assert response.status_code == 400 and "'up' or 'down'" in response.json()["error"]["message"]


def test_a_citation_can_be_followed_to_its_passage(running: Running) -> None:
    (citation,) = running.ask().json()["citations"]
    passage = running.client.get(f"/v1/passages/handbook/{citation['passage_id']}").json()

    cited = citation.keys() & passage.keys()
    assert cited == citation.keys() - {"number", "score", "supports"}
    assert {key: passage[key] for key in cited} == {key: citation[key] for key in cited}
    assert {key: passage[key] for key in passage.keys() - cited} == {
        "page": None,
        "metadata": {},
        "suspicions": [],
    }
    assert passage["text"] == PASSAGES[0].passage.text


def test_a_service_that_is_not_ready_says_what_is_missing_and_what_to_do(tmp_path: Path) -> None:
    missing = NotReady(what="model", reason="other weights answer", remedy="start the pinned ones")
    with running_service(tmp_path, Options(not_ready=(missing,))) as running:
        ready, alive = running.client.get("/readyz"), running.client.get("/healthz")

    assert alive.status_code == 200
    assert ready.status_code == 503 and ready.json() == {
        "ready": False,
        "missing": [{"what": "model", "reason": "other weights answer", "remedy": "start the pinned ones"}],
        "held_back": [],
    }


def test_metrics_are_labelled_by_release_and_prompt(running: Running) -> None:
    body = running.ask().json()
    response = running.client.get("/metrics")

    assert response.headers["content-type"].startswith("text/plain; version=")
    assert f'release="{body["release"][:12]}' in response.text
    assert f'prompt="{body["prompt"]["digest"][:12]}' in response.text


def test_the_description_lists_every_public_route_with_its_body(running: Running) -> None:
    paths = running.client.get("/openapi.json").json()["paths"]

    assert set(paths) == {
        "/v1/answers",
        "/v1/chat/completions",
        "/v1/models",
        "/v1/releases",
        "/v1/feedback",
        "/v1/passages/{app}/{passage_id}",
        "/healthz",
        "/readyz",
        "/metrics",
    }
    body = paths["/v1/answers"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == {"question", "app", "history", "stream", "filters"}
    assert "$ref" not in str(paths["/v1/answers"])


def test_the_description_page_loads_nothing_from_elsewhere(running: Running) -> None:
    page = running.client.get("/docs")

    assert page.status_code == 200 and "POST /v1/answers" in page.text
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page.text)
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_service_runs_on_uvloop(running: Running) -> None:
    async def loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    assert type(running.call(loop())).__module__.startswith("uvloop")
