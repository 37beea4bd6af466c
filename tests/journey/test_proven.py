"""A small project on the real model: founded, an edit refused, another one promoted and taken back."""

import json
from collections.abc import Iterator

import httpx
import pytest

from .conftest import House, free_port
from .project import CITE, Smoke, write_project

pytestmark = [pytest.mark.journey, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def smoke(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Smoke]:
    """The project, committed, over the house's vLLM; its own service is started by the first promotion."""
    project = write_project(tmp_path_factory.mktemp("smoke") / "project", house, free_port())
    try:
        yield project
    finally:
        project.surefoot("down")


def test_a_change_is_refused_and_another_one_promoted_and_taken_back(house: House, smoke: Smoke) -> None:
    founded = smoke.surefoot("gate", "run", "--against", "founding")
    assert "PASS" in founded
    smoke.surefoot("release", "promote")
    first = smoke.production()
    assert first in smoke.git("log", "-1", "--format=%B")
    smoke.surefoot("up")
    assert smoke.ask_until_served(first)["citations"]

    smoke.edit(CITE, ".")
    refused = smoke.surefoot("gate", "run", code=1)
    assert "citations_valid" in refused
    smoke.surefoot("release", "promote", code=4)
    assert smoke.production() == first
    smoke.git("revert", "--no-edit", "HEAD")

    smoke.edit("of documents.", "of a handbook.")
    smoke.surefoot("gate", "run")
    smoke.surefoot("release", "promote")
    second = smoke.production()
    assert second != first
    answer = smoke.ask_until_served(second)
    assert second in smoke.surefoot("trace", "show", "--json", str(answer["id"]))
    assert second in httpx.get(smoke.url + "/metrics").text

    smoke.surefoot("release", "rollback", "--reason", "the journey goes back")
    assert smoke.production() == first
    smoke.ask_until_served(first)
    assert smoke.git("status", "--porcelain") == ""


def test_a_receipt_holds_only_as_it_was_written(smoke: Smoke) -> None:
    receipts = sorted((smoke.top / "serving/releases" / smoke.production() / "receipts").glob("*.json"))
    digest = receipts[0].stem
    assert "holds" in smoke.surefoot("gate", "verify", digest)

    kept = receipts[0].read_bytes()
    forged = kept.replace(b'"value":0.0', b'"value":1.0', 1)
    assert forged != kept
    receipts[0].write_bytes(forged)
    try:
        smoke.surefoot("gate", "verify", digest, code=4)
    finally:
        receipts[0].write_bytes(kept)


def test_the_judged_ragas_metrics_score_two_cases(smoke: Smoke) -> None:
    suite = smoke.top / "evals" / "judged"
    suite.mkdir()
    cases = [json.loads(line) for line in (smoke.top / "evals/smoke/cases.jsonl").read_text().splitlines()]
    two = [case["id"] for case in cases if case["kind"] == "single"][:2]
    metrics = ["faithfulness", "answer_relevancy", "context_precision", "context_recall"]
    named = ", ".join(f'"ragas_{metric}"' for metric in metrics)
    (suite / "suite.toml").write_text(
        f'schema = 1\napp = "answers"\n[cases]\nfrom = "smoke"\nids = {json.dumps(two)}\n'
        '[[rules]]\nmetric = "evidence_recall"\nmargin = 0.2\n'
        f"[judged]\nmetrics = [{named}]\ncases = 2\nmargin = 0.3\n"
    )

    said = json.loads(smoke.surefoot("eval", "run", "--suite", "judged", "--judged", "--json"))

    judged = [said["metrics"][f"ragas_{metric}"] for metric in metrics]
    assert [one["cases"] for one in judged] == [2, 2, 2, 2]
    unscored = sum(sum(one["unscored"].values()) for one in judged)
    assert unscored <= 4, f"a small judge may fail at times, but not at most of it: {judged}"
