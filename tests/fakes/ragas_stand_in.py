"""Stands in for `ragas_worker.py`: the worker loads it in a blink, and it misbehaves on demand.

The question says how, or else the response: "value 0.5", "print", "hang" ...
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from surefoot.evals.secluded_worker import Arguments, JudgeLine, Request

HANGING: list[str] = []
CALLED_OFF: list[str] = []


def version() -> str:
    return "stand-in"


def words_for(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def make_metrics(
    judge: "JudgeLine | None", seconds: float, current: "Callable[[], Request]"
) -> "Mapping[str, Callable[[Arguments], Awaitable[float]]]":
    async def act(asked: "Arguments") -> float:
        what, _, detail = (asked.get("user_input") or asked["response"]).partition(" ")
        if what == "vector":
            return sum((await current().vectors([detail]))[0])
        if what == "hang":
            HANGING.append(detail)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                CALLED_OFF.append(detail)
                raise
        return ACTS[what](detail)

    names = ("ragas_answer_relevancy", "ragas_semantic_similarity")
    return dict.fromkeys(names, act)


def _print(detail: str) -> float:
    sys.stdout.write("a vendor says hello\n")
    os.write(1, b'{"id": 1, "value": 0.99}\n')
    return float(len(sys.stdin.read()))


def _length(detail: str) -> float:
    return float(len(detail))


def _die(detail: str) -> float:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0.0


def _block(detail: str) -> float:
    threading.Event().wait()
    return 0.0


def _babble(detail: str) -> float:
    """Write nonsense into every pipe there is, the protocol's own among them."""
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"no JSON at all\n")
        except OSError:
            continue
    return 0.0


def _connect(detail: str) -> float:
    host, _, port = detail.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=5):
        return 1.0


def _run(detail: str) -> float:
    subprocess.run([sys.executable, "-c", ""], check=True)
    return 1.0


def _environment(detail: str) -> float:
    raise RuntimeError(" ".join(sorted(os.environ)))


def _key(detail: str) -> float:
    raise RuntimeError(f"refused the key {os.environ['SUREFOOT_RAGAS_JUDGE_KEY']}")


def _called_off(detail: str) -> float:
    return float(detail in CALLED_OFF)


def _hanging(detail: str) -> float:
    return len(HANGING) / 10


def _folder(detail: str) -> float:
    raise RuntimeError(f"{Path.cwd()} {os.getpid()}")


ACTS: Mapping[str, Callable[[str], float]] = {
    "value": float,
    "print": _print,
    "length": _length,
    "die": _die,
    "block": _block,
    "babble": _babble,
    "connect": _connect,
    "run": _run,
    "environment": _environment,
    "key": _key,
    "called-off": _called_off,
    "folder": _folder,
    "hanging": _hanging,
}
