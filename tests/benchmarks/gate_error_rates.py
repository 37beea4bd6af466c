"""How often the gate passes what it should not, and passes what it should: by simulation.

    .venv/bin/python -m tests.benchmarks.gate_error_rates

Draws the cases of two arms that truly differ by a known amount, lets the gate decide, and counts. Clusters
share luck: the correlation of two cases of one cluster is `together`, on the scale of the bell curve that
decides each case. The printed rate has a standard error of at most 0.8 points at 4000 runs. Beside the gate's
bounds stand those of the cluster-robust t interval on the same draws. It takes some five minutes.
"""

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from surefoot.gate.intervals import mean_bounds

CONFIDENCE = 0.95
BILLION = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is drawn. `lost` and `gained` are shares of cases that get wholly worse or better.

    With `fraction`, scores are no yes or no: each difference is drawn around `gained - lost` with a standard
    deviation of 0.25. `unequal` clusters have sizes like 1, 1/2, 1/3 ... instead of equal ones.
    """

    title: str
    lost: float
    gained: float
    cases: int = 120
    clusters: int = 40
    together: float = 0.2
    margin: float = 0.08
    unequal: bool = False
    fraction: bool = False

    def sizes(self) -> list[int]:
        """How many cases each cluster has."""
        weights = [1 / (place + 1) ** 0.7 if self.unequal else 1.0 for place in range(self.clusters)]
        return [max(1, round(weight / sum(weights) * self.cases)) for weight in weights]


def worlds() -> Iterator[World]:
    """The suites and the truths that docs/reference/gate.md reports."""
    harmless = World(title="no loss: 7% lost, 7% gained", lost=0.07, gained=0.07)
    at_margin = World(title="loss of the margin: 11% lost, 3% gained", lost=0.11, gained=0.03)
    sheer = World(title="loss of the margin: 8% lost, none gained", lost=0.08, gained=0.0)
    yield from (harmless, at_margin, sheer)
    yield World(title="twice the margin: 19% lost, 3% gained", lost=0.19, gained=0.03)
    yield World(title="fractions, no loss", lost=0.0, gained=0.0, fraction=True)
    yield World(title="fractions, loss of the margin", lost=0.08, gained=0.0, fraction=True)
    for one in (harmless, at_margin, sheer):
        yield replace(one, title=f"{one.title}; unequal clusters", unequal=True)
    for one in (harmless, at_margin, sheer):
        yield replace(one, title=f"{one.title}; each case alone", clusters=120, together=0.0)
    for one in (harmless, at_margin, sheer):
        yield replace(one, title=f"{one.title}; larger suite", cases=400, clusters=130)
    for title, lost, gained in (
        ("small suite, no loss: 7% lost, 7% gained", 0.07, 0.07),
        ("small suite, loss of 0.25: 28% lost, 3% gained", 0.28, 0.03),
        ("small suite, loss of 0.25: none gained", 0.25, 0.0),
    ):
        yield World(title=title, lost=lost, gained=gained, cases=24, clusters=12, margin=0.25)


def drawn(
    world: World, runs: int, source: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The differences of each run by case, and the cluster of each case."""
    sizes = world.sizes()
    places = np.repeat(np.arange(len(sizes)), sizes)
    shared = source.standard_normal((runs, len(sizes)))[:, places]
    luck = math.sqrt(world.together) * shared
    luck += math.sqrt(1 - world.together) * source.standard_normal((runs, len(places)))
    if world.fraction:
        return np.clip(world.gained - world.lost + 0.25 * luck, -1, 1), places
    below = NormalDist().inv_cdf(world.lost)
    above = NormalDist().inv_cdf(1 - world.gained) if world.gained else math.inf
    return np.where(luck < below, -1.0, np.where(luck > above, 1.0, 0.0)), places


def passes_by_t(world: World, differences: NDArray[np.float64], places: NDArray[np.int64]) -> float:
    """The share of runs whose cluster-robust t bound lies above minus the margin."""
    sizes = np.bincount(places)
    totals = np.stack([differences[:, places == one].sum(axis=1) for one in range(len(sizes))], axis=1)
    mean = differences.mean(axis=1)
    squares = ((totals - sizes * mean[:, None]) ** 2).sum(axis=1)
    error = np.sqrt(len(sizes) / (len(sizes) - 1) * squares) / len(places)
    return float(np.mean(mean - float(t.ppf(CONFIDENCE, len(sizes) - 1)) * error > -world.margin))


def main(runs: int) -> None:
    """Simulate every world and print a row for each."""
    print("| truth | cases, clusters | margin | PASS | PASS by t | FAIL |\n|---|---|---|---|---|---|")
    for number, world in enumerate(worlds()):
        differences, places = drawn(world, runs, np.random.default_rng(number))
        names = [f"{place:04}" for place in places]
        passed = failed = 0
        for run in differences:
            bounds = mean_bounds([round(value * BILLION) for value in run], names, CONFIDENCE)
            assert bounds is not None
            passed += bounds.lower > -world.margin * BILLION
            failed += bounds.upper < 0 and run.mean() < -world.margin - 1e-9
        by_t = passes_by_t(world, differences, places)
        print(
            f"| {world.title} | {len(places)}, {world.clusters} | {world.margin} "
            f"| {passed / runs:.3f} | {by_t:.3f} | {failed / runs:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=4000)
    main(options.parse_args().runs)
