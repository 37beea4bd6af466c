"""A promotion while some dozens of requests run drops none; each ends on the release it began with."""

import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from tests.cli.trial_project import LONGEST_SECONDS, QUESTION, Served, Trial, eventually
from tests.cli.trial_release import point
from tests.wiring.following import eventually_serves

from surefoot.releases import Pointer

CLIENTS = 24
SAID = {"one": "I was told: one", "two": "I was told: two"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a streamed answer."""

    name: str
    fields: dict[str, object]


def events(reply: httpx.Response) -> Iterator[Event]:
    name = ""
    for line in reply.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield Event(name=name, fields=json.loads(line.removeprefix("data: ")))


class Streaming(threading.Thread):
    """A client that streams one answer after another; keeps what each said, and what went wrong."""

    def __init__(self, url: str, stop: threading.Event) -> None:
        super().__init__()
        self._url, self._stop_asking = url, stop
        self.seen: list[tuple[str, str]] = []
        self.wrong: list[str] = []

    def run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=LONGEST_SECONDS) as client:
            while not self._stop_asking.is_set():
                try:
                    self.seen.append(streamed(client))
                except (httpx.HTTPError, ValueError) as error:
                    self.wrong.append(repr(error))

    def began_anew(self, release: str) -> bool:
        """Whether its latest answer is by this release."""
        return bool(self.seen) and self.seen[-1][0] == release


def streamed(client: httpx.Client) -> tuple[str, str]:
    """The release that a streamed answer names, and its text as the pieces gave it."""
    with client.stream("POST", "/v1/answers", json={"question": QUESTION, "stream": True}) as reply:
        reply.raise_for_status()
        return whole(list(events(reply)))


def whole(several: list[Event]) -> tuple[str, str]:
    if not several or several[-1].name != "answer":
        raise ValueError(f"the stream ends with {several[-1:]}")
    text = "".join(str(one.fields["text"]) for one in several if one.name == "delta")
    return str(several[-1].fields["release"]), text


def eventually_all_by(clients: list[Streaming], release: str) -> None:
    eventually(
        lambda: all(client.began_anew(release) for client in clients), f"all are answered by {release}"
    )


def test_an_answer_that_streams_across_a_promotion_and_a_rollback_ends_on_the_release_it_began_with(
    trial: Trial, first: Pointer, second: Pointer
) -> None:
    with trial.told({"SUREFOOT_SERVICE_MOST_WAITING": "100"}).serving() as served:
        served.eventually_ready()
        eventually_serves(served, first)
        across_both(trial, served, first, second)


def across_both(trial: Trial, served: Served, first: Pointer, second: Pointer) -> None:
    stop = threading.Event()
    clients = [Streaming(served.url, stop) for _ in range(CLIENTS)]
    held = trial.chat.hold("second token", once=True)
    with (
        httpx.Client(base_url=served.url, timeout=LONGEST_SECONDS) as client,
        client.stream("POST", "/v1/answers", json={"question": QUESTION, "stream": True}) as reply,
    ):
        slow = events(reply)
        seen = [next(slow), next(slow)]
        assert held.wait_reached() and [one.name for one in seen] == ["passages", "delta"]
        for each in clients:
            each.start()
        try:
            for pointer in (first, second, first):
                point(trial.top, pointer)
                eventually_serves(served, pointer)
                eventually_all_by(clients, pointer.release)
        finally:
            stop.set()
            for each in clients:
                each.join()
            held.release()
        seen.extend(slow)

    assert whole(seen) == (first.release, SAID["one"])
    assert [each.wrong for each in clients] == [[]] * CLIENTS
    answers = [one for each in clients for one in each.seen]
    assert {*answers} == {(first.release, SAID["one"]), (second.release, SAID["two"])}
    assert len(answers) >= 3 * CLIENTS
    for each in clients:
        assert changes([release for release, _ in each.seen]) == 2, "a release that was left came back"
    assert httpx.get(served.url + "/v1/releases").json()["releases"][0]["release"] == first.release


def changes(releases: list[str]) -> int:
    return sum(before != after for before, after in itertools.pairwise(releases))
