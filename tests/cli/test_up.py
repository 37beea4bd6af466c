"""`surefoot up` over a model server that is there already starts the service alone, and looks after it."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from tests.cli.trial_project import ANSWER, QUESTION, Trial, trial_project

HOUSE_RULES = "_house-rules.md"


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A project whose service wants a key, and a caller that has one; whatever runs at the end is stopped."""
    with trial_project(tmp_path_factory.mktemp("up")) as project:
        key = project.said("key", "create", "tests", "--scope", "ask", "--scope", "read").strip()
        keys = str(project.state / "keys.json")
        caller = project.told({"SUREFOOT_SERVICE_KEYS": keys, "SUREFOOT_KEY": key})
        try:
            yield caller
        finally:
            caller.run("down")


@pytest.fixture(scope="module")
def first(trial: Trial) -> str:
    """What the first `surefoot up` printed."""
    return trial.said("up")


def release_in(told: str) -> str:
    (line,) = [line for line in told.splitlines() if line.startswith("release")]
    return line.split()[1]


def test_up_answers_one_question_and_says_where_everything_is(trial: Trial, first: str) -> None:
    assert f"surefoot answers at {trial.url}\n\nQ: {QUESTION}\nA: {ANSWER}\n" in first
    assert f"page    {trial.url}/\n" in first
    assert f"API     {trial.url}/docs\n" in first
    assert f"metrics {trial.url}/metrics\n" in first
    assert [path.name for path in (trial.state / "run").iterdir()] == ["service.json"]


def test_status_names_the_service_and_its_release(trial: Trial, first: str) -> None:
    status = trial.said("status")
    whole = json.loads(trial.said("status", "--json"))

    assert f"the service: process {trial.process()}, port {trial.port}, " in status
    assert f"app answers: release {release_in(first)}" in status
    assert whole["releases"] == {"answers": release_in(first)}
    assert whole["missing"] == []
    assert [server["pid"] for server in whole["servers"]] == [trial.process()]


def test_a_key_is_asked_for_and_the_remedy_names_its_variable(trial: Trial, first: str) -> None:
    assert ANSWER in trial.said("ask", QUESTION)

    for key in ("", "sf_wrong"):
        code, told = trial.told({"SUREFOOT_KEY": key}).refused("ask", QUESTION)
        assert code == 5
        assert "SUREFOOT_KEY" in told
        assert "surefoot key create" in told


def test_the_second_up_changes_nothing(trial: Trial, first: str) -> None:
    before = trial.process()

    again = trial.said("up")

    assert trial.process() == before
    assert release_in(again) == release_in(first)


def test_a_changed_prompt_restarts_the_service_with_another_release(trial: Trial, first: str) -> None:
    before = trial.process()
    rules = trial.top / "prompts" / HOUSE_RULES
    rules.write_text(rules.read_text() + "\nBe brief.\n")

    changed = trial.said("up")

    assert trial.process() != before
    assert not psutil.pid_exists(before)
    assert release_in(changed) != release_in(first)


def test_up_over_a_folder_answers_from_its_documents(trial: Trial, first: str, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n\nValve 3 of the other house opens at 33 degrees too.\n")

    told = trial.said("up", "--docs", str(tmp_path), "--question", QUESTION)

    assert "[1] notes.md > Notes" in told
    assert release_in(told) != release_in(first)


def test_down_stops_the_service_and_its_model_server_stays(trial: Trial, first: str) -> None:
    pid = trial.process()

    told = trial.said("down")

    assert told == f"stopped the service, which was process {pid}\n"
    assert not psutil.pid_exists(pid)
    assert httpx.get(trial.chat.url + "/health").status_code == 200
    assert trial.said("down") == "nothing was running\n"
