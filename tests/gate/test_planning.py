"""What a suite can test, held against the gate's own decisions on drawn scores."""

import math

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.gate.intervals import mean_bounds
from surefoot.gate.planning import assumed_error, measured_error, power_of

BILLION = 10**9


def test_what_can_be_tested_is_what_passes_in_four_of_five_drawn_runs() -> None:
    clusters = [f"{number // 2:03}" for number in range(200)]
    random = numpy.random.default_rng(1)
    error = assumed_error([f"{number}" for number in range(200)], 0.14)
    can = power_of(clusters, error, margin=0.05, confidence=0.95)
    assert can.smallest is not None

    passed = 0
    for _ in range(300):
        luck = random.random(200)
        scores = numpy.where(luck < 0.07, -BILLION, numpy.where(luck > 0.93, BILLION, 0))
        bounds = mean_bounds([int(score) for score in scores], clusters, 0.95)
        assert bounds is not None
        passed += bounds.lower > -can.smallest * BILLION

    assert 0.73 < passed / 300 < 0.87


@given(st.integers(5, 200), st.integers(1, 4), st.floats(0.01, 0.5), st.floats(0.01, 0.3))
def test_as_many_cases_as_it_says_suffice(clusters: int, each: int, differing: float, margin: float) -> None:
    names = [f"{number}" for number in range(clusters)] * each
    can = power_of(names, assumed_error(names, differing), margin=margin, confidence=0.95)
    assert can.smallest is not None
    assert (can.cases, can.clusters) >= (len(names), clusters)
    assert (can.smallest > margin) == (can.cases > len(names)) or math.isclose(can.smallest, margin)

    more = [f"{number}" for number in range(can.clusters)] * each
    grown = power_of(more, assumed_error(more, differing), margin=margin, confidence=0.95)

    assert grown.smallest is not None
    assert grown.smallest <= margin * 1.0001
    assert grown.passes >= can.passes - 1e-9


def test_a_loss_in_two_cases_is_told_by_no_spread() -> None:
    names = [f"{number}" for number in range(50)]

    can = power_of(names, 0.0, margin=0.05, confidence=0.95)

    assert can.smallest == 0.06
    assert can.cases == 60


def test_too_few_clusters_can_test_nothing() -> None:
    can = power_of(["one", "one", "two", "two"], 0.1, margin=0.1, confidence=0.95)

    assert (can.smallest, can.passes, can.cases, can.clusters) == (None, 0.0, 10, 5)


def test_a_measured_spread_is_scaled_to_the_clusters_there_are_now() -> None:
    of = [f"{number}" for number in range(20)]
    differences = [1.0, -1.0, 0.0, 0.0] * 5
    error = measured_error(differences, of, of)
    assert error is not None

    assert measured_error(differences, of, [f"{number}" for number in range(80)]) == pytest.approx(error / 2)
    assert measured_error([0.0] * 20, of, of) is None
    assert measured_error([0.0, 1.0], ["one", "one"], of) is None
    with pytest.raises(ValueError, match="0 cases"):
        power_of([], 0.1, margin=0.1, confidence=0.95)
