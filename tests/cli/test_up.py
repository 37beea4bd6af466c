"""`surefoot up` over a model server that is there already starts the service alone, and looks after it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from tests.cli.trial_project import ANSWER, QUESTION, Trial, trial_project
from tests.cli.trial_release import promoted, released, reword

from surefoot.records import Manifest
from surefoot.releases import read_channel, read_release


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A project whose service wants a key, and a caller that has one; whatever runs at the end is stopped."""
    with trial_project(tmp_path_factory.mktemp("up")) as project:
        promoted(project.top)
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


def manifest_in_production(trial: Trial) -> Manifest:
    pointer = read_channel(trial.top / "serving", "answers")
    assert pointer is not None
    return read_release(trial.top / "serving/releases", pointer.release).manifest


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
    assert f"app answers: release {release_in(first)} of production\n" in status
    assert f"production of answers: release {release_in(first)}, receipt " in status
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


def test_a_changed_prompt_serves_no_one_before_it_is_proven(trial: Trial, first: str) -> None:
    before = trial.process()
    reword(trial.top, "Be brief.")

    changed = trial.said("up")

    assert trial.process() == before
    assert release_in(changed) == release_in(first)
    present = released(trial.top).release
    assert (
        f"the working tree is another release of 'answers' ({present[:12]}…) than production: "
        "prove it with `surefoot gate run`\n"
    ) in changed
    assert "the working tree" not in first


def test_up_builds_the_snapshot_of_production_where_it_is_not_here(trial: Trial, first: str) -> None:
    recipe = trial.top / "serving/recipes/default.toml"
    whole = recipe.read_text()
    pinned = manifest_in_production(trial).snapshot
    trial.said("down")
    shutil.rmtree(trial.state / "snapshots")
    recipe.write_text("schema = 1\n[chunking]\nlimit_words = 60\nminimum_words = 10\n")

    again = trial.said("up")

    recipe.write_text(whole)
    assert release_in(again) == release_in(first)
    assert (trial.state / "snapshots" / pinned).is_dir()
    live = trial.said("index", "list")
    assert f"{pinned}  3 passages  3 documents  papers/release-{release_in(first)[:12]}\n" in live


def test_up_says_when_the_documents_are_no_longer_those_of_production(trial: Trial, first: str) -> None:
    added = trial.top / "papers/pumps.md"
    added.write_text("# Pumps\n\nPump 5 turns at noon.\n")
    with_snapshot = trial.said("up")
    pinned = manifest_in_production(trial).snapshot
    shutil.rmtree(trial.state / "snapshots" / pinned)

    code, told = trial.refused("up")
    index = trial.run("index", "build")

    added.unlink()
    assert release_in(with_snapshot) == release_in(first)
    assert code == 5
    for words in (pinned[:12], "the documents have changed since", "check out the commit", "gate run"):
        assert words in told
        assert words in index.stderr
    assert index.returncode == 0
    trial.said("index", "build")


def test_an_unproven_service_starts_again_over_every_change(trial: Trial, first: str) -> None:
    bold = trial.told({"SUREFOOT_SERVICE_UNPROVEN": "true"})
    told = bold.said("up")
    before = trial.process()
    assert release_in(told) != release_in(first)
    assert "unproven: this serves the working tree, and no receipt covers it\n" in told
    reword(trial.top, "Be very brief.")

    changed = bold.said("up")

    assert trial.process() != before
    assert not psutil.pid_exists(before)
    assert release_in(changed) != release_in(told)


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


def test_up_without_a_release_brings_what_proving_one_needs_and_says_how(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with trial_project(tmp_path_factory.mktemp("unreleased")) as project:
        code, told = project.refused("up")
        listed, running = project.said("index", "list"), project.said("down")

    assert code == 4
    assert "no release of 'answers' is in production yet" in told
    assert "surefoot gate run --against founding" in told
    assert "The index and the model server are ready for that." in told
    assert "papers/default" in listed
    assert running == "nothing was running\n"
