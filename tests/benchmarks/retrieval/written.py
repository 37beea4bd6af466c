"""The results as text, as a page with a plot, and as JSON."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tests.benchmarks.retrieval.searched import Interval, Values, difference, interval
from tests.benchmarks.retrieval.sets import QuestionSet

DOCS = Path("docs/reference")
PAGE, PLOT, RESULTS = (DOCS / f"retrieval-quality.{ending}" for ending in ("md", "svg", "json"))
COMMAND = "SUREFOOT_BENCHMARK_DATA=path python -m tests.benchmarks.retrieval --write"
LEFT, RIGHT, WIDTH, LINE = 420, 760, 800, 22
Kept = Mapping[str, Any]  # as JSON has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is to be reached at least, what was, and whether that is enough.

    A difference is enough when its whole interval lies above.
    """

    name: str
    least: float
    value: Interval
    reached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one set showed: for each row every measure, question by question."""

    questions: QuestionSet
    asked: int
    rows: Mapping[str, Values]

    @property
    def main(self) -> str:
        """What rows are compared by."""
        return self.questions.measures[0]

    def against(self, hybrid: str, leg: str) -> Interval:
        """How much higher the hybrid's main measure is than a leg's, on the same questions."""
        return difference(self.rows[hybrid][self.main], self.rows[leg][self.main])

    def goals(self) -> Iterator[Goal]:
        """Each goal for both hybrids: the measures by their means, the legs by the paired difference."""
        for ending in ("", " + expansion"):
            hybrid = f"hybrid{ending}"
            for measure, least in self.questions.goals.items():
                reached = interval(self.rows[hybrid][measure])
                yield Goal(
                    name=f"{hybrid}: {measure} at {self.questions.shown} passages",
                    least=least,
                    value=reached,
                    reached=reached.mean >= least,
                )
            for leg in ("dense", "lexical"):
                apart = self.against(hybrid, f"{leg}{ending}")
                name = f"{hybrid}: {self.main} above {leg} alone, pairwise"
                yield Goal(name=name, least=0.0, value=apart, reached=apart.low > 0)


def table(result: Result) -> str:
    """The rows beside the published ones, in Markdown."""
    measures = result.questions.measures
    head = [
        "",
        *(f"{measure} (95% interval)" for measure in measures),
        f"{result.main}, its hybrid minus this",
    ]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for name, values in result.rows.items():
        cells = [_spread(interval(values[measure])) for measure in measures]
        hybrid = "hybrid + expansion" if name.endswith("expansion") else "hybrid"
        against = "" if name == hybrid else _signed(result.against(hybrid, name))
        lines.append(f"| {name} | {' | '.join(cells)} | {against} |")
    for anchor in result.questions.anchors:
        cells = [f"{anchor.values[measure]:.3f}" for measure in measures]
        lines.append(f"| *published: {anchor.name}* | {' | '.join(cells)} | |")
    return "\n".join(lines)


def printed(result: Result) -> str:
    """Table and goals for a terminal."""
    goals = "\n".join(
        f"  {'reached' if one.reached else 'MISSED '}  {one.name}: {_spread(one.value)}, goal {one.least:.2f}"
        for one in result.goals()
    )
    return f"\n{result.questions.name}, {result.asked} questions\n{table(result)}\n{goals}"


def write(results: Sequence[Result]) -> None:
    """Write the page's results, the plot and the JSON."""
    page = PAGE.read_text(encoding="utf-8").partition("## Results\n")[0]
    PAGE.write_text(f"{page}## Results\n{''.join(map(_section, results))}", encoding="utf-8")
    sets = {result.questions.name: _kept(result) for result in results}
    PLOT.write_text(plot(sets), encoding="utf-8")
    kept = {
        "schema": 1,
        "commit": _commit(),
        "command": COMMAND,
        "versions": {
            name: version(name) for name in ("bm25s", "chromadb", "llama-index-core", "onnxruntime")
        },
        "sets": sets,
    }
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def plot(sets: Mapping[str, Kept]) -> str:
    """Every row's main measure with its interval, and the published ones as bare marks."""
    parts: list[str] = []
    top = 10
    for name, kept in sets.items():
        title = f"{name}: {kept['main']}, {kept['questions']} questions"
        parts.append(f'<text x="10" y="{top + 14}" font-weight="bold">{escape(title)}</text>')
        top += LINE
        for row, measures in kept["rows"].items():
            one = measures[kept["main"]]
            found = Interval(mean=one["value"], low=one["low"], high=one["high"])
            parts.append(_bar(row, found, top, colour="#2f7fd6"))
            top += LINE
        for anchor, measures in kept["published"].items():
            mean = measures[kept["main"]]
            found = Interval(mean=mean, low=mean, high=mean)
            parts.append(_bar(f"published: {anchor}", found, top, colour="#777"))
            top += LINE
        parts.append(_axis(top))
        top += 2 * LINE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}" '
        'font-family="sans-serif" font-size="11" role="img"><title>Retrieval quality by recipe</title>'
        f'<rect width="{WIDTH}" height="{top}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _section(result: Result) -> str:
    goals = "\n".join(
        f"| {one.name} | {one.least:.2f} | {_spread(one.value)} | {'yes' if one.reached else '**no**'} |"
        for one in result.goals()
    )
    return (
        f"\n### {_title(result)}\n\n{table(result)}\n\n"
        f"| goal | at least | measured | reached |\n|---|---|---|---|\n{goals}\n"
    )


def _title(result: Result) -> str:
    return f"{result.questions.name}: {result.asked} questions, {result.questions.shown} passages each"


def _kept(result: Result) -> Kept:
    return {
        "main": result.main,
        "questions": result.asked,
        "rows": {
            name: {measure: _numbers(interval(some)) for measure, some in values.items()}
            for name, values in result.rows.items()
        },
        "goals": [
            {"goal": one.name, "at_least": one.least, **_numbers(one.value), "reached": one.reached}
            for one in result.goals()
        ],
        "published": {one.name: dict(one.values) for one in result.questions.anchors},
    }


def _numbers(one: Interval) -> dict[str, float]:
    return {"value": round(one.mean, 4), "low": round(one.low, 4), "high": round(one.high, 4)}


def _spread(one: Interval) -> str:
    return f"{one.mean:.3f} ({one.low:.3f} to {one.high:.3f})"


def _signed(one: Interval) -> str:
    return f"{one.mean:+.3f} ({one.low:+.3f} to {one.high:+.3f})"


def _bar(name: str, one: Interval, top: float, *, colour: str) -> str:
    middle = top + LINE / 2
    return (
        f'<text x="{LEFT - 8}" y="{middle + 4}" text-anchor="end" fill="#222">{escape(name)}</text>'
        f'<path d="M{_x(one.low)} {middle}H{_x(one.high)}" stroke="{colour}" stroke-width="3"/>'
        f'<circle cx="{_x(one.mean)}" cy="{middle}" r="4" fill="{colour}"/>'
        f'<text x="{_x(one.high) + 8}" y="{middle + 4}" fill="#222">{one.mean:.3f}</text>'
    )


def _axis(top: float) -> str:
    marks = "".join(
        f'<text x="{_x(value)}" y="{top + 16}" text-anchor="middle" fill="#555">{value:.1f}</text>'
        for value in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    )
    return f'<path d="M{LEFT} {top + 2}H{RIGHT}" stroke="#999"/>{marks}'


def _x(value: float) -> float:
    return round(LEFT + (max(value, 0.5) - 0.5) * 2 * (RIGHT - LEFT), 1)


def _commit() -> str:
    said = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    return said.stdout.strip()
