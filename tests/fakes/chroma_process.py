"""A real Chroma server, started as a process of its own over a folder."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAIT_SECONDS = 60.0


class ChromaProcess:
    """`chroma run` on a port of its own. Stopped and started again it has what it had."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [str(Path(sys.executable).with_name("chroma")), "run", "--host", "127.0.0.1"]
        with (self._folder / "chroma.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self._port), "--path", str(self._folder / "chroma")],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env={**os.environ, "ANONYMIZED_TELEMETRY": "False", "DO_NOT_TRACK": "1"},
            )
        deadline = time.monotonic() + WAIT_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self._folder / "chroma.log").read_text())
            time.sleep(0.02)

    def stop(self) -> None:
        """End it, if it runs."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(WAIT_SECONDS)
            self._process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/heartbeat", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def running_chroma(folder: Path) -> Iterator[ChromaProcess]:
    """One that answers, until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    process = ChromaProcess(folder)
    process.start()
    try:
        yield process
    finally:
        process.stop()
