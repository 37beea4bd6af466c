"""Servers this machine runs for us: started detached, recorded, watched until ready, stopped, never others.

The one file that imports psutil. A record is `<state>/run/<name>.json`; a process counts as the recorded one
only if its id and its time of creation both agree, so that a reused id is never touched. Each server carries
`STARTED_BY_SUREFOOT=<token>` in its environment, by which children that outlive it are recognised.
"""

import asyncio
import json
import os
import secrets
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import psutil

from surefoot.errors import ProcessError
from surefoot.files import replace_file
from surefoot.local.progress import Progress, Report
from surefoot.records import Json, canonical_json, digest

SCHEMA = 1
MARK = "STARTED_BY_SUREFOOT"
LOOK_AGAIN_SECONDS = 0.25
TAIL_LINES = 20
TAIL_BYTES = 64_000
KILL_SECONDS = 10.0

Probe: TypeAlias = Callable[[], Awaitable[bool]]
"""Asks a server whether it is ready; False, not an error, while nothing listens yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A server to start. `name` names its record and log, `what` is how people call it.

    `inputs` is a digest of what else decides how it behaves: files it reads when it starts.
    """

    name: str
    what: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    port: int
    inputs: str = ""

    @property
    def digest(self) -> str:
        """What tells whether a running server was started just like this: command line and inputs."""
        return digest([*self.command, self.inputs])


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server as its record says. `create_time` is in seconds since 1970, as the kernel knows it."""

    name: str
    what: str
    pid: int
    create_time: float
    command_digest: str
    token: str
    port: int
    log: Path


def start(launch: Launch, *, state: Path) -> Running:
    """Start the server in a session of its own, so that it outlives us, and record it.

    Both its outputs go to `<state>/logs/<name>.log`, which is begun anew. Raises ProcessError when the
    program cannot be started, or one of that name still runs.
    """
    if (already := find(launch.name, state=state)) is not None:
        raise ProcessError(
            f"{already.what} runs already, as process {already.pid}", remedy="stop it first: surefoot down"
        )
    log = state / "logs" / f"{launch.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(16)
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        # Not subprocess: its objects complain when the program outlives them, which is the point here.
        pid = os.posix_spawnp(
            launch.command[0],
            launch.command,
            {**launch.environment, MARK: token},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), writing, 0o644),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
    except OSError as error:
        raise ProcessError(
            f"{launch.what} cannot be started: {launch.command[0]!r}: {error.strerror}",
            remedy="run surefoot up again; it sets up what is missing",
        ) from error
    running = Running(
        name=launch.name,
        what=launch.what,
        pid=pid,
        create_time=psutil.Process(pid).create_time(),
        command_digest=launch.digest,
        token=token,
        port=launch.port,
        log=log,
    )
    _write(running, state)
    return running


def find(name: str, *, state: Path) -> Running | None:
    """The recorded server of that name, if it is alive; a dead one's record counts for nothing."""
    running = _read(name, state)
    return running if running is not None and _process(running) is not None else None


async def stop(name: str, *, state: Path, patience_seconds: float = 20.0) -> Running | None:
    """End the recorded server with all its children; returns it, or None when there was nothing to end.

    They are asked first (SIGTERM), and killed when they are still there after `patience_seconds`. Raises
    ProcessError when even that did not end them.
    """
    running = _read(name, state)
    if running is None:
        return None
    family = _family(running)
    if family:
        remaining = await _end(family, signal.SIGTERM, patience_seconds)
        # What was forked meanwhile is looked for again.
        remaining = await _end([*remaining, *_family(running)], signal.SIGKILL, KILL_SECONDS)
        if remaining:
            raise ProcessError(
                f"{running.what} does not end: processes {[process.pid for process in remaining]}",
                remedy="see what holds them with `ps -o pid,stat,wchan`; a restart of the machine ends them",
            )
    _record(name, state).unlink(missing_ok=True)
    return running if family else None


async def wait_until_ready(running: Running, probe: Probe, *, timeout_seconds: float, report: Report) -> None:
    """Return once `probe` says yes; ProcessError with the log's last lines if the server dies or is late."""
    clock = asyncio.get_running_loop().time
    began = clock()
    while (waited := clock() - began) < timeout_seconds:
        if _process(running) is None:
            raise _failed(running, f"{running.what} died after {waited:.0f} s", "mend what its log says")
        if await probe():
            return
        step = f"starting {running.what}"
        report(Progress(step=step, done=int(waited), total=int(timeout_seconds), unit="seconds"))
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
    raise _failed(
        running,
        f"{running.what} was not ready after {timeout_seconds:.0f} s",
        "a busy machine needs longer: run surefoot up again, which waits on; or surefoot down, then up",
    )


def resident_bytes(running: Running) -> int:
    """Memory the server and its children hold now, counting what they share each time; 0 when it is gone."""
    total = 0
    for process in _family(running):
        try:
            total += int(process.memory_info().rss)
        except psutil.Error:
            continue
    return total


def log_tail(log: Path, lines: int = TAIL_LINES) -> tuple[str, ...]:
    """The last lines of a log file; none when it cannot be read."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - TAIL_BYTES))
            return tuple(stream.read().decode("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return ()


def port_holder(port: int) -> str | None:
    """Who listens at a TCP port: its process id and command line, as far as this user may see."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.Error:
        return None
    for connection in connections:
        listens = connection.status == psutil.CONN_LISTEN and connection.pid is not None
        if listens and connection.laddr and connection.laddr.port == port:
            return _words(int(connection.pid or 0))
    return None


def _words(pid: int) -> str:
    try:
        command = " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        command = "?"
    return f"process {pid} ({command[:120]})"


def _failed(running: Running, message: str, remedy: str) -> ProcessError:
    tail = "\n".join(f"    {line}" for line in log_tail(running.log)) or "    (it wrote nothing)"
    return ProcessError(
        f"{message}; the last lines of {running.log}:\n{tail}",
        remedy=f"{remedy}; the whole log: {running.log}",
    )


def _process(running: Running) -> psutil.Process | None:
    """The recorded process, if it is the same one and alive; a child of ours that ended is taken leave of."""
    try:
        process = psutil.Process(running.pid)
        same = abs(process.create_time() - running.create_time) < 0.01
        if same and process.status() == psutil.STATUS_ZOMBIE:
            _reap(running.pid)
            return None
        return process if same else None
    except psutil.NoSuchProcess:
        return None


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # somebody else's child
        return


def _family(running: Running) -> list[psutil.Process]:
    """The recorded process, its children, and whatever else alive carries its mark."""
    found: dict[int, psutil.Process] = {}
    if (leader := _process(running)) is not None:
        found[leader.pid] = leader
        found.update({child.pid: child for child in _children(leader)})
    for process in psutil.process_iter():
        if process.pid not in found and process.pid != os.getpid() and _carries(process, running.token):
            found[process.pid] = process
    return list(found.values())


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _carries(process: psutil.Process, token: str) -> bool:
    try:
        return process.environ().get(MARK) == token
    except (psutil.Error, OSError):
        return False


async def _end(family: list[psutil.Process], how: signal.Signals, seconds: float) -> list[psutil.Process]:
    """Signal them all, wait, and return those that are still there."""
    for process in family:
        try:
            process.send_signal(how)
        except psutil.NoSuchProcess:
            continue
    _, alive = await asyncio.to_thread(psutil.wait_procs, family, timeout=seconds)
    return list(alive)


def _record(name: str, state: Path) -> Path:
    return state / "run" / f"{name}.json"


def _write(running: Running, state: Path) -> None:
    record: dict[str, Json] = {
        "schema": SCHEMA,
        "what": running.what,
        "pid": running.pid,
        "create_time": running.create_time,
        "command": running.command_digest,
        "token": running.token,
        "port": running.port,
        "log": str(running.log),
    }
    replace_file(_record(running.name, state), canonical_json(record) + b"\n", mode=0o600)


def _read(name: str, state: Path) -> Running | None:
    path = _record(name, state)
    try:
        record = json.loads(path.read_text())
        if record["schema"] != SCHEMA:
            raise ValueError(f"its schema is {record['schema']!r}, {SCHEMA} is known")
        return Running(
            name=name,
            what=str(record["what"]),
            pid=int(record["pid"]),
            create_time=float(record["create_time"]),
            command_digest=str(record["command"]),
            token=str(record["token"]),
            port=int(record["port"]),
            log=Path(record["log"]),
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ProcessError(
            f"the record {str(path)!r} cannot be read: {error}",
            remedy=f"look whether {name} still runs (`ps aux`), end it, and delete that file",
        ) from error
