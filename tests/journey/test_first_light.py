"""From a fresh state to a cited answer by a real model, and through everything that may break on the way."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

import httpx
import numpy as np
import psutil
import pytest

from .conftest import TOP, House, eventually

pytestmark = [pytest.mark.journey, pytest.mark.timeout(1800)]

FLUSH_SECONDS = 0.25  # the default of traces.flush_seconds
QUESTION = "At what temperature does valve 3 open?"


@pytest.fixture(autouse=True)
def standing_house(house: House) -> None:
    """Each test begins with everything running, whatever the one before it left."""
    if not house.ready():
        house.surefoot("up", "--question", QUESTION)


def events_of(house: House, question: str) -> list[tuple[str, dict[str, object]]]:
    """Every event of a streamed answer, in order."""
    found: list[tuple[str, dict[str, object]]] = []
    with httpx.stream(
        "POST", house.url + "/v1/answers", json={"question": question, "stream": True}, timeout=600
    ) as reply:
        name = ""
        for line in reply.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                found.append((name, json.loads(line.removeprefix("data: "))))
    return found


def turn_rows_around(weights: Path, named: str) -> None:
    """Make other weights of the same shape: the rows of every tensor of that name, last first."""
    content = np.memmap(weights, dtype=np.uint8, mode="r+")
    length = int.from_bytes(content[:8].tobytes(), "little")
    for name, tensor in json.loads(content[8 : 8 + length].tobytes()).items():
        if name.endswith(named):
            start, end = (8 + length + offset for offset in tensor["data_offsets"])
            rows = content[start:end].reshape(tensor["shape"][0], -1)
            rows[:] = rows[::-1].copy()
    content.flush()


def test_a_question_is_answered_with_a_valid_citation(house: House) -> None:
    answer = house.ask(QUESTION)

    citations = cast(list[dict[str, object]], answer["citations"])
    assert "33" in str(answer["answer"])
    assert citations, f"nothing is cited in {answer['answer']!r}"
    assert citations[0]["source"] == "valves.md"
    assert cast(dict[str, object], answer["scores"])["citations_valid"] == 1.0


def test_a_streamed_answer_is_in_trace_metrics_and_page(house: House) -> None:
    events = events_of(house, "Where are the spare seals for valve 3 kept?")

    names = [name for name, _ in events]
    answer = events[-1][1]
    assert names[0] == "passages"
    assert names[-1] == "answer"
    assert names.count("delta") > 1
    streamed = "".join(str(fields["text"]) for name, fields in events if name == "delta")
    assert streamed == answer["answer"]

    shown = house.surefoot("trace", "show", str(answer["id"])).stdout
    release = str(answer["release"])
    assert release in shown
    assert release[:12] in httpx.get(house.url + "/metrics").text
    page = httpx.get(house.url + "/").text
    assert str(answer["id"]) in page
    assert release[:12] in page


def test_the_second_up_changes_nothing(house: House) -> None:
    before = (house.process("vllm"), house.process("service"))

    house.surefoot("up", "--question", QUESTION)

    assert (house.process("vllm"), house.process("service")) == before


def test_a_model_killed_in_mid_answer_is_an_error_in_the_stream_and_the_service_recovers(
    house: House,
) -> None:
    model = house.process("vllm")
    with httpx.stream(
        "POST",
        house.url + "/v1/answers",
        json={"question": "Tell in full sentences everything a keeper does.", "stream": True},
        timeout=600,
    ) as reply:
        lines = reply.iter_lines()
        while not next(lines).startswith("event: delta"):
            pass
        os.killpg(model, signal.SIGKILL)
        rest = list(lines)

    assert "event: error" in rest
    assert not [line for line in rest if line.startswith("event: answer")]
    listed = house.surefoot("trace", "list", "--only", "failed").stdout
    assert "ModelUnreachableError" in listed or "ModelError" in listed
    eventually(lambda: "model" in house.not_ready(), seconds=30, what="not ready without its model")

    house.surefoot("up", "--question", QUESTION)

    assert house.ready()
    assert house.ask(QUESTION)["citations"]


def test_other_weights_behind_the_same_name_are_not_ready(house: House, tmp_path: Path) -> None:
    model = psutil.Process(house.process("vllm"))
    command, environment = model.cmdline(), model.environ()
    at = command.index("--model") + 1
    other = tmp_path / "other"
    shutil.copytree(command[at], other)
    for weights in other.glob("*.safetensors"):
        weights.chmod(0o644)
        turn_rows_around(weights, "mlp.down_proj.weight")
    command[at] = str(other)
    os.killpg(model.pid, signal.SIGKILL)
    eventually(lambda: "model" in house.not_ready(), seconds=30, what="not ready without its model")

    with (tmp_path / "log").open("wb") as log:
        impostor = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True, cwd=TOP
        )
    try:
        eventually(
            lambda: "fingerprint" in house.not_ready().lower(),
            seconds=300,
            what="not ready, with the difference named",
        )
        refused = httpx.post(house.url + "/v1/answers", json={"question": QUESTION}, timeout=60)
        assert refused.status_code == 503
    finally:
        os.killpg(impostor.pid, signal.SIGKILL)
        impostor.wait()

    house.surefoot("up", "--question", QUESTION)
    assert house.ready()


def test_a_killed_service_loses_no_trace_older_than_the_flush_interval(house: House) -> None:
    answered = str(house.ask(QUESTION)["id"])
    answered_at = time.monotonic()
    eventually(
        lambda: time.monotonic() - answered_at > 2 * FLUSH_SECONDS, seconds=5, what="older than the interval"
    )

    os.kill(house.process("service"), signal.SIGKILL)
    house.surefoot("up", "--question", QUESTION)

    assert house.surefoot("trace", "show", answered).returncode == 0
    assert house.ready()


def test_an_indexer_killed_half_way_leaves_the_old_snapshot_serving(house: House, tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    shutil.copytree(TOP / "tests" / "journey" / "documents", documents)
    for number in range(400):
        text = f"# Leaflet {number}\n\n" + f"Gauge {number} reads {number * 7} millibar on a calm day. " * 15
        (documents / f"leaflet-{number}.md").write_text(text)
    environment = {**house.environment, "SUREFOOT_DOCS": str(documents)}
    build = [sys.executable, "-m", "surefoot", "index", "build"]
    listed = house.surefoot("index", "list").stdout

    with subprocess.Popen(
        build, cwd=TOP, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as indexer:
        assert indexer.stderr is not None
        for line in indexer.stderr:
            if re.search(r"embed", line):
                break
        os.killpg(indexer.pid, signal.SIGKILL)

    assert house.surefoot("index", "list").stdout == listed
    assert house.ask(QUESTION)["citations"]
    again = subprocess.run(build, cwd=TOP, env=environment, capture_output=True, text=True, timeout=300)
    assert again.returncode == 0, again.stderr
    assert house.surefoot("index", "list").stdout != listed


def test_nothing_phones_home(house: House, tmp_path: Path) -> None:
    assert house.refusals.read_text() == ""
    if "SUREFOOT_TEST_ALONE" in os.environ:
        devices = Path("/proc/net/dev").read_text().splitlines()[2:]
        assert [device.split(":")[0].strip() for device in devices] == ["lo"]
    # The hook does refuse, and does tell: an attempt on purpose, stopped before anything is sent.
    attempts = tmp_path / "attempts"
    environment = {**house.environment, "SUREFOOT_TEST_REFUSALS": str(attempts)}
    tries = [sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 9))"]
    assert subprocess.run(tries, env=environment, capture_output=True).returncode != 0
    assert "192.0.2.1" in attempts.read_text()


def test_down_stops_what_up_started_and_nothing_else(house: House) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    pids = (house.process("vllm"), house.process("service"))

    house.surefoot("down")

    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert bystander.poll() is None
    bystander.communicate(b"\n")
