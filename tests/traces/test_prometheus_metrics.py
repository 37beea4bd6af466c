import dataclasses

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from tests.traces.examples import ANSWER, PINS, abstained, answered, failed

from surefoot.records import Pins, Scored, Trace
from surefoot.traces.prometheus_metrics import Metrics

WHOSE = {"app": "answers", "release": "a1" * 6, "prompt": "b2" * 6}


def samples(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(metrics.render().decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, labels: dict[str, str]) -> float | None:
    return samples(metrics).get((name, frozenset(labels.items())))


def observed(*traces: Trace) -> Metrics:
    metrics = Metrics(version="0.1.0")
    for trace in traces:
        metrics.observe(trace)
    return metrics


def release(number: int, *, app: str = "answers") -> Pins:
    return dataclasses.replace(PINS, app=app, release=f"{number:064x}"[::-1])


def releases_in(metrics: Metrics, app: str = "answers") -> set[str]:
    labels = [dict(labels) for name, labels in samples(metrics) if name.startswith("surefoot_")]
    return {each["release"] for each in labels if each.get("app") == app and "outcome" in each}


def test_requests_are_counted_by_how_they_ended_and_failures_by_their_error() -> None:
    metrics = observed(answered("1"), answered("2"), abstained("3"), failed("4"))
    for outcome, error, count in (
        ("answered", "", 2),
        ("abstained", "", 1),
        ("failed", "ModelUnreachableError", 1),
    ):
        labels = {**WHOSE, "outcome": outcome, "error": error}
        assert value(metrics, "surefoot_requests_total", labels) == count


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("surefoot_first_token_seconds", 0.5),
        ("surefoot_total_seconds", 1.5),
        ("surefoot_retrieval_seconds", 0.012),
        ("surefoot_queue_seconds", 0.0),
        ("surefoot_output_tokens_per_second", 10.0),
    ],
)
def test_each_measurement_of_an_answer_is_observed_once(name: str, total: float) -> None:
    metrics = observed(answered("1"), failed("2"))
    assert value(metrics, f"{name}_sum", WHOSE) == total
    assert value(metrics, f"{name}_count", WHOSE) == 1


def test_tokens_are_counted() -> None:
    metrics = observed(answered("1"), answered("2"))
    assert value(metrics, "surefoot_prompt_tokens_total", WHOSE) == 240
    assert value(metrics, "surefoot_output_tokens_total", WHOSE) == 22


def test_scores_fall_into_buckets_and_the_unscored_are_counted() -> None:
    half = dataclasses.replace(ANSWER, scores={**ANSWER.scores, "citations_valid": Scored(value=0.5)})
    metrics = observed(answered("1", answer=half), answered("2"))
    labels = {**WHOSE, "score": "citations_valid"}
    assert value(metrics, "surefoot_score_bucket", {**labels, "le": "0.4"}) == 0
    assert value(metrics, "surefoot_score_bucket", {**labels, "le": "0.5"}) == 1
    assert value(metrics, "surefoot_score_bucket", {**labels, "le": "1.0"}) == 2
    assert value(metrics, "surefoot_unscored_total", {**WHOSE, "score": "cited_overlap"}) == 2
    assert value(metrics, "surefoot_score_count", {**WHOSE, "score": "cited_overlap"}) is None


def test_plain_chat_is_measured_under_its_own_name() -> None:
    labels = {"app": "plain-chat", "release": "none", "prompt": "none"}
    assert value(observed(answered("1", pins=None)), "surefoot_total_seconds_count", labels) == 1


def test_only_the_latest_releases_of_an_app_keep_their_series() -> None:
    metrics = Metrics(version="0.1.0", releases_kept=2)
    for number in (1, 2, 1, 3):
        metrics.observe(answered("x", pins=release(number)))
    metrics.observe(answered("x", pins=release(1, app="other")))
    kept = {release(1).release[:12], release(3).release[:12]}
    assert releases_in(metrics) == kept
    assert releases_in(metrics, "other") == {release(1).release[:12]}
    assert release(2).release[:12] not in metrics.render().decode()


def test_a_hundred_releases_make_no_more_series_than_the_latest_few() -> None:
    few, many = Metrics(version="0.1.0"), Metrics(version="0.1.0")
    for number in range(100):
        many.observe(answered("x", pins=release(number)))
        if number >= 95:
            few.observe(answered("x", pins=release(number)))
    assert samples(few).keys() == samples(many).keys()


def test_the_load_the_queue_and_the_model_are_what_was_last_said() -> None:
    metrics = Metrics(version="0.1.0")
    metrics.set_load(running=3, waiting=2)
    metrics.set_traces(waiting=7, dropped=4)
    metrics.set_traces(waiting=5, dropped=9)
    metrics.set_model_ready("chat", True)
    metrics.set_model_ready("chat", False)
    assert value(metrics, "surefoot_requests_running", {}) == 3
    assert value(metrics, "surefoot_requests_waiting", {}) == 2
    assert value(metrics, "surefoot_traces_waiting", {}) == 5
    assert value(metrics, "surefoot_traces_dropped_total", {}) == 9
    assert value(metrics, "surefoot_model_ready", {"model_alias": "chat"}) == 0


def test_what_serves_is_said_with_whole_digests_and_only_that() -> None:
    metrics = Metrics(version="0.1.0")
    metrics.set_serving([release(1)], channel="production")
    metrics.set_serving([PINS], channel="working tree")
    whole = {**dataclasses.asdict(PINS), "channel": "working tree"}
    assert value(metrics, "surefoot_release_info", whole) == 1
    assert release(1).release not in metrics.render().decode()
    assert value(metrics, "surefoot_build_info", {"version": "0.1.0"}) == 1


def test_what_is_held_back_is_said_for_as_long_as_it_is() -> None:
    metrics = Metrics(version="0.1.0")
    metrics.set_held_back([("answers", "ab" * 32), ("second", None)])
    held = {"app": "answers", "release": "ab" * 6}
    assert value(metrics, "surefoot_release_held_back", held) == 1
    assert value(metrics, "surefoot_release_held_back", {"app": "second", "release": "none"}) == 1
    metrics.set_held_back([])
    assert value(metrics, "surefoot_release_held_back", held) is None


def test_two_services_in_one_process_share_nothing_and_leave_the_global_registry_alone() -> None:
    observed(answered("1"))
    assert value(Metrics(version="0.1.0"), "surefoot_total_seconds_count", WHOSE) is None
    assert not [family.name for family in REGISTRY.collect() if family.name.startswith("surefoot")]


def test_the_text_is_of_the_type_it_says() -> None:
    metrics = observed(answered("1"))
    assert metrics.content_type.startswith("text/plain; version=0.0.4")
    assert metrics.render().startswith(b"# HELP surefoot_")
