"""How long after the tag of a bundle has moved a replica serves what it names now.

    python -m tests.benchmarks.replica

Two releases of a small project are packed; a replica follows a folder in which the tag moves from one to the
other and back, twenty times. The clock starts when the copy has moved the tag and ends when /v1/models names
the other release. The index is small: a large new one takes as long as copying and checking it on top.
"""

import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tests.cli.trial_project import trial_project
from tests.cli.trial_release import promoted, reword
from tests.releases.packing import copied
from tests.wiring.following import standing

from surefoot.releases.oci import Layout

MOVES = 20


def measured(top: Path) -> list[float]:
    """Seconds from each move of the tag until it serves."""
    seconds = []
    with trial_project(top / "project") as trial:
        trial.said("index", "build")
        releases = []
        for name in ("one", "two"):
            reword(trial.top, f"Told: {name}")
            releases.append((Layout(path=top / name), promoted(trial.top).release))
            trial.said("release", "pack", "--bundle", str(top / name))
        shared = Layout(path=top / "shared")
        copied(releases[1][0], shared)
        (top / "replica").mkdir()
        with replace(trial, top=top / "replica").serving("--bundle", str(shared.path)) as served:
            served.eventually_ready()
            for move in range(MOVES):
                layout, release = releases[move % 2]
                copied(layout, shared)
                began = time.monotonic()
                while standing(served)["release"] != release:
                    time.sleep(0.005)
                seconds.append(time.monotonic() - began)
    return seconds


def main() -> None:
    """Print the median and the longest."""
    with tempfile.TemporaryDirectory() as name:
        seconds = measured(Path(name))
    print(f"{len(seconds)} moves: median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s")


if __name__ == "__main__":
    main()
