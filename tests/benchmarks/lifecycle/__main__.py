"""What is lost, stale or doubled, and which requests fail, while documents and their index change.

    .venv/bin/python -m tests.benchmarks.lifecycle --runs 200 --write

Each run changes documents at random, lets builds be killed at random moments or meet a full disk, builds,
sweeps, and switches a running service over to the new snapshot, while clients ask it without a pause. The
seed of a run decides all of it but the timing. Exits with 1 where any count is not zero.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.lifecycle.runs import measured
from tests.benchmarks.lifecycle.written import rows, story, table, write

if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=200, help="how many runs")
    options.add_argument("--seed", type=int, default=0, help="the seed of the first; each next has one more")
    options.add_argument("--write", action="store_true", help="write the results into docs/reference")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = measured(Path(folder) / "project", range(chosen.seed, chosen.seed + chosen.runs))
    print(f"{story(tally)}\n\n{table(tally)}")
    for words in tally.said:
        print(words, file=sys.stderr)
    if chosen.write:
        write(tally, seed=chosen.seed)
    sys.exit(any(row.count for row in rows(tally)))
