"""How well passages are found on public questions, beside what others published for the same.

    SUREFOOT_BENCHMARK_DATA=path .venv/bin/python -m tests.benchmarks.retrieval --write

For each set: one row for each recipe, with a paired bootstrap over questions, on the questions that no recipe
was chosen by. `--choose` instead prints the grid over the questions that are for choosing. With `--write`
`docs/reference/retrieval-quality.md`, its plot and its `.json` are written anew. A set that is not there is
said to be skipped.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from tests.benchmarks.retrieval.rows import ROWS, grid
from tests.benchmarks.retrieval.searched import measured
from tests.benchmarks.retrieval.sets import SETS, QuestionSet
from tests.benchmarks.retrieval.written import Result, printed, write

from surefoot.retrieval import Embedder
from surefoot.wiring.indexing import embedder_of
from surefoot.wiring.project import open_project

FOLDER = Path(".surefoot/benchmarks/retrieval")


def heard(line: str) -> None:
    """Show on the terminal's last line what is going on."""
    if sys.stderr.isatty():
        print(f"\r{line:<79}", end="", file=sys.stderr, flush=True)


def sets_there() -> list[QuestionSet]:
    """The sets that are on this machine; says of each other one that it is skipped."""
    data = os.environ.get("SUREFOOT_BENCHMARK_DATA")
    found = []
    for name, load in SETS.items():
        folder = Path(data or "") / name
        if data and folder.is_dir():
            found.append(load(folder))
        else:
            print(f"{name}: skipped, SUREFOOT_BENCHMARK_DATA is {data!r} and has no such folder")
    return found


async def result_of(questions: QuestionSet, embedder: Embedder) -> Result:
    """Every row over the questions that no recipe was chosen by."""
    asked = [one for one in questions.questions if not one.for_choosing]
    rows = {
        name: await measured(questions, recipe, asked, embedder, FOLDER, heard)
        for name, recipe in ROWS.items()
    }
    return Result(questions=questions, asked=len(asked), rows=rows)


async def choose(questions: QuestionSet, embedder: Embedder) -> None:
    """Print the means of the whole grid over the questions for choosing, the best last."""
    asked = [one for one in questions.questions if one.for_choosing]
    lines = []
    for name, recipe in grid():
        values = await measured(questions, recipe, asked, embedder, FOLDER, heard)
        means = {measure: sum(some) / len(some) for measure, some in values.items()}
        lines.append((list(means.values()), f"{name}  {means}"))
    for _, line in sorted(lines):
        print(questions.name, line)


async def main(*, choosing: bool, writing: bool) -> None:
    """Measure, print, and write what the page shows."""
    there = sets_there()
    async with embedder_of(open_project(Path.cwd())) as embedder:
        if choosing:
            for questions in there:
                await choose(questions, embedder)
            return
        results = [await result_of(questions, embedder) for questions in there]
    for result in results:
        print(printed(result))
    if writing and results:
        write(results)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--choose", action="store_true", help="try the grid on the questions for choosing")
    options.add_argument("--write", action="store_true", help="write the results into docs/reference")
    chosen = options.parse_args()
    asyncio.run(main(choosing=chosen.choose, writing=chosen.write))
