"""Builds in processes of their own, one for each line of the standard input, killed where that is asked for.

    python -m tests.benchmarks.lifecycle.nursery PROJECT

A line is `{"variables": {...}, "kill_after": seconds or null, "most_bytes": bytes or null}`; the reply is
`{"ended": "built" | "killed" | "refused" | "crashed", "seconds": ..., "words": ...}`. A build is a fork of
this process, which has imported the vendors and started no thread: so it costs a fraction of a second and is
as real as any, down to SIGKILL. `most_bytes` is the largest file that the disk takes from it.
"""

import asyncio
import json
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path

from tests.fakes.embedder import HashedWords

from surefoot.errors import SurefootError
from surefoot.wiring.indexing import build_index
from surefoot.wiring.project import open_project

BUILT, REFUSED, CRASHED = 0, 3, 4
LONGEST_SECONDS = 60.0


def build(top: Path, variables: dict[str, str], most_bytes: int | None) -> tuple[int, str]:
    """Build the index of the project's first app, with hashed words under the identity that it wants."""
    os.environ.update(variables)
    if most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    try:
        project = open_project(top)
        embedder = HashedWords()
        embedder.identity = project.embedder_identity()
        report = asyncio.run(build_index(project, project.app_named(None), embedder, lambda _: None))
    except SurefootError as error:
        return REFUSED, str(error)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what is to be counted
        return CRASHED, repr(error)
    return BUILT, report.snapshot.digest


def forked(top: Path, variables: dict[str, str], most_bytes: int | None) -> tuple[int, int]:
    """A build that runs, and where its words will come from."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    os.close(reading)
    code, words = build(top, variables, most_bytes)
    os.write(writing, words.encode()[:4000])
    os._exit(code)


def watched(top: Path, order: dict[str, object]) -> dict[str, object]:
    """Run one build to the end that is asked for."""
    began = time.monotonic()
    child, reading = forked(top, dict(order["variables"]), order["most_bytes"])  # type: ignore[call-overload,arg-type]
    ending = os.pidfd_open(child)
    limit = order["kill_after"]
    ended, _, _ = select.select([ending], [], [], LONGEST_SECONDS if limit is None else limit)  # type: ignore[arg-type]
    if not ended:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    words = os.read(reading, 4000).decode(errors="replace")
    os.close(reading)
    os.close(ending)
    how = {BUILT: "built", REFUSED: "refused"}.get(os.waitstatus_to_exitcode(status), "crashed")
    if not ended and os.WIFSIGNALED(status):
        how = "killed" if limit is not None else "crashed"
    return {"ended": how, "seconds": time.monotonic() - began, "words": words}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(watched(Path(sys.argv[1]), json.loads(line))), flush=True)
