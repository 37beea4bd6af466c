"""Run by test_killed_moves: promotions and rollbacks, each killed with SIGKILL before its next step.

Arguments: `promote` or `rollback`, a deployment that is ready for it, and a folder for copies of it. The
first copy is killed before its first step, the second before its second, and so on; the last one gets to its
end. A step is whatever leaves a trace: a file opened to write, a rename, a new folder, a git command that
changes the index or a branch.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.releases.repositories import SECOND, Trial

MOST_STEPS = 200
STEPS = ("os.rename", "os.mkdir", "os.remove", "os.rmdir")
CHANGING = {"update-index", "commit-tree", "update-ref"}


def is_step(event: str, arguments: tuple[object, ...], folder: str) -> bool:
    """Whether this process is about to change something of the deployment."""
    if event == "open":
        path, _, flags = arguments
        writes = isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))
        return writes and isinstance(path, str) and path.startswith(folder)
    if event == "subprocess.Popen":
        words = arguments[1]
        return isinstance(words, list | tuple) and not CHANGING.isdisjoint(words)
    return event in STEPS


def move(action: str, trial: Trial) -> None:
    """Do it as a person would, to the end."""
    asyncio.run(trial.promote(SECOND) if action == "promote" else trial.rollback())


def child(action: str, trial: Trial, number: int) -> None:
    """Do it, and be killed before the step of that number."""
    steps = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal steps
        if is_step(event, arguments, str(trial.project)):
            steps += 1
            if steps == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    move(action, trial)
    os._exit(0)


if __name__ == "__main__":
    action, ready, copies = sys.argv[1], Trial(project=Path(sys.argv[2])), Path(sys.argv[3])
    for number in range(1, MOST_STEPS):
        trial = ready.copied(copies / f"{number:03}")
        process = os.fork()
        if process == 0:
            child(action, trial, number)
        _, status = os.waitpid(process, 0)
        if os.WIFEXITED(status):
            sys.exit(os.WEXITSTATUS(status))
    sys.exit(f"not done after {MOST_STEPS} steps")
