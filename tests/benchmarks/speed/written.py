"""The results as text, as a page with a plot, and as JSON."""

import json
import math
import statistics
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

DOCS = Path("docs/reference")
PAGE, PLOT, RESULTS = (DOCS / f"retrieval-speed.{ending}" for ending in ("md", "svg", "json"))
COMMAND = "SUREFOOT_BENCHMARK_DATA=path python -m tests.benchmarks.speed --write"
OURS = "ours"
NAMES = {
    "ours": "surefoot",
    "llama_index_chroma": "LlamaIndex, Chroma",
    "haystack_memory": "Haystack, in memory",
    "txtai_faiss": "txtai, Faiss",
    "txtai_faiss, words too": "txtai, Faiss and words",
}
RATIO_GOAL, SEARCH_GOAL_MS, REBUILD_GOAL_SECONDS = 1.5, 10.0, 3.0
LEFT, WIDTH, LINE = 190, 800, 22
Said = Mapping[str, Any]  # as JSON has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What every process told: by contender each round of taking in, by size each search."""

    versions: Mapping[str, str]
    stubbed: Mapping[str, Sequence[Said]]
    whole: Mapping[str, Sequence[Said]]
    searched: Mapping[int, Mapping[str, Said]]
    small: Said
    embedders: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The middle of some rounds, and the lowest and the highest."""

    value: float
    low: float
    high: float

    def words(self, digits: int) -> str:
        """As tables show it."""
        return f"{self.value:,.{digits}f} ({self.low:,.{digits}f} to {self.high:,.{digits}f})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is to be reached, what was, and whether that is enough."""

    name: str
    goal: str
    value: Spread
    digits: int
    reached: bool


def spread(values: Sequence[float]) -> Spread:
    """The median with both ends."""
    return Spread(value=statistics.median(values), low=min(values), high=max(values))


def rates(rounds: Sequence[Said]) -> list[float]:
    """Passages a second, round by round."""
    return [one["passages"] / one["seconds"] for one in rounds]


def ratio(ours: Sequence[Said], theirs: Sequence[Said]) -> Spread:
    """How many times as fast ours is, round by round: rounds stand beside one another in time."""
    return spread([one / other for one, other in zip(rates(ours), rates(theirs), strict=True)])


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that this share of all does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def goals(done: Measured) -> Iterator[Goal]:
    """Each goal with what was reached."""
    for name in done.stubbed:
        if name != OURS:
            times = ratio(done.stubbed[OURS], done.stubbed[name])
            yield Goal(
                name=f"taking in, embedder stubbed: times as fast as {NAMES[name]}",
                goal=f"at least {RATIO_GOAL}",
                value=times,
                digits=2,
                reached=times.value >= RATIO_GOAL,
            )
    size = max(done.searched)
    middle = percentile(done.searched[size][OURS]["latencies"], 0.5) * 1000
    yield Goal(
        name=f"search among {size:,} passages, p50 in ms, the query's embedding included",
        goal=f"under {SEARCH_GOAL_MS:.0f}",
        value=spread([middle]),
        digits=1,
        reached=middle < SEARCH_GOAL_MS,
    )
    least = done.searched[min(done.searched)][OURS]
    again, passages = spread([least["rebuild_seconds"]]), least["passages"]
    yield Goal(
        name=f"unchanged rebuild of {passages:,} passages, in seconds",
        goal=f"under {REBUILD_GOAL_SECONDS:.0f}",
        value=again,
        digits=2,
        reached=again.value < REBUILD_GOAL_SECONDS,
    )


def goals_table(done: Measured) -> str:
    """The goals in Markdown."""
    lines = ["| | goal | measured | reached |", "|---|---|---|---|"]
    lines += [
        f"| {one.name} | {one.goal} | {one.value.words(one.digits)} | {'yes' if one.reached else '**no**'} |"
        for one in goals(done)
    ]
    return "\n".join(lines)


def taking_in(rounds: Mapping[str, Sequence[Said]]) -> str:
    """Passages a second, beside ours, in Markdown."""
    lines = [
        "| | passages | passages/s | surefoot is so many times as fast | peak memory |",
        "|---|---|---|---|---|",
    ]
    for name, some in rounds.items():
        beside = "" if name == OURS else ratio(rounds[OURS], some).words(2)
        peak = spread([one["peak_mb"] for one in some]).value
        rate = spread(rates(some)).words(0 if rates(some)[0] > 100 else 1)
        lines.append(f"| {NAMES[name]} | {some[0]['passages']:,} | {rate} | {beside} | {peak:,.0f} MB |")
    return "\n".join(lines)


def searching(done: Measured) -> str:
    """Milliseconds of a search at each size, in Markdown."""
    lines = ["| | passages | p50 | p99 | peak memory, building and searching |", "|---|---|---|---|---|"]
    for size, some in done.searched.items():
        for name, said in some.items():
            if "failed" in said:
                lines.append(f"| {NAMES[name]} | {size:,} | {said['failed']} | | |")
                continue
            middle, late = (percentile(said["latencies"], share) * 1000 for share in (0.5, 0.99))
            lines.append(
                f"| {NAMES[name]} | {said['passages']:,} | {middle:.1f} ms | {late:.1f} ms "
                f"| {said['peak_mb']:,.0f} MB |"
            )
    return "\n".join(lines)


def growing(done: Measured) -> str:
    """How surefoot's build grows, in Markdown."""
    steps = [done.small, done.stubbed[OURS][0], *(some[OURS] for some in done.searched.values())]
    lines = ["| passages | build | unchanged rebuild | peak memory | on the disk |", "|---|---|---|---|---|"]
    lines += [
        f"| {one['passages']:,} | {one['seconds']:.1f} s | {one['rebuild_seconds']:.2f} s "
        f"| {one['peak_mb']:,.0f} MB | {one['bytes'] / 1e6:,.0f} MB |"
        for one in steps
    ]
    shares = spread([one["chroma_seconds"] / one["seconds"] for one in done.stubbed[OURS]])
    lines.append(f"\nOf the stubbed build, the share {shares.words(2)} is Chroma's own insert.")
    return "\n".join(lines)


def embedding(said: Said) -> str:
    """The embedder in both forms, in Markdown."""
    lines = [
        "| weights | size | passages/s of about 200 tokens | cosine to float32 | recall at 5, dense alone |",
        "|---|---|---|---|---|",
    ]
    for name, rounds in said["passages_per_second"].items():
        recall = said["recall"][name]
        cosine = (
            "1"
            if name == "float32"
            else f"{said['cosine']['mean']:.4f}, at least {said['cosine']['lowest']:.4f}"
        )
        lines.append(
            f"| {name} | {said['megabytes'][name]:.0f} MB | {spread(rounds).words(1)} | {cosine} "
            f"| {recall['value']:.3f} ({recall['low']:.3f} to {recall['high']:.3f}) |"
        )
    return "\n".join(lines)


def sections(done: Measured) -> str:
    """All results as the page has them."""
    versions = ", ".join(dict.fromkeys(done.versions.values()))
    return "\n\n".join(
        (
            f"Measured: {versions}.",
            goals_table(done),
            "### Taking in, the embedder stubbed",
            taking_in(done.stubbed),
            "### Taking in, end to end",
            taking_in(done.whole),
            "### Searching",
            searching(done),
            "### How surefoot grows",
            growing(done),
            "### The embedder",
            embedding(done.embedders),
        )
    )


def printed(done: Measured) -> str:
    """The same for a terminal."""
    return f"\n{sections(done)}\n"


def write(done: Measured) -> None:
    """Write the page's results, the plot and the JSON."""
    page = PAGE.read_text(encoding="utf-8").partition("## Results\n")[0]
    PAGE.write_text(f"{page}## Results\n\n{sections(done)}\n", encoding="utf-8")
    PLOT.write_text(plot(done), encoding="utf-8")
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    said = {
        "schema": 1,
        "commit": commit.stdout.strip(),
        "command": COMMAND,
        "versions": dict(done.versions),
        "goals": [
            {
                "goal": one.name,
                "wanted": one.goal,
                "value": round(one.value.value, 4),
                "interval": [round(one.value.low, 4), round(one.value.high, 4)],
                "reached": one.reached,
            }
            for one in goals(done)
        ],
        "stubbed": done.stubbed,
        "whole": done.whole,
        "searched": {
            size: {name: _short(one) for name, one in some.items()} for size, some in done.searched.items()
        },
        "small": done.small,
        "embedders": done.embedders,
    }
    RESULTS.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _short(said: Said) -> Said:
    """A search without each of its latencies."""
    if "failed" in said:
        return said
    taken = said["latencies"]
    short = {name: value for name, value in said.items() if name != "latencies"}
    return {**short, "searches": len(taken), "p50": percentile(taken, 0.5), "p99": percentile(taken, 0.99)}


def plot(done: Measured) -> str:
    """Passages a second and milliseconds of a search, each by its own scale of tens."""
    parts: list[str] = []
    top = 10
    panels: list[tuple[str, Mapping[str, float]]] = [
        (
            "Taking in, embedder stubbed: passages a second (more is better)",
            {name: spread(rates(some)).value for name, some in done.stubbed.items()},
        ),
        (
            "Taking in, end to end: passages a second (more is better)",
            {name: spread(rates(some)).value for name, some in done.whole.items()},
        ),
    ]
    panels += [
        (
            f"Searching {size:,} passages: p50 in ms (less is better)",
            {
                name: percentile(said["latencies"], 0.5) * 1000
                for name, said in some.items()
                if "failed" not in said
            },
        )
        for size, some in done.searched.items()
    ]
    for title, bars in panels:
        parts.append(f'<text x="10" y="{top + 14}" font-weight="bold">{escape(title)}</text>')
        top += LINE
        low, high = 10 ** math.floor(math.log10(min(bars.values()))), max(bars.values())
        for name, value in bars.items():
            share = math.log10(value / low) / math.log10(high / low) if high > low else 1.0
            length = 8 + share * (WIDTH - LEFT - 110)
            colour = "#2f7fd6" if name == OURS else "#9aa5b1"
            parts.append(
                f'<text x="{LEFT - 8}" y="{top + 15}" text-anchor="end" fill="#222">'
                f"{escape(NAMES[name])}</text>"
                f'<rect x="{LEFT}" y="{top + 4}" width="{length:.1f}" height="14" fill="{colour}"/>'
                f'<text x="{LEFT + length + 6:.1f}" y="{top + 15}" fill="#222">{_shown(value)}</text>'
            )
            top += LINE
        top += LINE // 2
    parts.append(f'<text x="10" y="{top + 12}" fill="#555">Bars grow by the logarithm.</text>')
    top += LINE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}" '
        'font-family="sans-serif" font-size="11" role="img"><title>Speed of retrieval</title>'
        f'<rect width="{WIDTH}" height="{top}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
