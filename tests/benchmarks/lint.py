"""How long `surefoot prompt lint` takes for 500 prompt files, the start of the command included.

    .venv/bin/python -m tests.benchmarks.lint --write

The files are those of `prompts/`, written out under other names until there are 500, in a folder with the
project's own model catalogue. The command is run in a process of its own, several times; the median counts.
With `--write`, `docs/reference/prompt-benchmarks.json` gets the figures; the page shows them.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.prompts import PAGE, RESULTS, page_with

FILES, RUNS = 500, 7
LIMIT_SECONDS = 2.0
SUFFIX = ".prompt.md"


def written(folder: Path, *, top: Path) -> None:
    """A project of that many prompts."""
    prompts = folder / "prompts"
    prompts.mkdir(parents=True)
    shutil.copytree(top / "serving", folder / "serving")
    shutil.copytree(top / "evals", folder / "evals", ignore=shutil.ignore_patterns("corpus"))
    for include in (top / "prompts").glob("_*.md"):
        shutil.copy(include, prompts)
    originals = sorted((top / "prompts").glob(f"*{SUFFIX}"))
    for number in range(FILES):
        original = originals[number % len(originals)]
        name = original.name.removesuffix(SUFFIX)
        text = original.read_text(encoding="utf-8").replace(f"name: {name}\n", f"name: {name}-{number}\n")
        (prompts / f"{name}-{number}{SUFFIX}").write_text(text, encoding="utf-8")


def seconds(folder: Path, *names: str) -> float:
    """The time of one run of the command; it must find nothing."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "surefoot", "prompt", "lint", *names],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - began


def main(*, write: bool) -> None:
    """Measure, print, and write what the page shows."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "project"
        written(folder, top=Path.cwd())
        one = next((folder / "prompts").glob(f"*{SUFFIX}")).name.removesuffix(SUFFIX)
        all_files = [seconds(folder) for _ in range(RUNS)]
        alone = [seconds(folder, one) for _ in range(RUNS)]
    lint = {
        "files": FILES,
        "runs": RUNS,
        "seconds": round(statistics.median(all_files), 2),
        "seconds_least": round(min(all_files), 2),
        "seconds_most": round(max(all_files), 2),
        "seconds_one_file": round(statistics.median(alone), 2),
    }
    print(json.dumps(lint, indent=2))
    if write:
        kept = json.loads(RESULTS.read_text(encoding="utf-8"))
        kept["lint"] = lint
        RESULTS.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
        PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), kept), encoding="utf-8")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", action="store_true", help="write the results into docs/reference")
    main(write=options.parse_args().write)
