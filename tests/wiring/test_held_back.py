"""What is broken or unproven is held back: what served before goes on, and everything says so."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tests.cli.trial_project import Served, Trial, eventually
from tests.cli.trial_release import point, released
from tests.releases.examples import receipt_for
from tests.wiring.following import (
    PUMPS,
    eventually_holds_back,
    eventually_serves,
    failing_receipt,
    held_back,
)

from surefoot.releases import Pointer, read_receipt, read_release, write_receipt
from surefoot.releases.channels import channel_file

Damage = Callable[[Trial, Pointer], Pointer]


def edited_manifest(trial: Trial, pointer: Pointer) -> Pointer:
    file = trial.top / "serving/releases" / pointer.release / "manifest.json"
    file.write_bytes(file.read_bytes().replace(b"documents do not say", b"documents do not tell"))
    return pointer


def edited_prompt(trial: Trial, pointer: Pointer) -> Pointer:
    folder = trial.top / "serving/releases" / pointer.release / "prompts"
    rules = folder / "_house-rules.md"
    rules.write_text(rules.read_text() + "Never mind.\n")
    return pointer


def edited_recipe(trial: Trial, pointer: Pointer) -> Pointer:
    (trial.top / "serving/releases" / pointer.release / "recipe.toml").write_text(
        "schema = 1\n[search]\nlimit = 9\n"
    )
    return pointer


def edited_receipt(trial: Trial, pointer: Pointer) -> Pointer:
    file = trial.top / "serving/releases" / pointer.release / "receipts" / f"{pointer.receipt}.json"
    file.write_bytes(file.read_bytes().replace(b"0.75", b"0.95"))
    return pointer


def receipt_of_another_release(trial: Trial, pointer: Pointer) -> Pointer:
    """A receipt that is whole and passes, and was earned by another release."""
    folder = trial.top / "serving/releases" / pointer.release
    other = replace(read_release(folder.parent, pointer.release).manifest, abstention="I cannot say.")
    return replace(pointer, receipt=write_receipt(folder, receipt_for(other, baseline=None)))


def receipt_of_another_model(trial: Trial, pointer: Pointer) -> Pointer:
    folder = trial.top / "serving/releases" / pointer.release
    receipt = replace(read_receipt(folder, pointer.proof), model="0" * 64)
    return replace(pointer, receipt=write_receipt(folder, receipt))


def no_receipt(trial: Trial, pointer: Pointer) -> Pointer:
    return replace(pointer, receipt="0" * 64)


def no_release(trial: Trial, pointer: Pointer) -> Pointer:
    return replace(pointer, release="0" * 64)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (edited_manifest, "manifest.json is damaged"),
        (edited_prompt, "the release pins the prompt"),
        (edited_recipe, "the release pins the recipe"),
        (edited_receipt, "is damaged"),
        (failing_receipt, "its verdict is FAIL"),
        (receipt_of_another_release, "it is about the release"),
        (receipt_of_another_model, "another model identity never counts"),
        (no_receipt, "there is no receipt"),
        (no_release, "there is no release"),
    ],
)
def test_what_is_broken_or_unproven_is_held_back_and_the_old_release_serves(
    served: Served, trial: Trial, second: Pointer, damage: Damage, words: str
) -> None:
    broken = damage(trial, second)

    point(trial.top, broken)
    held = eventually_holds_back(served, words)

    assert (held["app"], held["release"]) == ("answers", broken.release)
    assert held["remedy"] and str(trial.top.parent) not in str(held), "callers need no path of the machine"
    assert served.ask().json()["answer"] == "I was told: one"


@pytest.mark.parametrize(
    "text", ["", "schema = 1\nrelea", "\x00\xff not TOML", 'schema = 2\nrelease = "a"\n']
)
def test_a_pointer_that_cannot_be_read_changes_nothing(served: Served, trial: Trial, text: str) -> None:
    file = channel_file(trial.top / "serving", "answers")
    whole = file.read_text()
    file.write_text(text, encoding="latin-1")

    held = eventually_holds_back(served, "production.toml")

    assert held["release"] is None and str(trial.top.parent) not in str(held)
    assert served.ask().json()["answer"] == "I was told: one"
    file.write_text(whole)
    eventually(lambda: held_back(served) == [], "nothing is held back")


def test_a_pointer_that_is_gone_changes_nothing_while_the_service_runs(served: Served, trial: Trial) -> None:
    channel_file(trial.top / "serving", "answers").unlink()

    eventually_holds_back(served, "no release of 'answers' is in production")

    assert served.ask().json()["answer"] == "I was told: one"


def test_a_release_whose_snapshot_comes_later_serves_by_itself(
    served: Served, trial: Trial, tmp_path: Path
) -> None:
    (trial.top / PUMPS).write_text("# Pumps\n\nPump 5 turns at noon.\n")
    later = released(trial.top)
    pinned = read_release(trial.top / "serving/releases", later.release).manifest.snapshot
    there, aside = trial.state / "snapshots" / pinned, tmp_path / pinned
    there.rename(aside)
    point(trial.top, later)

    held = eventually_holds_back(served, f"the snapshot {pinned[:12]!r} is not in")
    assert held["release"] == later.release
    assert "surefoot index build" in held["remedy"]
    assert served.ask().status_code == 200
    shutil.copytree(aside, trial.state / "snapshots/.arriving")
    (trial.state / "snapshots/.arriving").rename(there)
    eventually_serves(served, later)
    assert held_back(served) == []


def test_what_is_held_back_shows_in_status_metrics_the_page_and_once_in_the_log(
    served: Served, trial: Trial, first: Pointer, second: Pointer
) -> None:
    aside = trial.told({"SUREFOOT_SERVICE_PORT": served.url.rpartition(":")[2]})
    told_before = len(served.log.read_text())
    broken = failing_receipt(trial, second)
    point(trial.top, broken)
    eventually_holds_back(served, "its verdict is FAIL")

    status, whole = aside.said("status"), json.loads(aside.said("status", "--json"))
    metrics = httpx.get(served.url + "/metrics").text
    page = httpx.get(served.url + "/").text

    assert f"app answers: release {first.release} of production\n" in status
    assert f"production of answers: release {broken.release}, receipt {broken.proof[:12]}" in status
    assert "it does not serve" in status
    assert f"held back: answers: release {broken.release[:12]}: the receipt {broken.receipt}" in status
    (named,) = whole["production"]
    assert (named["release"], named["receipt"], named["serves"]) == (broken.release, broken.receipt, False)
    assert "its verdict is FAIL" in named["refused"]
    assert [held["release"] for held in whole["held_back"]] == [broken.release]
    assert f'surefoot_release_held_back{{app="answers",release="{broken.release[:12]}"}} 1.0' in metrics
    assert re.search(r'surefoot_release_info\{[^}]*channel="production"', metrics)
    assert "is held back" in page and "its verdict is FAIL" in page
    log = served.log.read_text()[told_before:]
    assert log.count("goes on with the release before: the receipt") == 1
