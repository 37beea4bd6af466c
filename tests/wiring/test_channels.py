"""The service serves what production names, proven, and follows it while requests run."""

import json
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import pytest
from tests.cli.trial_project import QUESTION, Served, Trial, eventually, trial_project
from tests.cli.trial_release import point, promoted, released, reword
from tests.releases.examples import receipt_for

from surefoot.records import Message
from surefoot.releases import Pointer, read_receipt, read_release, write_receipt
from surefoot.releases.channels import channel_file

CLIENTS = 8
PUMPS = "papers/pumps.md"


def echo_the_rules(messages: "list[Message]") -> str:
    """The model says which prompt it was shown: the word after 'Told:' in its system message."""
    (word,) = re.findall(r"Told: (\w+)", messages[0].content)
    return f"I was told: {word}"


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with trial_project(tmp_path_factory.mktemp("channels")) as project:
        project.chat.answer = lambda messages: echo_the_rules([*messages])
        yield project


@pytest.fixture
def first(trial: Trial) -> Pointer:
    """What is in production at first; its prompt says 'one'. What other tests left is gone."""
    for made in ("channels", "releases"):
        shutil.rmtree(trial.top / "serving" / made, ignore_errors=True)
    (trial.top / PUMPS).unlink(missing_ok=True)
    reword(trial.top, "Told: one")
    return promoted(trial.top)


@pytest.fixture
def second(trial: Trial, first: Pointer) -> Pointer:
    """A release that no channel names yet, over the same snapshot; its prompt says 'two'."""
    reword(trial.top, "Told: two")
    return released(trial.top)


@pytest.fixture(scope="module")
def running(trial: Trial) -> Iterator[Served]:
    trial.said("index", "build")
    with trial.serving() as service:
        yield service


@pytest.fixture
def served(running: Served, first: Pointer) -> Served:
    """The one service of these tests, back at the first release."""
    eventually_serves(running, first)
    running.eventually_ready()
    eventually(lambda: held_back(running) == [], "nothing is held back")
    return running


def standing(served: Served) -> dict[str, object]:
    """What /v1/models says of the app."""
    (app,) = httpx.get(served.url + "/v1/models").json()["data"]
    fields: dict[str, object] = app["surefoot"]
    return fields


def eventually_serves(served: Served, pointer: Pointer) -> None:
    eventually(lambda: standing(served).get("release") == pointer.release, f"{pointer.release} serves")


def held_back(served: Served) -> list[dict[str, str]]:
    reply = httpx.get(served.url + "/readyz")
    assert reply.status_code == 200, reply.text
    held: list[dict[str, str]] = reply.json()["held_back"]
    return held


def eventually_holds_back(served: Served, words: str) -> dict[str, str]:
    eventually(lambda: any(words in held["reason"] for held in held_back(served)), f"held back: {words!r}")
    (held,) = held_back(served)
    return held


class Asking(threading.Thread):
    """A client that asks without pause, and keeps every release with what the model had been shown."""

    def __init__(self, url: str, stop: threading.Event) -> None:
        super().__init__()
        self._url, self._stop_asking = url, stop
        self.seen: list[tuple[int, str, str]] = []

    def run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=60) as client:
            while not self._stop_asking.is_set():
                reply = client.post("/v1/answers", json={"question": QUESTION})
                fields = reply.json() if reply.status_code == 200 else {}
                self.seen.append((reply.status_code, fields.get("release", ""), fields.get("answer", "")))


def test_promotion_and_rollback_fail_no_request_and_each_names_the_release_that_answered(
    served: Served, trial: Trial, first: Pointer, second: Pointer
) -> None:
    trial.chat.answer = slowly(lambda messages: echo_the_rules([*messages]))
    stop = threading.Event()
    clients = [Asking(served.url, stop) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        for pointer in (second, first, second, first, second):
            point(trial.top, pointer)
            eventually_serves(served, pointer)
            answered = sum(len(client.seen) for client in clients) + 2 * CLIENTS
            eventually(partial(all_answered, clients, answered), "every client is answered by it")
    finally:
        stop.set()
        for client in clients:
            client.join()

    seen = [one for client in clients for one in client.seen]
    assert {status for status, _, _ in seen} == {200}
    assert {(release, answer) for _, release, answer in seen} == {
        (first.release, "I was told: one"),
        (second.release, "I was told: two"),
    }


def all_answered(clients: "list[Asking]", answered: int) -> bool:
    return sum(len(client.seen) for client in clients) > answered


def slowly(answer: Callable[..., str]) -> Callable[..., str]:
    """The same answer, a moment later, so that requests are under way when the release changes."""

    def wait(messages: object) -> str:
        time.sleep(0.005)
        return answer(messages)

    return wait


def test_an_edited_prompt_of_the_working_tree_serves_no_one(served: Served, trial: Trial) -> None:
    reword(trial.top, "Told: edited")

    assert served.ask().json()["answer"] == "I was told: one"


def test_the_standing_names_channel_and_receipt(served: Served, first: Pointer) -> None:
    said = standing(served)

    assert said["channel"] == "production"
    assert (said["release"], said["receipt"], said["proven"]) == (first.release, first.receipt, True)


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


def failing_receipt(trial: Trial, pointer: Pointer) -> Pointer:
    """A receipt that is whole and says FAIL."""
    folder = trial.top / "serving/releases" / pointer.release
    receipt = read_receipt(folder, pointer.receipt)
    failed = replace(receipt, verdict=replace(receipt.verdict, outcome="FAIL"))
    return replace(pointer, receipt=write_receipt(folder, failed))


def receipt_of_another_release(trial: Trial, pointer: Pointer) -> Pointer:
    """A receipt that is whole and passes, and was earned by another release."""
    folder = trial.top / "serving/releases" / pointer.release
    other = replace(read_release(folder.parent, pointer.release).manifest, abstention="I cannot say.")
    return replace(pointer, receipt=write_receipt(folder, receipt_for(other, baseline=None)))


def receipt_of_another_model(trial: Trial, pointer: Pointer) -> Pointer:
    folder = trial.top / "serving/releases" / pointer.release
    receipt = replace(read_receipt(folder, pointer.receipt), model="0" * 64)
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
    assert held["remedy"]
    assert served.ask().json()["answer"] == "I was told: one"


def test_a_service_does_not_start_on_what_is_unproven_and_says_what_to_do(
    trial: Trial, second: Pointer
) -> None:
    point(trial.top, failing_receipt(trial, second))
    with trial.serving() as service:
        service.eventually_misses("its verdict is FAIL")
        refused = service.ask()

    assert refused.status_code == 503
    assert refused.json()["error"]["kind"] == "RefusedError"
    assert "gate it again" in refused.json()["error"]["remedy"]


@pytest.mark.parametrize(
    "text", ["", "schema = 1\nrelea", "\x00\xff not TOML", 'schema = 2\nrelease = "a"\n']
)
def test_a_pointer_that_cannot_be_read_changes_nothing(served: Served, trial: Trial, text: str) -> None:
    file = channel_file(trial.top / "serving", "answers")
    whole = file.read_text()
    file.write_text(text, encoding="latin-1")

    held = eventually_holds_back(served, "production.toml")

    assert held["release"] is None
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

    assert f"app answers: release {first.release} of the production\n" in status
    assert f"production of answers: release {broken.release}, receipt {broken.receipt[:12]}" in status
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


def test_status_names_the_proof_of_what_serves(served: Served, trial: Trial, first: Pointer) -> None:
    aside = trial.told({"SUREFOOT_SERVICE_PORT": served.url.rpartition(":")[2]})

    status, whole = aside.said("status"), json.loads(aside.said("status", "--json"))

    words = f"production of answers: release {first.release}, receipt {first.receipt[:12]} (founding), "
    assert words in status
    assert "; it serves\n" in status
    (named,) = whole["production"]
    assert (named["kind"], named["serves"], named["refused"]) == ("founding", True, None)
    assert whole["unproven"] == []


def test_a_killed_service_starts_again_on_what_production_names(
    trial: Trial, first: Pointer, second: Pointer
) -> None:
    with pytest.raises(AssertionError, match="surefoot listens on"), trial.serving() as killed:
        killed.eventually_ready()
        point(trial.top, second)
        eventually_serves(killed, second)
        killed.send(signal.SIGKILL)
    reword(trial.top, "Told: three")

    with trial.serving() as again:
        again.eventually_ready()
        assert again.ask().json()["answer"] == "I was told: two"


def test_without_a_release_no_app_is_open_and_the_ways_on_are_named(trial: Trial, first: Pointer) -> None:
    channel_file(trial.top / "serving", "answers").unlink()
    with trial.serving() as service:
        service.eventually_misses("no release of 'answers' is in production yet")
        refused = service.ask()
        said = json.loads(service.not_ready())["missing"][0]["remedy"]

    assert refused.status_code == 503
    for way in ("gate run --against founding", "release promote", "SUREFOOT_SERVICE_UNPROVEN=true"):
        assert way in said


def test_an_unproven_service_serves_the_working_tree_and_says_so_everywhere(
    trial: Trial, first: Pointer
) -> None:
    reword(trial.top, "Told: unproven")
    bold = trial.told({"SUREFOOT_SERVICE_UNPROVEN": "true"})
    with bold.serving() as service:
        service.eventually_ready()
        answer, said = service.ask().json(), standing(service)
        page = httpx.get(service.url + "/").text
        status = bold.told({"SUREFOOT_SERVICE_PORT": service.url.rpartition(":")[2]}).said("status")
        log = service.log.read_text()

    assert answer["answer"] == "I was told: unproven"
    assert answer["release"] != first.release
    assert (said["channel"], said["proven"], said["receipt"]) == ("working tree", False, None)
    assert "Unproven: what answers here is the working tree" in page
    assert "of the working tree, unproven: no receipt covers it" in status
    assert "unproven: this service answers from the working tree" in log


def test_a_folder_of_ones_own_is_answered_over_unproven(trial: Trial, first: Pointer, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n\nPump 5 turns at noon.\n")
    own = trial.told({"SUREFOOT_DOCS": str(tmp_path)})
    own.said("index", "build")
    with own.serving() as service:
        service.eventually_ready()
        said = standing(service)

    assert (said["channel"], said["proven"]) == ("working tree", False)


def test_a_release_of_another_model_is_refused_and_both_are_named(trial: Trial, first: Pointer) -> None:
    trial.chat.names = ("trial-chat", "other-model")
    other = trial.told({"SUREFOOT_CHAT_MODEL": "other-model"})
    with other.serving() as service:
        service.eventually_misses("pins the model 'chat'")
        said = json.loads(service.not_ready())["missing"][0]

    assert "this deployment serves 'other-model', declared by chat.model" in said["reason"]
    for way in ("unset chat.model", "gate run", "SUREFOOT_SERVICE_UNPROVEN=true"):
        assert way in said["remedy"]
