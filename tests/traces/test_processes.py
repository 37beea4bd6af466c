"""The store between processes: one is killed, one runs out of disk, one reads while another writes."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from statistics import median

from tests.traces.examples import answered

from surefoot.traces.sqlalchemy_store import TraceStore

TOP = Path(__file__).parents[2]
FLUSH_SECONDS = 0.25


def start(path: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.traces.writing_process", str(path), *more],
        cwd=TOP,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        stdout=subprocess.PIPE,
        text=True,
    )


def lines_until(process: subprocess.Popen[str], kept: int) -> list[list[str]]:
    """What the process said until it had kept so many traces."""
    assert process.stdout is not None
    said = []
    while kept:
        said.append(process.stdout.readline().split())
        assert said[-1], "the process ended by itself"
        kept -= said[-1][0] == "kept"
    return said


def ids_in(path: Path) -> set[str]:
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {name for (name,) in connection.execute("SELECT id FROM traces")}


def test_a_killed_process_loses_no_trace_older_than_the_flush_interval(tmp_path: Path) -> None:
    path = tmp_path / "traces.sqlite"
    with start(path) as process:
        try:
            said = lines_until(process, kept=400)
        finally:
            process.send_signal(signal.SIGKILL)
        assert process.stdout is not None
        said += [line.split() for line in process.stdout]
    said = [line for line in said if len(line) == 3]
    offered = {name: float(moment) for word, name, moment in said if word == "offered"}
    kept = {name: float(moment) for word, name, moment in said if word == "kept"}

    # The margin is twice what this machine needed for writing, by the process's own account.
    slowest_write = max(0.0, *(kept[name] - offered[name] - FLUSH_SECONDS for name in kept))
    last_moment = max(*offered.values(), *kept.values())
    old_enough = {
        name for name, moment in offered.items() if moment < last_moment - FLUSH_SECONDS - 2 * slowest_write
    }
    there = ids_in(path)
    assert old_enough
    assert median(kept[name] - offered[name] for name in kept) < 2 * FLUSH_SECONDS
    assert old_enough <= there
    assert set(kept) <= there

    async def go_on() -> None:
        async with TraceStore(path) as store:
            await store.append([answered("after the kill")])
            assert (await store.find("trace-0")) == answered("trace-0")

    asyncio.run(go_on())
    assert ids_in(path) == there | {"after the kill"}


def test_a_full_disk_is_said_and_what_waited_is_written_when_there_is_room(tmp_path: Path) -> None:
    path = tmp_path / "traces.sqlite"
    process = start(path, "full")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    failed, written = said.splitlines()
    assert "traces.sqlite" in failed and "disk" in failed.partition("|")[2]
    assert written == "written 60 dropped 0 error None"
    assert ids_in(path) == {"before", *(f"trace-{place}" for place in range(60))}


def test_a_command_reads_ever_more_traces_while_the_service_writes(tmp_path: Path) -> None:
    path = tmp_path / "traces.sqlite"
    with start(path) as process:
        try:
            lines_until(process, kept=1)
            counts = asyncio.run(read_often(path, process))
        finally:
            process.kill()
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]


async def read_often(path: Path, process: subprocess.Popen[str]) -> list[int]:
    counts = []
    async with TraceStore(path, create=False) as reader:
        for _ in range(5):
            await asyncio.to_thread(lines_until, process, 60)
            counts.append(len((await reader.after(0, limit=10_000)).traces))
    return counts
