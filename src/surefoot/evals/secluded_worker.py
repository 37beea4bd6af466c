"""The worker's side of the wall, run by another Python: `python -I secluded_worker.py SCRIPT`.

SCRIPT is a file with the functions of `Vendor`. It is loaded when its surroundings are shut: what it prints
goes to standard error, what it asks standard input is nothing, and no connection leaves but to the judge.
Both ways one JSON object to a line:

    <-  {"judge": {"url": ..., "model": ...} or null, "timeout_seconds": 60}    the first line
     -> {"ready": "0.4.3"}                                                      the vendor's version
    <-  {"id": 7, "metric": "ragas_faithfulness", "args": {...}, "vectors": {text: [...]}}
     -> {"id": 7, "need_vectors": [text]}                                       texts that the judge made up
    <-  {"id": 7, "vectors": {text: [...]}}
    <-  {"id": 7, "cancel": true}                                               then no reply comes
     -> {"id": 7, "value": 0.5, "calls": 2, "prompt_tokens": 900, "output_tokens": 80}
     -> {"id": 7, "error": {"kind": ..., "message": ...}, "calls": ...}

The judge's key is in the variable KEY_VARIABLE and nowhere else. The worker ends when its input does. Nothing
of surefoot is imported here: Python's own library is all it needs.
"""

import asyncio
import importlib.util
import json
import math
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO, Protocol, TypedDict, cast
from urllib.parse import urlsplit

KEY_VARIABLE = "SUREFOOT_RAGAS_JUDGE_KEY"
MOST_LINE_BYTES = 64 << 20
LONGEST_MESSAGE = 300
TELEMETRY_OFF = {
    "RAGAS_DO_NOT_TRACK": "true",
    "DO_NOT_TRACK": "1",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
STARTS_A_PROGRAM = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"})


class JudgeLine(TypedDict):
    """Where the judge is, and what it is called there."""

    url: str
    model: str


class Options(TypedDict):
    """The first line."""

    judge: JudgeLine | None
    timeout_seconds: float


class Arguments(TypedDict, total=False):
    """What a metric is computed from, in ragas's words."""

    user_input: str
    response: str
    reference: str
    retrieved_contexts: list[str]
    retrieved_context_ids: list[str]
    reference_context_ids: list[str]


class Line(TypedDict, total=False):
    """A line from the parent after the first."""

    id: int
    metric: str
    args: Arguments
    vectors: dict[str, list[float]]
    cancel: bool


Say = Callable[[Mapping[str, object]], None]
Compute = Callable[[Arguments], Awaitable[float]]


class Request:
    """One score in the making: the vectors of its texts, and what it asked of the judge."""

    def __init__(self, number: int, vectors: Mapping[str, list[float]], say: Say) -> None:
        self.number = number
        self.calls = self.prompt_tokens = self.output_tokens = 0
        self._vectors = dict(vectors)
        self._say = say
        self._more = asyncio.Event()

    def vector(self, text: str) -> list[float]:
        """The vector of a text that came with the request."""
        if text not in self._vectors:
            raise LookupError("no vector came for a text")
        return self._vectors[text]

    async def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """The vectors of any texts: the parent is asked for those that are not here."""
        if missing := [text for text in texts if text not in self._vectors]:
            self._more.clear()
            self._say({"id": self.number, "need_vectors": missing})
            await self._more.wait()
        return [self.vector(text) for text in texts]

    def take(self, vectors: Mapping[str, list[float]]) -> None:
        """What the parent sent."""
        self._vectors.update(vectors)
        self._more.set()

    @property
    def spent(self) -> dict[str, object]:
        """What goes with every reply."""
        tokens = {"prompt_tokens": self.prompt_tokens, "output_tokens": self.output_tokens}
        return {"calls": self.calls, **tokens}


class Vendor(Protocol):
    """What SCRIPT holds."""

    def version(self) -> str:
        """The vendor's version. Importing it may take long."""
        ...

    def make_metrics(
        self, judge: JudgeLine | None, seconds: float, current: Callable[[], Request]
    ) -> Mapping[str, Compute]:
        """Every metric by surefoot's name for it. `current` gives the request that is being computed."""
        ...

    def words_for(self, error: Exception) -> str:
        """Why there is no score, for a reader."""
        ...


class Worker:
    """Takes lines and scores what they ask for, all in one loop, each within the same time."""

    def __init__(self, vendor: Vendor, options: Options, say: Say) -> None:
        self._vendor = vendor
        self._seconds = options["timeout_seconds"]
        self._say = say
        self._current: ContextVar[Request] = ContextVar("current")
        self._metrics = vendor.make_metrics(options["judge"], self._seconds, self._current.get)
        self._requests: dict[int, Request] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def take(self, line: Line) -> None:
        """A new request, or vectors for one, or the end of one."""
        number = line["id"]
        if "metric" in line:
            request = self._requests[number] = Request(number, line.get("vectors", {}), self._say)
            self._tasks[number] = asyncio.create_task(self._answer(request, line["metric"], line["args"]))
        elif line.get("cancel") and number in self._tasks:
            self._tasks[number].cancel()
        elif number in self._requests:
            self._requests[number].take(line.get("vectors", {}))

    async def _answer(self, request: Request, metric: str, asked: Arguments) -> None:
        self._current.set(request)
        try:
            reply = await self._reply(metric, asked)
        finally:
            del self._requests[request.number], self._tasks[request.number]
        self._say({"id": request.number, **reply, **request.spent})

    async def _reply(self, metric: str, asked: Arguments) -> dict[str, object]:
        try:
            async with asyncio.timeout(self._seconds):
                value = await self._metrics[metric](asked)
        except TimeoutError:
            return _error("TimeoutError", f"it was not scored within {self._seconds:g} s")
        except Exception as error:  # noqa: BLE001  # one score that fails must not take the others with it
            return _error(type(error).__name__, self._vendor.words_for(error))
        if not math.isfinite(value):
            return _error("NotANumber", f"{metric} came to {value}, which is no number")
        return {"value": value}


def _error(kind: str, words: str) -> dict[str, object]:
    if key := os.environ.get(KEY_VARIABLE):
        words = words.replace(key, "***")
    return {"error": {"kind": kind, "message": " ".join(words.split())[:LONGEST_MESSAGE]}}


def keep_streams() -> tuple[BinaryIO, BinaryIO]:
    """The parent's two streams, out of reach of what a vendor prints or reads."""
    reading, writing = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return reading, writing


def refuse_other_addresses(url: str | None) -> None:
    """From now on a connection or look-up other than the judge's, and the start of a program, raise.

    It holds for what goes through Python, as all of these vendors do. It is no sandbox for hostile code.
    """
    parts = urlsplit(url or "")
    host, port = parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    known: set[str] = set()

    def is_judge(address: object) -> bool:
        if host is None or not isinstance(address, tuple) or address[1] != port:
            return False
        if address[0] not in known:
            known.update(str(found[4][0]) for found in socket.getaddrinfo(host, port))
        return address[0] in known

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event == "socket.getaddrinfo":
            allowed = host is not None and arguments[0] in (host, host.encode())
        elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            allowed = is_judge(arguments[1])
        else:
            allowed = event not in STARTS_A_PROGRAM
        if not allowed:
            sys.stderr.write(f"refused: {event} {arguments[:2]!r}\n")
            raise PermissionError(f"an evaluation may reach its judge alone: {event} is refused")

    sys.addaudithook(watch)


def load(script: Path) -> Vendor:
    """The vendor's functions, loaded from their file alone: its folder is not searched for imports."""
    spec = importlib.util.spec_from_file_location(script.stem, script)
    assert spec is not None and spec.loader is not None  # noqa: S101  # it is a file that ends in .py
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast(Vendor, module)


async def serve(vendor: Vendor, options: Options, reading: BinaryIO, say: Say) -> None:
    """Score until the parent's lines end."""
    version = vendor.version()
    worker = Worker(vendor, options, say)
    lines = asyncio.StreamReader(limit=MOST_LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), reading)
    say({"ready": version})
    async for raw in lines:
        worker.take(json.loads(raw))


def main() -> None:
    """Read the options, shut everything else, load the script, and serve."""
    reading, writing = keep_streams()
    options: Options = json.loads(reading.readline())
    os.environ |= TELEMETRY_OFF
    refuse_other_addresses(options["judge"] and options["judge"]["url"])

    def say(line: Mapping[str, object]) -> None:
        writing.write(json.dumps(line).encode() + b"\n")
        writing.flush()

    asyncio.run(serve(load(Path(sys.argv[1])), options, reading, say))
    os._exit(0)  # what vendors do when Python ends may wait, and there is nothing to save


if __name__ == "__main__":
    main()
