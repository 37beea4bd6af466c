"""The real thing on this machine: vLLM, an index and the service, with nothing outside in reach.

`make journey` runs all of it in a network namespace that has loopback alone. The audit hook of
`refuse_outside` names what a Python process of surefoot's own tries all the same.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

TOP = Path(__file__).parents[2]
HERE = Path(__file__).parent


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def eventually(holds: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Wait until a condition holds, looking again as soon as looking is cheap."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} seconds still not: {what}")
        time.sleep(0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One running surefoot of the journey, its state in a folder of its own."""

    state: Path
    environment: Mapping[str, str]
    url: str
    refusals: Path

    def surefoot(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command as a person would; its output is shown when the test fails."""
        done = subprocess.run(
            [sys.executable, "-m", "surefoot", *words],
            cwd=TOP,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=900,
        )
        sys.stdout.write(f"$ surefoot {' '.join(words)}\n{done.stdout}{done.stderr}")
        assert not check or done.returncode == 0, f"surefoot {words} ended with {done.returncode}"
        return done

    def process(self, name: str) -> int:
        """The pid of a process that `surefoot up` started: `vllm` or `service`."""
        pid: int = json.loads((self.state / "run" / f"{name}.json").read_text())["pid"]
        return pid

    def ready(self) -> bool:
        """Whether the service says that it is ready."""
        try:
            return httpx.get(self.url + "/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def not_ready(self) -> str:
        """What /readyz says is missing; empty when nothing is."""
        reply = httpx.get(self.url + "/readyz")
        return "" if reply.status_code == 200 else reply.text

    def ask(self, question: str) -> dict[str, object]:
        """The whole answer to a question."""
        reply = httpx.post(self.url + "/v1/answers", json={"question": question}, timeout=600)
        assert reply.status_code == 200, reply.text
        fields: dict[str, object] = reply.json()
        return fields


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Everything started with the network refused; `make journey` fetched the weights before."""
    folder = tmp_path_factory.mktemp("journey")
    refusals = folder / "refusals"
    refusals.touch()
    port = free_port()
    environment = {
        **os.environ,
        "SUREFOOT_FOLDERS_STATE": str(folder / "state"),
        "SUREFOOT_SERVICE_PORT": str(port),
        "SUREFOOT_CHAT_PORT": str(free_port()),
        "SUREFOOT_CHAT_ALIAS": "small",
        "SUREFOOT_DOCS": str(HERE / "documents"),
    }
    closed = {
        **environment,
        "PYTHONPATH": str(HERE / "refuse_outside"),
        "SUREFOOT_TEST_REFUSALS": str(refusals),
    }
    closed_house = House(
        state=folder / "state", environment=closed, url=f"http://127.0.0.1:{port}", refusals=refusals
    )
    try:
        closed_house.surefoot("up", "--question", "At what temperature does valve 3 open?")
        yield closed_house
    finally:
        closed_house.surefoot("down", check=False)
