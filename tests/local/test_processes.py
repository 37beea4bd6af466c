"""Servers that outlive us: real processes, started, found, watched and ended, and nobody else's."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.fakes.small_models import Heard

from surefoot.errors import ProcessError
from surefoot.local.processes import (
    Launch,
    Running,
    find,
    log_tail,
    resident_bytes,
    start,
    stop,
    wait_until_ready,
)

WAITS = "import signal; print('ready', flush=True); signal.pause()"
IGNORES = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITS}"
# A server whose child is in a session of its own, so that only its mark tells whose it is.
PARENT = (
    "import subprocess, sys; "
    f"child = subprocess.Popen([sys.executable, '-c', {WAITS!r}], start_new_session=True); "
    "print('child', child.pid, flush=True); child.wait()"
)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    with contextlib.suppress(ProcessError):
        asyncio.run(stop("server", state=tmp_path, patience_seconds=0.1))


def launch(code: str) -> Launch:
    return Launch(
        name="server",
        what="the server",
        command=(sys.executable, "-c", code),
        environment=dict(os.environ),
        port=8001,
    )


async def says_ready(running: Running) -> bool:
    return any(line.startswith(("ready", "child")) for line in log_tail(running.log))


def start_ready(code: str, state: Path) -> Running:
    running = start(launch(code), state=state)
    asyncio.run(wait_until_ready(running, lambda: says_ready(running), timeout_seconds=30, report=Heard()))
    return running


def edit_record(state: Path, **changes: object) -> None:
    path = state / "run" / "server.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_started_server_is_found_by_its_record_and_leads_its_own_session(state: Path) -> None:
    running = start_ready(WAITS, state)
    assert find("server", state=state) == running
    assert os.getsid(running.pid) == running.pid
    assert running.command_digest == launch(WAITS).digest != launch(IGNORES).digest
    assert resident_bytes(running) > 1_000_000
    assert (state / "run" / "server.json").stat().st_mode & 0o777 == 0o600


def test_stopping_ends_it_and_forgets_it(state: Path) -> None:
    running = start_ready(WAITS, state)
    assert asyncio.run(stop("server", state=state)) == running
    assert not psutil.pid_exists(running.pid)
    assert find("server", state=state) is None
    assert asyncio.run(stop("server", state=state)) is None


def test_one_that_does_not_listen_is_killed(state: Path) -> None:
    running = start_ready(IGNORES, state)
    asyncio.run(stop("server", state=state, patience_seconds=0.2))
    assert not psutil.pid_exists(running.pid)


def child_of(running: Running) -> int:
    return int(log_tail(running.log)[0].removeprefix("child "))


def test_children_end_with_it_even_in_a_session_of_their_own(state: Path) -> None:
    running = start_ready(PARENT, state)
    child = child_of(running)
    asyncio.run(stop("server", state=state))
    assert not psutil.pid_exists(child)


def test_children_that_outlive_a_killed_server_are_ended_too(state: Path) -> None:
    running = start_ready(PARENT, state)
    child = child_of(running)
    os.kill(running.pid, signal.SIGKILL)
    psutil.Process(running.pid).wait(timeout=10)
    assert find("server", state=state) is None
    assert psutil.pid_exists(child)
    assert asyncio.run(stop("server", state=state)) == running
    assert not psutil.pid_exists(child)


def test_a_reused_process_id_is_never_touched(state: Path) -> None:
    running = start_ready(WAITS, state)
    # As if the recorded server had ended, and another process had its number now.
    edit_record(state, create_time=running.create_time - 100, token="another")
    assert find("server", state=state) is None
    assert asyncio.run(stop("server", state=state)) is None
    assert psutil.pid_exists(running.pid)
    psutil.Process(running.pid).kill()
    psutil.Process(running.pid).wait(timeout=10)


def test_a_second_one_of_that_name_is_refused(state: Path) -> None:
    running = start_ready(WAITS, state)
    with pytest.raises(ProcessError, match=f"the server runs already, as process {running.pid}"):
        start(launch(WAITS), state=state)


def test_a_program_that_is_not_there_is_named(state: Path) -> None:
    absent = Launch(name="server", what="the server", command=("/nowhere/x",), environment={}, port=1)
    with pytest.raises(ProcessError, match="'/nowhere/x': No such file"):
        start(absent, state=state)
    assert find("server", state=state) is None


async def never() -> bool:
    return False


def test_a_death_is_noticed_at_once_with_the_last_lines(state: Path) -> None:
    dying = "import sys; [print('line', n) for n in range(40)]; sys.exit('no memory left')"
    running = start(launch(dying), state=state)
    with pytest.raises(ProcessError, match="the server died after") as caught:
        asyncio.run(wait_until_ready(running, never, timeout_seconds=60, report=Heard()))
    assert "no memory left" in caught.value.message and "line 39" in caught.value.message
    assert "line 9\n" not in caught.value.message
    assert str(running.log) in caught.value.remedy


def test_a_late_server_is_said_to_be_late_and_left_running(state: Path) -> None:
    running = start_ready(WAITS, state)
    heard = Heard()
    with pytest.raises(ProcessError, match="not ready after 1 s"):
        asyncio.run(wait_until_ready(running, never, timeout_seconds=0.6, report=heard))
    assert find("server", state=state) == running
    assert {step.step for step in heard.progress} == {"starting the server"}


@pytest.mark.parametrize("content", ["{", "[]", '{"schema": 2}', '{"schema": 1}'])
def test_a_damaged_record_is_named_and_nothing_is_killed(content: str, state: Path) -> None:
    path = state / "run" / "server.json"
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(ProcessError, match="cannot be read") as caught:
        find("server", state=state)
    assert "delete that file" in caught.value.remedy
