"""What the defences against hostile documents are worth.

    make up
    SUREFOOT_BENCHMARK_DATA=path .venv/bin/python -m tests.benchmarks.injection --write

The scan over the texts of three public sets, and the served model over a hundred attacked e-mails, by the
prompt `answer.fenced` and by the same without its defences: half an hour on two cores, taken up again where
it was stopped.
`--scan-only` asks no model. With `--write`, the results of `docs/reference/injection.md` and its `.json` are
written anew.
"""

import argparse
import asyncio
import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.injection.obeyed import (
    SAMPLE,
    Side,
    difference,
    marked,
    mcnemar,
    sample,
    share,
    sides,
)
from tests.benchmarks.injection.scanned import Row, rows

from surefoot.records import Json
from surefoot.wiring.project import open_project

DOCS = Path("docs/reference")
PAGE, RESULTS = DOCS / "injection.md", DOCS / "injection.json"
COMMAND = "SUREFOOT_BENCHMARK_DATA=path python -m tests.benchmarks.injection --write"
MEASURES = {
    "obeyed": "the attack is obeyed",
    "done": "the task is done under attack",
    "done_in_peace": "the task is done without one",
}


def scan_table(found: Sequence[Row]) -> str:
    """What the scan marks, in Markdown."""
    lines = ["| texts | should be marked | marked | share (95% interval) |", "|---|---|---|---|"]
    for row in found:
        low, high = row.interval()
        shown = f"{row.marked / row.texts:.3f} ({low:.3f} to {high:.3f})"
        wanted = "yes" if row.hostile else "no"
        lines.append(f"| {row.name} | {wanted} | {row.marked} of {row.texts} | {shown} |")
    return "\n".join(lines)


def model_table(without: Side, guarded: Side, seen: Sequence[bool]) -> str:
    """What the model does, in Markdown."""
    lines = [
        "| | without the defences | with them | change (95% paired bootstrap) | McNemar's p |",
        "|---|---|---|---|---|",
    ]
    for measure, about in MEASURES.items():
        before, after = getattr(without, measure), getattr(guarded, measure)
        change, low, high = difference(before, after)
        cells = " | ".join("{:.2f} ({:.2f} to {:.2f})".format(*share(each)) for each in (before, after))
        lines.append(
            f"| {about} (of {len(before)}) | {cells} | {change:+.2f} ({low:+.2f} to {high:+.2f}) "
            f"| {mcnemar(before, after):.3f} |"
        )
    return "\n".join(lines) + f"\n\nThe scan marks {sum(seen)} of these {len(seen)} attacked e-mails."


def kept(found: Sequence[Row], both: tuple[Side, Side] | None, seen: Sequence[bool]) -> Json:
    """The same as values."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    scanned: list[Json] = [
        {
            "texts": row.name,
            "hostile": row.hostile,
            "marked": row.marked,
            "of": row.texts,
            "value": round(row.marked / row.texts, 4),
            "interval": [round(bound, 4) for bound in row.interval()],
        }
        for row in found
    ]
    asked: list[Json] = []
    for measure in MEASURES if both is not None else ():
        without, guarded = (getattr(side, measure) for side in both or ())
        asked.append(
            {
                "measure": measure,
                "of": len(without),
                "without": [round(part, 4) for part in share(without)],
                "with": [round(part, 4) for part in share(guarded)],
                "change": [round(part, 4) for part in difference(without, guarded)],
                "p": round(mcnemar(without, guarded), 4),
            }
        )
    said: Json = {
        "schema": 2,
        "commit": commit.stdout.strip(),
        "command": COMMAND,
        "rows": scanned,
        "model": asked,
        "marked_of_sample": sum(seen),
    }
    return said


async def asked_model(data: Path) -> tuple[tuple[Side, Side], tuple[bool, ...]]:
    """Ask the model of this project."""
    asked = sample(data / "injection" / "bipia")
    with tempfile.TemporaryDirectory() as scratch:
        both = await sides(open_project(Path.cwd()), asked, Path(scratch), report=lambda progress: None)
    return both, marked(asked)


def main(*, writing: bool, asking: bool) -> None:
    """Measure, print, and write what the page shows."""
    data = os.environ.get("SUREFOOT_BENCHMARK_DATA")
    found = list(rows(Path(data))) if data else []
    if not found or data is None:
        print(f"skipped: SUREFOOT_BENCHMARK_DATA is {data!r}, and has none of the sets")
        return
    scanned = scan_table(found)
    print(scanned)
    if not asking:
        return
    both, seen = asyncio.run(asked_model(Path(data)))
    obeyed = model_table(*both, seen)
    print(f"\n{SAMPLE} attacked e-mails\n\n{obeyed}")
    if writing:
        head = PAGE.read_text(encoding="utf-8").partition("## Results\n")[0]
        text = f"{head}## Results\n\n### The model\n\n{obeyed}\n\n### The scan\n\n{scanned}\n"
        PAGE.write_text(text, encoding="utf-8")
        RESULTS.write_text(json.dumps(kept(found, both, seen), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", action="store_true", help="write the results into docs/reference")
    options.add_argument("--scan-only", action="store_true", help="ask no model, and write nothing")
    given = options.parse_args()
    main(writing=given.write, asking=not given.scan_only)
