"""What a suite can test, before anything is asked: from the spread of its scores and its clusters."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from surefoot.gate.intervals import chance_to_pass, detectable_loss, fewest_clusters, standard_error

# A loss in fewer cases than this may meet none of the suite's: docs/reference/gate.md, what it cannot see.
FEWEST_LOST = 3
# How alike cases of one cluster are taken to be where nothing was measured.
TOGETHER = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What cases in clusters can tell of one metric. Losses are shares of the metric's range.

    `smallest` is the smallest margin by which a change that loses nothing passes in four of five runs; None
    where there are too few clusters for bounds. `passes` is the chance that such a change passes by the
    margin asked about, and `cases` and `clusters` are how many it would take to make that four of five.
    """

    smallest: float | None
    passes: float
    cases: int
    clusters: int


def power_of(clusters: Sequence[str], error: float, *, margin: float, confidence: float) -> Power:
    """What cases can tell by this standard error of the mean difference; `clusters` has a name for each.

    Raises ValueError for no cases, or a margin that is not above 0.
    """
    if not clusters or margin <= 0:
        raise ValueError(f"{len(clusters)} cases cannot test a margin of {margin!r}")
    count = len(set(clusters))
    rare = FEWEST_LOST / len(clusters)
    fewest = fewest_clusters(confidence)
    if count < fewest:
        wanted = math.ceil(len(clusters) / count * fewest)
        return Power(smallest=None, passes=0.0, cases=wanted, clusters=fewest)
    spread = detectable_loss(error, count, confidence)
    growth = max(1.0, (spread / margin) ** 2, rare / margin)
    return Power(
        smallest=max(spread, rare),
        passes=chance_to_pass(error, count, confidence, margin),
        cases=math.ceil(round(len(clusters) * growth, 9)),
        clusters=math.ceil(round(count * growth, 9)),
    )


def assumed_error(clusters: Sequence[str], differing: float) -> float:
    """The standard error where that share of the cases would differ, from best to worst or back.

    Cases of one cluster are taken to be correlated by TOGETHER.
    """
    sizes = Counter(clusters).values()
    alike = 1 + TOGETHER * (sum(size * size for size in sizes) / len(clusters) - 1)
    return math.sqrt(differing * alike / len(clusters))


def measured_error(differences: Sequence[float], of: Sequence[str], clusters: Sequence[str]) -> float | None:
    """The standard error for a suite in `clusters`, from differences measured on cases in the clusters `of`.

    None where these tell nothing: no two differ, or they are in fewer than two clusters.
    """
    if len(set(differences)) < 2:
        return None
    error = standard_error(differences, of)
    return None if error is None else error * math.sqrt(len(set(of)) / len(set(clusters)))
