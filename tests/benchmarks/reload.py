"""How long after Git has changed a channel's file a process over that checkout serves what it names now.

    python -m tests.benchmarks.reload

Two commits of a small project name two releases; a checkout goes from one to the other and back, thirty
times, at moments that do not keep step with the process's own looks. The clock starts before `git checkout`
runs, so its time is in the figure, and ends when /v1/releases names the other release. Both releases search
one index: opening a large new one comes on top.
"""

import random
import statistics
import tempfile
import time
from pathlib import Path

import httpx
from tests.cli.trial_project import trial_project
from tests.cli.trial_release import promoted, reword
from tests.releases.repositories import git

MOVES = 30
MOST_PAUSE_SECONDS = 1.0


def measured(top: Path) -> list[float]:
    """Seconds from each checkout until its release serves."""
    seconds, moments = [], random.Random(0)
    with trial_project(top) as trial, httpx.Client() as client:
        trial.said("index", "build")
        (top / ".gitignore").write_text(".surefoot/\ncache/\n*.log\n")
        git(top, "init", "-q", "-b", "main", "--template=")
        git(top, "config", "user.name", "An Author")
        git(top, "config", "user.email", "author@example.org")
        commits = []
        for name in ("one", "two"):
            reword(top, f"Told: {name}")
            release = promoted(top).release
            git(top, "add", "--all")
            git(top, "commit", "-q", "-m", f"Promote {name}")
            commits.append((git(top, "rev-parse", "HEAD").strip(), release))
        with trial.serving() as served:
            served.eventually_ready()
            for move in range(MOVES):
                commit, release = commits[move % 2]
                time.sleep(moments.uniform(0, MOST_PAUSE_SECONDS))
                began = time.monotonic()
                git(top, "checkout", "-q", commit)
                while client.get(served.url + "/v1/releases").json()["releases"][0]["release"] != release:
                    time.sleep(0.005)
                seconds.append(time.monotonic() - began)
    return seconds


def main() -> None:
    """Print the median and the longest."""
    with tempfile.TemporaryDirectory() as name:
        seconds = measured(Path(name) / "project")
    print(f"{len(seconds)} moves: median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s")


if __name__ == "__main__":
    main()
