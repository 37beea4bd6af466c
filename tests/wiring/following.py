"""A service that follows production, as tests look at it from outside."""

import re
from collections.abc import Sequence
from dataclasses import replace

import httpx
from tests.cli.trial_project import Served, Trial, eventually

from surefoot.records import Message
from surefoot.releases import Pointer, read_receipt, write_receipt

PUMPS = "papers/pumps.md"


def echo_the_rules(messages: Sequence[Message]) -> str:
    """The model says which prompt it was shown: the word after 'Told:' in its system message."""
    (word,) = re.findall(r"Told: (\w+)", messages[0].content)
    return f"I was told: {word}"


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


def failing_receipt(trial: Trial, pointer: Pointer) -> Pointer:
    """A receipt that is whole and says FAIL."""
    folder = trial.top / "serving/releases" / pointer.release
    receipt = read_receipt(folder, pointer.proof)
    failed = replace(receipt, verdict=replace(receipt.verdict, outcome="FAIL"))
    return replace(pointer, receipt=write_receipt(folder, failed))
