"""A running service and PromptLayer: requests arrive there with scores, and never wait for it."""

import json
from collections.abc import Iterator

import httpx
import pytest
from tests.cli.trial_project import ANSWER, QUESTION, Trial, eventually, trial_project
from tests.cli.trial_release import promoted
from tests.fakes.promptlayer_server import KEY, FakePromptLayer


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory, promptlayer: FakePromptLayer) -> Iterator[Trial]:
    with trial_project(tmp_path_factory.mktemp("served") / "project") as project:
        promoted(project.top)
        yield project.told(
            {
                "SUREFOOT_PROMPTLAYER_KEY_VARIABLE": "TRIAL_KEY",
                "SUREFOOT_PROMPTLAYER_URL": promptlayer.url,
                "SUREFOOT_PROMPTLAYER_DEADLINE_SECONDS": "600",
                "PROMPTLAYER_HTTP_TIMEOUT": "600",
                "TRIAL_KEY": KEY,
            }
        )


def metric(url: str, name: str) -> float:
    lines = httpx.get(url + "/metrics").text.splitlines()
    (value,) = [line.split()[1] for line in lines if line.startswith(f"{name} ")]
    return float(value)


def test_an_answer_is_logged_with_scores_and_feedback_and_without_a_word(
    trial: Trial, promptlayer: FakePromptLayer
) -> None:
    with trial.serving() as served:
        served.eventually_ready()
        answered = served.ask().json()
        eventually(lambda: len(promptlayer.shelf.requests) == 1, "the request is logged")
        (logged,) = promptlayer.shelf.requests.values()
        scored = set(answered["scores"])
        eventually(lambda: set(logged.scores) == scored, "every score is there")
        httpx.post(served.url + "/v1/feedback", json={"id": answered["id"], "rating": "up"})
        eventually(lambda: logged.scores.get("feedback") == 100, "the feedback is there")
        eventually(lambda: metric(served.url, "surefoot_promptlayer_sent_total") == 1, "it is counted")

    text = json.dumps(logged.body)
    assert answered["id"] in text and answered["release"] in text
    assert QUESTION not in text and ANSWER not in text and "33 degrees" not in text
    assert KEY not in served.log.read_text()


def test_a_hanging_promptlayer_delays_no_answer_and_no_stop_and_loses_nothing(
    trial: Trial, promptlayer: FakePromptLayer
) -> None:
    before = len(promptlayer.shelf.requests)
    promptlayer.fails("hangs")
    promptlayer.reached.clear()
    with trial.serving() as served:
        served.eventually_ready()
        assert served.ask().status_code == 200
        eventually(promptlayer.reached.is_set, "the stand-in holds a call")
        calls = len(promptlayer.calls)
        answers = [served.ask() for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 3, "answered while that call hangs"
        eventually(lambda: metric(served.url, "surefoot_promptlayer_backlog") >= 1, "the backlog shows")
        assert served.not_ready() == "", "and the service is no less ready for it"
        assert len(promptlayer.shelf.requests) == before
        assert len(promptlayer.calls) <= calls + 3, "at most one call for each sender"
    # It has stopped, within the minute that `serving` waits for that: the call it left had ten.

    promptlayer.fails(None)
    with trial.serving():
        eventually(
            lambda: len(promptlayer.shelf.requests) == before + 4, "what waited is sent after a restart"
        )
