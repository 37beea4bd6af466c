"""The tally as a table and as JSON, with what no event in so many trials still allows."""

import json
import math
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.lifecycle.runs import Tally

DOCS = Path("docs/reference")
PAGE, RESULTS = DOCS / "index-lifecycle.md", DOCS / "index-lifecycle.json"
COMMAND = "python -m tests.benchmarks.lifecycle --runs {runs} --seed {seed} --write"
Z = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One count that should be nothing, of how many trials, and what each trial is."""

    name: str
    count: int
    trials: int
    of: str

    @property
    def interval(self) -> tuple[float, float]:
        """The share's 95% interval: by the rule of three where nothing happened, else Wilson's."""
        if self.count == 0:
            return 0.0, min(1.0, 3 / self.trials)
        share, spread = self.count / self.trials, Z * Z / self.trials
        middle = (share + spread / 2) / (1 + spread)
        half = Z * math.sqrt(share * (1 - share) / self.trials + spread / 4 / self.trials) / (1 + spread)
        return max(0.0, middle - half), min(1.0, middle + half)


def rows(tally: Tally) -> Iterator[Row]:
    """Every count whose goal is zero. What is wrong twice in one run counts once against the runs."""
    looked = tally.looks + tally.answers_checked
    yield Row(name="passages lost", count=tally.wrong.lost, trials=looked, of="looks at an index or answer")
    yield Row(name="passages stale", count=tally.wrong.stale, trials=looked, of="looks at an index or answer")
    yield Row(
        name="passages doubled", count=tally.wrong.doubled, trials=looked, of="looks at an index or answer"
    )
    yield Row(name="requests failed", count=tally.failed_requests, trials=tally.requests, of="requests")
    yield Row(name="live snapshot not whole", count=tally.broken, trials=tally.looks, of="looks at an index")
    yield Row(name="build without a word why", count=tally.untold, trials=tally.builds, of="builds")
    yield Row(name="left behind after the next build", count=tally.left_behind, trials=tally.runs, of="runs")


def table(tally: Tally) -> str:
    """The rows in Markdown."""
    lines = ["| goal: zero | count | of | at most, with 95% confidence |", "|---|---|---|---|"]
    for row in rows(tally):
        lines.append(f"| {row.name} | {row.count} | {row.trials:,} {row.of} | {row.interval[1]:.2%} |")
    return "\n".join(lines)


def story(tally: Tally) -> str:
    """What happened in the runs."""
    root = "on a read-only root" if tally.read_only_root else "not on a read-only root, which needs rights"
    return (
        f"{tally.runs} runs: {tally.changes} changes of documents, {tally.recipes} other recipes, "
        f"{tally.embedders} other embedders, {tally.builds} builds, of which {tally.killed} were killed and "
        f"{tally.full_disks} met a full disk, {tally.sweeps} sweeps of old snapshots; {tally.requests:,} "
        f"requests, the service {root}."
    )


def write(tally: Tally, *, seed: int) -> None:
    """Write the page's results and the JSON."""
    page = PAGE.read_text(encoding="utf-8").partition("## Results\n")[0]
    PAGE.write_text(f"{page}## Results\n\n{story(tally)}\n\n{table(tally)}\n", encoding="utf-8")
    said = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    kept = {
        "schema": 1,
        "commit": said.stdout.strip(),
        "command": COMMAND.format(runs=tally.runs, seed=seed),
        "runs": tally.runs,
        "read_only_root": tally.read_only_root,
        "results": [
            {
                "name": row.name,
                "goal": 0,
                "value": row.count,
                "of": row.trials,
                "interval": [round(bound, 6) for bound in row.interval],
            }
            for row in rows(tally)
        ],
    }
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
