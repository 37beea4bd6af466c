"""A service waits for what it misses, refuses other weights, and is ready by itself once all is there."""

import json
import shutil
from collections.abc import Iterator

import httpx
import pytest
from tests.cli.trial_project import ANSWER, QUESTION, Served, Trial, trial_project
from tests.cli.trial_release import promoted


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with trial_project(tmp_path_factory.mktemp("recovery")) as project:
        promoted(project.top)
        shutil.rmtree(project.state / "snapshots")
        yield project


@pytest.fixture(scope="module")
def served(trial: Trial) -> Iterator[Served]:
    """A service with plain chat, started without an index and without a model server."""
    trial.chat.call(trial.chat.refuse())
    with trial.told({"SUREFOOT_SERVICE_PLAIN_CHAT": "true"}).serving() as service:
        yield service


def plain_chat(served: Served) -> httpx.Response:
    body = {"model": "trial-chat", "messages": [{"role": "user", "content": QUESTION}]}
    return httpx.post(served.url + "/v1/chat/completions", json=body, timeout=30)


def test_a_service_without_model_and_index_runs_and_names_both(trial: Trial, served: Served) -> None:
    served.eventually_misses(trial.chat.url)

    missing = {part["what"]: part for part in json.loads(served.not_ready())["missing"]}

    assert set(missing) == {"app answers", "model"}
    assert "surefoot index build" in missing["app answers"]["remedy"]
    assert served.ask().status_code == 503


def test_the_commands_say_what_a_service_misses(trial: Trial, served: Served) -> None:
    port = served.url.rpartition(":")[2]
    aside = trial.told({"SUREFOOT_SERVICE_PORT": port})

    status = aside.said("status")
    code, told = aside.refused("ask", QUESTION)

    assert "not ready: app answers: the snapshot " in status
    assert "not ready: model: " in status
    assert code == 5
    assert "surefoot index build" in told


def test_an_app_opens_by_itself_once_its_index_is_built(trial: Trial, served: Served) -> None:
    trial.said("index", "build")
    served.eventually_lacks("app answers")

    refused = served.ask()

    assert refused.status_code == 503
    assert trial.chat.url in refused.text


def test_the_service_is_ready_once_its_model_is_there(trial: Trial, served: Served) -> None:
    trial.chat.call(trial.chat.accept())
    served.eventually_ready()

    assert served.ask().json()["answer"] == ANSWER
    assert plain_chat(served).status_code == 200


def test_other_weights_under_the_same_name_are_refused_and_the_difference_named(
    trial: Trial, served: Served
) -> None:
    trial.chat.call(trial.chat.refuse())
    served.eventually_misses("model")
    trial.chat.weights = "other"
    trial.chat.call(trial.chat.accept())
    served.eventually_misses("other weights answer under the name 'trial-chat'")

    answered, passed_through = served.ask(), plain_chat(served)

    for refused in (answered, passed_through):
        assert refused.status_code == 503
        assert "greedy answers agree by 0.00" in refused.text


def test_the_right_weights_are_taken_back(trial: Trial, served: Served) -> None:
    trial.chat.call(trial.chat.refuse())
    served.eventually_misses(trial.chat.url)
    trial.chat.weights = "pinned"
    trial.chat.call(trial.chat.accept())
    served.eventually_ready()

    assert served.ask().status_code == 200
    assert plain_chat(served).status_code == 200
