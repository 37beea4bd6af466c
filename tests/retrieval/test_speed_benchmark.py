"""The arithmetic of `tests.benchmarks.speed`, and that its page shows what its results say."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.benchmarks.speed.contenders.embedding import DIMENSIONS, cheap
from tests.benchmarks.speed.environments import CONTENDERS
from tests.benchmarks.speed.written import NAMES, percentile, rates, ratio, spread

TOP = Path(__file__).parents[2]
RESULTS = json.loads((TOP / "docs/reference/retrieval-speed.json").read_bytes())
PAGE = (TOP / "docs/reference/retrieval-speed.md").read_text(encoding="utf-8")


@given(st.lists(st.floats(0.001, 1e6), min_size=1))
def test_a_percentile_is_a_value_that_enough_do_not_exceed(values: list[float]) -> None:
    for share in (0.5, 0.99, 1.0):
        found = percentile(values, share)
        assert found in values
        assert sum(value <= found for value in values) >= share * len(values)


def test_ratios_are_made_within_a_round() -> None:
    ours = [{"passages": 100, "seconds": 1.0}, {"passages": 100, "seconds": 4.0}]
    theirs = [{"passages": 100, "seconds": 2.0}, {"passages": 100, "seconds": 8.0}]

    times = ratio(ours, theirs)

    assert (times.value, times.low, times.high) == (2.0, 2.0, 2.0)
    assert spread(rates(ours)).words(0) == "62 (25 to 100)"


def test_cheap_vectors_are_of_length_one_and_the_same_for_the_same_text() -> None:
    rows = cheap(["a", "b", "a"])

    assert rows.shape == (3, DIMENSIONS)
    assert (rows**2).sum(axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert (rows[0] == rows[2]).all() and (rows[0] != rows[1]).any()


def test_every_contender_has_a_name_and_a_script() -> None:
    for contender in CONTENDERS:
        assert contender in NAMES
        assert (TOP / "tests/benchmarks/speed/contenders" / f"{contender}.py").is_file()


def test_the_page_shows_what_the_results_say() -> None:
    for goal in RESULTS["goals"]:
        assert f"| {goal['goal']} | {goal['wanted']} | " in PAGE
        assert goal["reached"] in (True, False)
    for name, rounds in RESULTS["stubbed"].items():
        assert f"| {NAMES[name]} | {rounds[0]['passages']:,} | {spread(rates(rounds)).words(0)} |" in PAGE
    for size, searched in RESULTS["searched"].items():
        for name, said in searched.items():
            shown = said.get("failed") or f"{said['p50'] * 1000:.1f} ms"
            assert f"| {NAMES[name]} | " in PAGE and shown in PAGE, (size, name)
