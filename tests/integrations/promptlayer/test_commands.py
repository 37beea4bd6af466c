"""`surefoot promptlayer ...` and promotions as processes, against the stand-in over a real socket."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.cli.gauges import commit, guard
from tests.cli.trial_project import Trial, trial_project
from tests.cli.trial_release import point, promoted, released, reword
from tests.fakes.promptlayer_server import FAILURES, KEY, Failure, FakePromptLayer
from tests.releases.repositories import git

from surefoot.prompts import load_prompt
from surefoot.releases import Pointer
from surefoot.wiring.project import open_project
from surefoot.wiring.promptlayer import backlog_of, mirror_now, sync


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory, promptlayer: FakePromptLayer) -> Iterator[Trial]:
    with trial_project(tmp_path_factory.mktemp("promptlayer") / "project") as project:
        settings = project.top / "serving" / "settings.toml"
        settings.write_text(
            settings.read_text()
            + f'[promptlayer]\nkey_variable = "TRIAL_KEY"\nurl = "{promptlayer.url}"\ndeadline_seconds = 1\n'
        )
        guard(project.top, "answers", [1])
        yield project.told({"TRIAL_KEY": KEY})


@pytest.fixture(scope="module")
def first(trial: Trial) -> Pointer:
    pointer = promoted(trial.top)
    commit(trial.top, "A project")
    return pointer


def said_by_status(trial: Trial) -> Mapping[str, object]:
    said: Mapping[str, object] = json.loads(trial.said("promptlayer", "status", "--json"))
    return said


def standing(promptlayer: FakePromptLayer) -> int:
    """Which version the label of production stands at."""
    return promptlayer.shelf.prompts["answer"].labels["production"][1]


def test_promoting_publishes_with_label_and_what_it_pins(
    trial: Trial, promptlayer: FakePromptLayer, first: Pointer
) -> None:
    done = trial.run("release", "promote", first.release)

    assert done.returncode == 0 and done.stdout.strip() == first.release
    assert "PromptLayer: published version 1 of 'answer', labelled 'production'" in done.stderr
    (version,) = promptlayer.shelf.prompts["answer"].versions
    metadata = version["metadata"]
    assert isinstance(metadata, dict)
    assert metadata["surefoot_release"] == first.release
    assert metadata["surefoot_receipt"] == first.receipt
    assert metadata["surefoot_prompt"] == load_prompt(trial.top / "prompts", "answer").digest
    assert metadata["surefoot_commit"]
    assert len(str(version["commit_message"])) <= 72


def test_a_second_sync_publishes_nothing(trial: Trial, promptlayer: FakePromptLayer, first: Pointer) -> None:
    said = trial.said("promptlayer", "sync")

    assert "stands at version 1 of 'answer' already" in said
    assert len(promptlayer.shelf.prompts["answer"].versions) == 1


@pytest.mark.parametrize("failure", FAILURES)
def test_what_is_promoted_waits_whichever_way_promptlayer_fails_and_sync_does_the_rest(
    trial: Trial,
    promptlayer: FakePromptLayer,
    first: Pointer,
    failure: Failure,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRIAL_KEY", KEY)
    monkeypatch.setenv("SUREFOOT_PROMPTLAYER_DEADLINE_SECONDS", "0.3")
    project = open_project(trial.top)
    promptlayer.fails(failure)
    try:
        told = asyncio.run(mirror_now(project, "answers"))
        left = asyncio.run(sync(project))
        state = backlog_of(project).state()
    finally:
        promptlayer.fails(None)

    assert told is not None
    assert told.startswith("not mirrored to PromptLayer yet, and it waits: PromptLayer ")
    assert told.endswith("then run `surefoot promptlayer sync`")
    assert left.error is not None and left.error.exit_code == (2 if failure == "401" else 5)
    assert state.mirrors == ("answers",) and state.last_error
    assert KEY not in told + left.error.message + state.last_error
    assert asyncio.run(sync(project)).waiting == 0
    assert standing(promptlayer) == 1


def test_a_promotion_stands_while_promptlayer_is_away(
    trial: Trial, promptlayer: FakePromptLayer, first: Pointer
) -> None:
    promptlayer.fails("502 html")
    try:
        done = trial.run("release", "promote", first.release)
        code, told = trial.refused("promptlayer", "sync")
    finally:
        promptlayer.fails(None)

    assert done.returncode == 0 and done.stdout.strip() == first.release
    assert "not mirrored to PromptLayer yet" in done.stderr
    assert code == 5 and "answered 502" in told
    assert said_by_status(trial)["waiting_prompts_of"] == ["answers"]
    assert "waiting: 0" in trial.said("promptlayer", "sync")


def test_the_label_follows_production_forth_and_back(
    trial: Trial, promptlayer: FakePromptLayer, first: Pointer
) -> None:
    reword(trial.top, "- Speak of valves only.")
    point(trial.top, released(trial.top))
    try:
        assert "published version 2 of 'answer'" in trial.said("promptlayer", "sync")
        assert standing(promptlayer) == 2
        point(trial.top, first)
        assert "'production' now stands at version 1 of 'answer'" in trial.said("promptlayer", "sync")
        assert standing(promptlayer) == 1
        assert len(promptlayer.shelf.prompts["answer"].versions) == 2
    finally:
        git(trial.top, "checkout", "-q", "--", "prompts", "serving/channels")


def test_a_missing_key_stops_no_promotion_and_says_which_variable(trial: Trial, first: Pointer) -> None:
    bare = trial.told({"TRIAL_KEY": ""})
    done = bare.run("release", "promote", first.release)

    assert done.returncode == 0 and "TRIAL_KEY" in done.stderr
    assert said_by_status(bare)["waiting_prompts_of"] == ["answers"], "status needs no key"
    assert bare.refused("promptlayer", "sync")[0] == 2
    trial.said("promptlayer", "sync")


def test_while_it_is_off_nothing_is_loaded_kept_or_said(
    trial: Trial, promptlayer: FakePromptLayer, first: Pointer, tmp_path: Path
) -> None:
    settings = trial.top / "serving" / "settings.toml"
    kept, before = settings.read_text(), len(promptlayer.calls)
    settings.write_text(kept.partition("[promptlayer]")[0])
    state = {"SUREFOOT_FOLDERS_STATE": str(tmp_path / "state"), "PYTHONPROFILEIMPORTTIME": "1"}
    try:
        done = trial.told(state).run("release", "promote", first.release)
        code, told = trial.refused("promptlayer", "sync")
        assert "PromptLayer is off" in trial.said("promptlayer", "status")
    finally:
        settings.write_text(kept)

    assert done.returncode == 0
    assert "PromptLayer:" not in done.stderr and "promptlayer.client" not in done.stderr
    assert not (tmp_path / "state" / "promptlayer.sqlite").exists()
    assert (code, "key_variable" in told) == (2, True)
    assert len(promptlayer.calls) == before


def test_their_prompt_becomes_a_file_to_review(trial: Trial, promptlayer: FakePromptLayer) -> None:
    theirs = "Team A/Greeting"
    promptlayer.shelf.put(theirs, "Greet.", "{{ question }}")
    file = trial.top / "prompts" / "team-a-greeting.prompt.md"
    try:
        done = trial.run("promptlayer", "pull", theirs)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == str(file) and "new in team-a-greeting.prompt.md" in done.stderr
        assert load_prompt(trial.top / "prompts", "team-a-greeting").render({"question": "hi"})[0].content
        assert "says already" in trial.run("promptlayer", "pull", theirs).stderr

        promptlayer.shelf.put(theirs, "Greet warmly.", "{{ question }}")
        code, told = trial.refused("promptlayer", "pull", theirs)
        assert code == 2 and "says something else" in told and "warmly" not in file.read_text()
        code, told = trial.refused("promptlayer", "pull", theirs, "--replace")
        assert code == 2 and "not committed" in told
        assert trial.said("promptlayer", "pull", theirs, "--as", "warm").strip().endswith("warm.prompt.md")
        git(trial.top, "add", "-A")
        git(trial.top, "commit", "-q", "-m", "A greeting")
        trial.said("promptlayer", "pull", theirs, "--replace")
        assert "warmly" in file.read_text()
    finally:
        git(trial.top, "checkout", "-q", "--", "prompts")


def test_a_prompt_that_went_out_from_here_is_not_taken_back_in(trial: Trial, first: Pointer) -> None:
    before = (trial.top / "prompts" / "answer.prompt.md").read_bytes()

    done = trial.run("promptlayer", "pull", "answer", "--label", "production")

    assert done.returncode == 0 and "says already" in done.stderr
    assert (trial.top / "prompts" / "answer.prompt.md").read_bytes() == before


def test_what_is_not_there_offers_the_list(trial: Trial, first: Pointer) -> None:
    code, told = trial.refused("promptlayer", "pull", "nowhere")

    assert code == 2 and "--list" in told
    assert "answer" in trial.said("promptlayer", "import", "--list").splitlines()


def test_all_are_imported_and_one_that_cannot_be_written_hinders_no_other(
    trial: Trial, promptlayer: FakePromptLayer
) -> None:
    for name in ("Another one", "another-one", "Yet another"):
        promptlayer.shelf.put(name, f"Say {name}.", "{{ question }}")
    try:
        done = trial.run("promptlayer", "import", "Another one", "another-one", "Yet another")

        assert done.returncode == 2 and "another-one.prompt.md is there" in done.stderr
        assert "Say Another one." in (trial.top / "prompts" / "another-one.prompt.md").read_text()
        assert (trial.top / "prompts" / "yet-another.prompt.md").is_file()
    finally:
        for name in ("another-one", "yet-another"):
            (trial.top / "prompts" / f"{name}.prompt.md").unlink(missing_ok=True)
