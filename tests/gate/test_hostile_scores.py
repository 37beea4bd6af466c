"""Scores, rules and names from a stranger end in a verdict, never in a PASS and never in an exception."""

import math
from dataclasses import replace

import pytest
from tests.gate.sheets import METRIC, RULE, case_ids, result, scored, sheet, verdict

from surefoot.gate import ScoreSheet, Strictness
from surefoot.records import Invariant, Scored, Unscored

PERFECT = [1.0] * 30


def test_a_score_of_an_unexpected_case_is_refused_and_quoted() -> None:
    whole = sheet(PERFECT, PERFECT)
    added = {METRIC: {**whole.candidate[METRIC], "\x1b[31mnot\nours" + "x" * 500: Scored(value=1.0)}}
    for came in (verdict(replace(whole, candidate=added)), verdict(replace(whole, baseline=added))):
        assert came.outcome == "REFUSED"
        assert r"'\x1b[31mnot\nours" in came.reasons[0] and len(came.reasons[0]) < 300
    invariant = Invariant(metric=METRIC, at_least=0.0)
    came = verdict(replace(whole, candidate=added), replace(RULE, blocking=False), invariants=[invariant])
    assert any("does not apply to" in reason for reason in came.reasons)


@pytest.mark.parametrize("value", [1.1, -0.1, 1e308, -1e308, 5e-5 + 1])
def test_a_score_outside_the_range_is_refused(value: float) -> None:
    for of in (sheet([value, *PERFECT[1:]], PERFECT), sheet(PERFECT, [value, *PERFECT[1:]])):
        came = verdict(of)
        assert came.outcome == "REFUSED" and "case-000" in came.reasons[0]


def test_a_rounding_error_beyond_the_range_is_forgiven() -> None:
    one = result(sheet([1.0000002, *PERFECT[1:]], PERFECT))
    assert (one.outcome, one.difference) == ("PASS", 0.0)


@pytest.mark.parametrize("margin", [0.0, -0.1, 1.0, 5.0, math.nan, math.inf, 1e-12])
def test_a_margin_that_tests_nothing_is_refused(margin: float) -> None:
    assert verdict(sheet(PERFECT, PERFECT), replace(RULE, margin=margin)).outcome == "REFUSED"


@pytest.mark.parametrize(
    ("lowest", "highest"), [(1.0, 0.0), (1.0, 1.0), (math.nan, 1.0), (0.0, math.inf), (-1e308, 1e308)]
)
def test_a_range_that_is_none_is_refused(lowest: float, highest: float) -> None:
    assert (
        verdict(sheet(PERFECT, PERFECT), replace(RULE, lowest=lowest, highest=highest)).outcome == "REFUSED"
    )


@pytest.mark.parametrize("floor", [math.nan, 1.5, -0.5])
def test_a_floor_outside_the_range_is_refused(floor: float) -> None:
    assert verdict(sheet(PERFECT, None), replace(RULE, floor=floor)).outcome == "REFUSED"


@pytest.mark.parametrize("least", [math.nan, math.inf, -math.inf])
def test_an_invariant_that_holds_scores_to_no_number_never_passes(least: float) -> None:
    invariant = Invariant(metric=METRIC, at_least=least)
    assert verdict(sheet(PERFECT, PERFECT), invariants=[invariant]).outcome in {"FAIL", "REFUSED"}


def test_a_huge_range_and_many_cases_stay_exact() -> None:
    rule = replace(RULE, lowest=0.0, highest=1e300, margin=1e299)
    values = [1e300 * (number % 7) / 7 for number in range(30_000)]
    one = result(sheet(values, values), rule)
    assert (one.outcome, one.difference, one.lower) == ("PASS", 0.0, 0.0)
    assert result(sheet([0.0] * 30_000, [1e300] * 30_000), rule).difference == -1e300


def test_other_metrics_and_reasons_of_any_length_do_no_harm() -> None:
    whole = sheet(PERFECT, PERFECT)
    noise = {**whole.candidate, "made up": {"nobody": Scored(value=1e300)}}
    assert verdict(replace(whole, candidate=noise)).outcome == "PASS"
    holes = {METRIC: dict.fromkeys(case_ids(30), Unscored(reason="no\n" * 10_000))}
    (reason,) = verdict(replace(whole, candidate=holes)).reasons
    assert len(reason) < 400 and "\n" not in reason


def test_no_scores_and_no_rules_are_a_refusal() -> None:
    empty = ScoreSheet(expected={}, clusters={}, candidate={}, baseline={})
    assert verdict(empty).outcome == "REFUSED"
    assert verdict(replace(empty, baseline=None), replace(RULE, floor=0.0)).outcome == "REFUSED"


def test_a_suite_that_contradicts_itself_is_a_mistake_of_the_caller() -> None:
    whole = sheet(PERFECT, PERFECT)
    with pytest.raises(ValueError, match="expected twice"):
        replace(whole, expected={METRIC: ("case-000", "case-000")})
    with pytest.raises(ValueError, match="no cluster is given for 'stray'"):
        replace(whole, expected={METRIC: ("case-000", "stray")})


@pytest.mark.parametrize("wrong", [0.0, 0.5, 1.0, math.nan])
def test_a_confidence_of_nothing_or_everything_is_a_mistake_of_the_caller(wrong: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        Strictness(confidence=wrong)


@pytest.mark.parametrize("wrong", [0.0, -1.0, 1.01, math.nan])
def test_a_share_of_scores_that_is_none_is_a_mistake_of_the_caller(wrong: float) -> None:
    with pytest.raises(ValueError, match="scored_at_least"):
        Strictness(scored_at_least=wrong)


def test_a_case_with_a_score_counts_once_however_often_a_rule_is_given() -> None:
    came = verdict(sheet(PERFECT, PERFECT), RULE, RULE)
    assert [one.cases for one in came.rules] == [30, 30] and came.outcome == "PASS"
    assert scored(PERFECT) == sheet(PERFECT, PERFECT).candidate[METRIC]
