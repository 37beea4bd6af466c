"""The service serves what production names, proven, and follows it while requests run."""

import json
import signal
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import httpx
import pytest
from tests.cli.trial_project import QUESTION, Served, Trial, eventually
from tests.cli.trial_release import point, reword
from tests.wiring.following import echo_the_rules, eventually_serves, failing_receipt, standing

from surefoot.records import Message
from surefoot.releases import Pointer
from surefoot.releases.channels import channel_file
from surefoot.releases.receipts import receipt_file
from surefoot.releases.signatures import new_key, sign, write_signature
from surefoot.releases.trust import key_text

CLIENTS = 8


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
    served: Served, trial: Trial, first: Pointer, second: Pointer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial.chat, "answer", slowly(echo_the_rules))
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


def slowly(answer: Callable[[Sequence[Message]], str]) -> Callable[[Sequence[Message]], str]:
    """The same answer, a moment later, so that requests are under way when the release changes."""

    def wait(messages: Sequence[Message]) -> str:
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


def test_status_names_the_proof_of_what_serves(served: Served, trial: Trial, first: Pointer) -> None:
    aside = trial.told({"SUREFOOT_SERVICE_PORT": served.url.rpartition(":")[2]})

    status, whole = aside.said("status"), json.loads(aside.said("status", "--json"))

    words = f"production of answers: release {first.release}, receipt {first.proof[:12]} (founding), "
    assert words in status
    assert "; it serves\n" in status
    (named,) = whole["production"]
    assert (named["kind"], named["serves"], named["refused"]) == ("founding", True, None)
    assert whole["unproven"] == []


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


def test_where_a_trust_file_lists_keys_only_a_signed_receipt_serves(
    trial: Trial, first: Pointer, tmp_path: Path
) -> None:
    key = new_key(tmp_path / "ci.key")
    (tmp_path / "trust.toml").write_text(f'schema = 1\n[keys]\nci = "{key_text(key)}"\n')
    trusting = trial.told({"SUREFOOT_TRUST_FILE": str(tmp_path / "trust.toml")})
    receipt = receipt_file(trial.top / "serving" / "releases" / first.release, first.proof)
    with trusting.serving() as service:
        service.eventually_misses("it has no signature")
        write_signature(receipt, sign(receipt.read_bytes(), tmp_path / "ci.key"))
        service.eventually_ready()


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
