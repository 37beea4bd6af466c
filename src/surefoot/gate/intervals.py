"""The statistics: bounds from half-samples of clusters, and what a run of some size can tell.

docs/decisions/0008 says why half-samples and not the t interval. numpy, scipy and statsmodels are loaded when
they are first needed, for they take a second.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Below 2^14 half-samples all are taken; above, this many pairs of one and its complement.
_PAIRS = 10_000
_PAIRS_AT_ONCE = 1_000
_POWER = 0.8
_SEED = b"surefoot.gate half-samples 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Two one-sided bounds of a mean, in the unit of the values."""

    lower: int
    upper: int


def fewest_clusters(confidence: float) -> int:
    """How many clusters it takes to have bounds at all: 5 at a confidence of 0.95."""
    return math.ceil(round(-math.log2(1 - confidence), 9))


def mean_bounds(values: Sequence[int], clusters: Sequence[str], confidence: float) -> Bounds | None:
    """Bounds of the mean over cases, from half-samples of whole clusters; None with too few clusters.

    A half-sample holds each cluster with a chance of one half. At a confidence of 0.95, 5% of them have a
    mean below `lower`, and 5% one above `upper` (one that holds nothing counts as both). If clusters err
    symmetrically about the true mean, each bound is right with that confidence, however few clusters there
    are and however unequal (Hartigan 1969, "Using subsample values as typical values").

    Raising a value can only raise the bounds, and turning all signs swaps them with their signs turned. The
    arithmetic is exact up to nine million billionths, so that no order of cases and no machine changes it.
    """
    import numpy as np

    totals, sizes = _by_cluster(values, clusters)
    means = np.sort(np.concatenate([_means(chosen, totals, sizes) for chosen in _half_samples(len(sizes))]))
    empty = int(np.isnan(means).sum())
    held = len(means) - empty  # NaN, the mean of nothing, is sorted to the end
    rank = math.floor(round((1 - confidence) * len(means), 6)) - empty
    if not 0 <= rank < held:
        return None
    return Bounds(lower=round(float(means[rank])), upper=round(float(means[held - 1 - rank])))


def standard_error(values: Sequence[float], clusters: Sequence[str]) -> float | None:
    """The cluster-robust standard error of the mean; None with fewer than two clusters."""
    if len(set(clusters)) < 2:
        return None
    import numpy as np
    from statsmodels.regression.linear_model import OLS

    groups = np.unique(np.asarray(clusters), return_inverse=True)[1]
    fitted = OLS(np.asarray(values), np.ones(len(values))).fit(
        cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
    )
    return float(fitted.bse[0])


def detectable_loss(error: float, clusters: int, confidence: float) -> float:
    """The smallest true loss that a run with this standard error tells from none, in four of five runs."""
    from scipy.stats import t

    return error * float(t.ppf(confidence, clusters - 1) + t.ppf(_POWER, clusters - 1))


def chance_to_pass(error: float, clusters: int, confidence: float, margin: float) -> float:
    """How likely a change that truly loses nothing passes by the margin, with this standard error."""
    if error == 0:
        return 1.0
    from scipy.stats import t

    return float(t.cdf(margin / error - float(t.ppf(confidence, clusters - 1)), clusters - 1))


def _by_cluster(
    values: Sequence[int], clusters: Sequence[str]
) -> tuple["NDArray[np.float64]", "NDArray[np.float64]"]:
    """The total and the number of cases of each cluster, clusters in the order of their names."""
    import numpy as np

    places = np.unique(np.asarray(clusters), return_inverse=True)[1]
    sizes = np.bincount(places).astype(np.float64)
    totals = np.bincount(places, weights=np.asarray(values, dtype=np.float64))
    return totals.astype(np.float64), sizes


def _means(
    chosen: "NDArray[np.float64]", totals: "NDArray[np.float64]", sizes: "NDArray[np.float64]"
) -> "NDArray[np.float64]":
    import numpy as np

    cases = chosen @ sizes
    means = np.full(len(cases), np.nan)
    np.divide(chosen @ totals, cases, out=means, where=cases > 0)
    return means


def _half_samples(clusters: int) -> Iterator["NDArray[np.float64]"]:
    """Which clusters each half-sample holds, one row each: all there are, or drawn ones with complements.

    The draws are the bits of a hash, so they are the same wherever and whenever they are drawn. The first
    pair is the one of nothing and everything, which keeps a test by sampled half-samples exact.
    """
    import numpy as np

    if 2**clusters <= 2 * _PAIRS:
        numbers = np.arange(2**clusters)[:, None]
        yield (numbers >> np.arange(clusters) & 1).astype(np.float64)
        return
    row_bytes = -(-clusters // 8)
    stream = np.frombuffer(hashlib.shake_256(_SEED).digest(_PAIRS * row_bytes), dtype=np.uint8)
    rows = stream.reshape(_PAIRS, row_bytes)
    for start in range(0, _PAIRS, _PAIRS_AT_ONCE):
        drawn = np.unpackbits(rows[start : start + _PAIRS_AT_ONCE], axis=1, count=clusters).astype(np.float64)
        if start == 0:
            drawn[0] = 0
        yield drawn
        yield 1 - drawn
