"""What callers see: clients that never stop asking, and the replica that is behind the address just now."""

import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import httpx
from tests.cli.trial_project import LONGEST_SECONDS, Served, Trial, eventually

CLIENTS = 3
# The machine has builds to do as well.
PAUSE_SECONDS = 0.15
READ_ONLY = """
mount --bind "$0" "$0"
mount --bind "$0/snapshots" "$0/snapshots"
mount -o remount,bind,ro "$0/snapshots"
mount -o remount,bind,ro /
exec "$@"
"""


class ReadOnlyTrial(Trial):
    """A project whose service may write to its state directory alone, and not to the snapshots in it."""

    def command(self, *words: str) -> list[str]:
        """The command line of `surefoot`; `serve` runs in a mount namespace of its own."""
        plain = super().command(*words)
        if words[0] != "serve":
            return plain
        return ["unshare", "--mount", "sh", "-ec", READ_ONLY, str(self.state), *plain]


def mounts_may_be_made() -> bool:
    """Whether this user may make a namespace of mounts, and a read-only root in it."""
    tried = ("unshare", "--mount", "mount", "-o", "remount,bind,ro", "/")
    try:
        return subprocess.run(tried, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


class Client(threading.Thread):
    """Asks one question after the other of whatever replica is in front; keeps what failed."""

    def __init__(self, front: "Front") -> None:
        super().__init__(daemon=True)
        self._front = front
        self.url = ""
        self.asked = 0
        self.failed: list[str] = []

    def run(self) -> None:
        while not self._front.closing.is_set():
            self.url = self._front.url
            with httpx.Client(base_url=self.url, timeout=LONGEST_SECONDS) as client:
                while self.url == self._front.url and not self._front.closing.is_set():
                    self._ask(client)
                    self._front.closing.wait(PAUSE_SECONDS)

    def _ask(self, client: httpx.Client) -> None:
        self.asked += 1
        try:
            reply = client.post("/v1/answers", json={"question": self._front.question})
            if reply.status_code != 200:
                self.failed.append(f"{reply.status_code} {reply.text[:300]}")
        except httpx.HTTPError as error:
            self.failed.append(repr(error))


class Front:
    """The one address of the service: a replica, replaced by another where its settings change."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._replica = ExitStack()
        self.closing = threading.Event()
        self.url = ""
        self.question = "What is the word of nothing?"
        self.clients = [Client(self) for _ in range(CLIENTS)]

    @property
    def asked(self) -> int:
        """Requests so far."""
        return sum(client.asked for client in self.clients)

    @property
    def failed(self) -> list[str]:
        """Requests that failed, each in words."""
        return [words for client in self.clients for words in client.failed]

    @contextmanager
    def open(self, variables: Mapping[str, str]) -> Iterator["Front"]:
        """Clients ask until the end of the block."""
        self.replace(variables)
        for client in self.clients:
            client.start()
        try:
            yield self
        finally:
            self.closing.set()
            for client in self.clients:
                client.join()
            self._replica.close()

    def replace(self, variables: Mapping[str, str]) -> None:
        """Start a replica with these settings, let every client go over to it, and end the one before."""
        starting = ExitStack()
        served: Served = starting.enter_context(self._trial.told(variables).serving())
        served.eventually_ready()
        self.url, before, self._replica = served.url, self._replica, starting
        moved: Callable[[], bool] = lambda: all(  # noqa: E731 - it reads as the sentence it is
            client.url == self.url for client in self.clients if client.is_alive()
        )
        eventually(moved, "every client asks the new replica")
        before.close()
