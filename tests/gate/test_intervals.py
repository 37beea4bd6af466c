"""The statistics against other ways to the same numbers: by hand, by scipy, by counting."""

import itertools
import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t, ttest_1samp

from surefoot.gate.intervals import detectable_loss, fewest_clusters, mean_bounds, standard_error

CONFIDENCE = 0.95


def names(places: list[int]) -> list[str]:
    return [f"cluster-{place:04}" for place in places]


def by_counting(values: list[int], places: list[int]) -> tuple[int, int] | None:
    """Every half-sample by name, and the values at the ranks: no linear algebra, no drawing."""
    present = sorted(set(places))
    means: list[float] = []
    for size in range(1, len(present) + 1):
        for chosen in itertools.combinations(present, size):
            held = [value for value, place in zip(values, places, strict=True) if place in chosen]
            means.append(sum(held) / len(held))
    means.sort()
    rank = int(2 ** len(present) * 5 // 100) - 1
    return (round(means[rank]), round(means[-1 - rank])) if rank >= 0 else None


@given(st.lists(st.tuples(st.integers(-1000, 1000), st.integers(0, 8)), min_size=1, max_size=20))
def test_bounds_are_those_found_by_counting_every_half_sample(drawn: list[tuple[int, int]]) -> None:
    values, places = [value for value, _ in drawn], [place for _, place in drawn]
    bounds = mean_bounds(values, names(places), CONFIDENCE)
    assert (None if bounds is None else (bounds.lower, bounds.upper)) == by_counting(values, places)


def spread(cases: int, clusters: int, *, within: float = 0.7, seed: int = 7) -> tuple[list[float], list[int]]:
    """Bell-shaped values that share something within each cluster."""
    source = np.random.default_rng(seed)
    places = [number * clusters // cases for number in range(cases)]
    shared = source.standard_normal(clusters)
    own = source.standard_normal(cases)
    return [float(shared[place] + within * own[case]) for case, place in enumerate(places)], places


@pytest.mark.parametrize(("cases", "clusters"), [(120, 40), (400, 130), (60, 60), (200, 17)])
def test_drawn_half_samples_agree_with_the_t_interval_where_that_is_known_to_hold(
    cases: int, clusters: int
) -> None:
    values, places = spread(cases, clusters)
    scale = 10**6
    bounds = mean_bounds([round(value * scale) for value in values], names(places), CONFIDENCE)
    error = standard_error(values, names(places))
    assert bounds is not None and error is not None
    half = error * float(t.ppf(CONFIDENCE, clusters - 1))
    assert bounds.lower / scale == pytest.approx(statistics.fmean(values) - half, abs=0.12 * half)
    assert bounds.upper / scale == pytest.approx(statistics.fmean(values) + half, abs=0.12 * half)


def test_clusters_that_hang_together_widen_the_interval() -> None:
    values = [1_000 * ((place * 7) % 11) for place in range(40) for _ in range(3)]
    together = mean_bounds(values, names([place for place in range(40) for _ in range(3)]), CONFIDENCE)
    apart = mean_bounds(values, names(list(range(120))), CONFIDENCE)
    assert together is not None and apart is not None
    assert together.upper - together.lower > 1.5 * (apart.upper - apart.lower)


def test_the_standard_error_is_the_one_worked_out_by_hand() -> None:
    values, places = spread(50, 9)
    mean = statistics.fmean(values)
    totals = [
        sum(value - mean for value, place in zip(values, places, strict=True) if place == cluster)
        for cluster in range(9)
    ]
    by_hand = math.sqrt(9 / 8 * sum(total**2 for total in totals)) / 50
    assert standard_error(values, names(places)) == pytest.approx(by_hand, rel=1e-12)


def test_with_every_case_its_own_cluster_the_standard_error_is_that_of_the_paired_t_test() -> None:
    values, _ = spread(30, 30)
    error = standard_error(values, names(list(range(30))))
    assert error is not None
    test = ttest_1samp(values, 0.0)
    low, high = test.confidence_interval(0.9)
    assert statistics.fmean(values) / error == pytest.approx(test.statistic)
    assert statistics.fmean(values) - error * t.ppf(0.95, 29) == pytest.approx(low)
    assert statistics.fmean(values) + error * t.ppf(0.95, 29) == pytest.approx(high)


def test_one_cluster_has_no_standard_error_and_equal_values_have_none() -> None:
    assert standard_error([0.1, 0.2], ["only", "only"]) is None
    assert standard_error([0.5] * 6, names([0, 0, 1, 1, 2, 2])) == pytest.approx(0.0, abs=1e-12)


def test_the_detectable_loss_is_found_in_four_of_five_runs() -> None:
    assert detectable_loss(1.0, 10_001, CONFIDENCE) == pytest.approx(1.645 + 0.842, abs=0.001)
    source = np.random.default_rng(3)
    clusters, runs = 40, 4_000
    drawn = source.standard_normal((runs, clusters))
    loss = detectable_loss(1 / math.sqrt(clusters), clusters, CONFIDENCE)
    error = drawn.std(axis=1, ddof=1) / math.sqrt(clusters)
    seen = np.mean(drawn.mean(axis=1) - loss + float(t.ppf(CONFIDENCE, clusters - 1)) * error < 0)
    assert seen == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(("confidence", "fewest"), [(0.51, 2), (0.75, 2), (0.9, 4), (0.95, 5), (0.99, 7)])
def test_the_fewest_clusters_are_those_that_first_give_bounds(confidence: float, fewest: int) -> None:
    assert fewest_clusters(confidence) == fewest
    assert mean_bounds([1] * (fewest - 1), names(list(range(fewest - 1))), confidence) is None
    assert mean_bounds([1] * fewest, names(list(range(fewest))), confidence) is not None


def test_bounds_do_not_change_from_one_machine_or_release_to_the_next() -> None:
    values = [(number * 7919) % 1_000_003 - 500_000 for number in range(150)]
    bounds = mean_bounds(values, names([number % 50 for number in range(150)]), CONFIDENCE)
    assert bounds is not None
    assert (bounds.lower, bounds.upper) == (-84_429, -42_372)
