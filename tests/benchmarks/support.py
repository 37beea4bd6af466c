"""What the marks on citations are worth, on answers whose unsupported spans people marked.

    SUREFOOT_BENCHMARK_DATA=path .venv/bin/python -m tests.benchmarks.support --write

RAGTruth's question answering: each sentence of each response is held against all of its source's passages.
With `--write`, the results of `docs/reference/citation-support.md` and its `.json` are written anew.
"""

import argparse
import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from surefoot.answering.supporting import ENOUGH, Supporting, sentence_spans, telling
from surefoot.records import Passage

DOCS = Path("docs/reference")
PAGE, RESULTS = DOCS / "citation-support.md", DOCS / "citation-support.json"
COMMAND = "SUREFOOT_BENCHMARK_DATA=path python -m tests.benchmarks.support --write"
LEFT_UNMARKED = 0.75
FEWEST_WORDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A sentence: its share, whether people found a part of it unsupported, and which half it is in."""

    share: float
    unsupported: bool
    for_choosing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A measure with its interval."""

    name: str
    value: float
    low: float
    high: float


def sentences(file: Path) -> Iterator[Judged]:
    """Every sentence of every response with two telling words or more."""
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        parts = [part for part in re.split(r"passage \d+:", row["source"]["passages"]) if part.strip()]
        shown = [
            Passage(id=str(at), source="source", start=0, end=len(part), text=part)
            for at, part in enumerate(parts)
        ]
        supporting = Supporting(shown)
        choosing = int(sha256(str(row["source_id"]).encode()).hexdigest(), 16) % 2 == 0
        for one in row["responses"]:
            marked = [(label["start"], label["end"]) for label in one["labels"]]
            for start, end in sentence_spans(one["response"]):
                words = telling(one["response"][start:end])
                if len(words) >= FEWEST_WORDS:
                    yield Judged(
                        share=supporting.share(words, range(1, len(shown) + 1)),
                        unsupported=any(start < until and since < end for since, until in marked),
                        for_choosing=choosing,
                    )


def threshold(judged: Sequence[Judged]) -> float:
    """The highest share, in hundredths, at which enough supported sentences stay unmarked."""
    supported = numpy.asarray([one.share for one in judged if not one.unsupported])
    steps = [step / 100 for step in range(1, 100)]
    return max(step for step in steps if (supported >= step).mean() >= LEFT_UNMARKED)


def measured(judged: Sequence[Judged]) -> list[Found]:
    """How well shares tell the two apart, and what the marks do at the threshold that is used."""
    bad = numpy.asarray([one.share for one in judged if one.unsupported])
    good = numpy.asarray([one.share for one in judged if not one.unsupported])
    area = float(stats.mannwhitneyu(good, bad).statistic) / (len(good) * len(bad))
    spread = stats.bootstrap(
        (good, bad), _area, n_resamples=500, method="percentile", rng=numpy.random.default_rng(1)
    ).confidence_interval
    return [
        Found(name="area under the curve", value=area, low=float(spread.low), high=float(spread.high)),
        _share("marked though supported", int((good < ENOUGH).sum()), len(good)),
        _share("marked of what is not supported", int((bad < ENOUGH).sum()), len(bad)),
    ]


def _area(good: numpy.typing.NDArray[numpy.float64], bad: numpy.typing.NDArray[numpy.float64]) -> float:
    return float(stats.mannwhitneyu(good, bad).statistic) / (len(good) * len(bad))


def _share(name: str, count: int, total: int) -> Found:
    low, high = proportion_confint(count, total, method="wilson")
    return Found(name=name, value=count / total, low=float(low), high=float(high))


def table(found: Sequence[Found], judged: Sequence[Judged], chosen: float) -> str:
    """The measures in Markdown."""
    unsupported = sum(one.unsupported for one in judged)
    lines = [
        f"{len(judged)} sentences, {unsupported} of them not supported. The other half gives a threshold of "
        f"{chosen:.2f}, and {ENOUGH:.2f} is used.",
        "",
        "| measure | value | 95% interval |",
        "|---|---|---|",
    ]
    lines += [f"| {one.name} | {one.value:.3f} | {one.low:.3f} to {one.high:.3f} |" for one in found]
    return "\n".join(lines)


def main(*, writing: bool) -> None:
    """Measure, print, and write what the page shows."""
    data = os.environ.get("SUREFOOT_BENCHMARK_DATA")
    file = Path(data or "") / "ragtruth_faithjudge" / "ragtruth_qa.jsonl"
    if not data or not file.is_file():
        print(f"skipped: SUREFOOT_BENCHMARK_DATA is {data!r}, and has no ragtruth_faithjudge")
        return
    judged = list(sentences(file))
    rest = [one for one in judged if not one.for_choosing]
    chosen = threshold([one for one in judged if one.for_choosing])
    found = measured(rest)
    said = table(found, rest, chosen)
    print(said)
    if writing:
        head = PAGE.read_text(encoding="utf-8").partition("## Results\n")[0]
        PAGE.write_text(f"{head}## Results\n\n{said}\n", encoding="utf-8")
        commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        kept = {
            "schema": 1,
            "commit": commit.stdout.strip(),
            "command": COMMAND,
            "sentences": len(rest),
            "threshold": ENOUGH,
            "measures": [
                {
                    "measure": one.name,
                    "value": round(one.value, 4),
                    "interval": [round(one.low, 4), round(one.high, 4)],
                }
                for one in found
            ],
        }
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _short(value: float) -> float:
    return round(value, 4)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", action="store_true", help="write the results into docs/reference")
    main(writing=options.parse_args().write)
