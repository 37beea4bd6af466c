"""What holds of every verdict, whatever the scores are."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.sheets import METRIC, MISSING, RULE, STRICT, result, verdict

from surefoot.gate import ScoreSheet, Strictness
from surefoot.records import Invariant, Outcome, Rule, RuleResult, Score, Scored

LENIENT = Strictness(scored_at_least=0.5)
RANK: Mapping[Outcome, int] = {"REFUSED": 0, "FAIL": 1, "INCONCLUSIVE": 2, "PASS": 3}
VALUES = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1)
MARGINS = st.sampled_from([0.05, 0.08, 0.1, 0.25]) | st.floats(0.001, 0.9)


@st.composite
def sheets(draw: st.DrawFn) -> ScoreSheet:
    """Two arms of 5 to 40 cases in up to 18 unequal clusters, so that half-samples are counted and drawn."""
    count = draw(st.integers(5, 40))
    cases = tuple(f"case-{number:03}" for number in range(count))

    def arm() -> dict[str, dict[str, Score]]:
        return {METRIC: {case: Scored(value=draw(VALUES)) for case in cases}}

    clusters = {case: f"document-{draw(st.integers(0, 17))}" for case in cases}
    return ScoreSheet(expected={METRIC: cases}, clusters=clusters, candidate=arm(), baseline=arm())


def with_score(of: ScoreSheet, case: str, score: Score) -> ScoreSheet:
    """The same with another score of the candidate's."""
    return replace(of, candidate={METRIC: {**of.candidate[METRIC], case: score}})


def value_of(of: ScoreSheet, case: str) -> float:
    score = of.candidate[METRIC][case]
    assert isinstance(score, Scored)
    return score.value


@given(sheets(), MARGINS)
def test_the_order_of_cases_does_not_matter(of: ScoreSheet, margin: float) -> None:
    turned = tuple(reversed(of.expected[METRIC]))
    assert of.baseline is not None
    other = ScoreSheet(
        expected={METRIC: turned},
        clusters={case: of.clusters[case] for case in turned},
        candidate={METRIC: {case: of.candidate[METRIC][case] for case in turned}},
        baseline={METRIC: {case: of.baseline[METRIC][case] for case in turned}},
    )
    rule = replace(RULE, margin=margin)
    assert verdict(of, rule) == verdict(other, rule)


@given(sheets())
def test_swapping_the_arms_mirrors_the_interval(of: ScoreSheet) -> None:
    assert of.baseline is not None
    there, back = result(of), result(replace(of, candidate=of.baseline, baseline=of.candidate))
    assert (there.lower is None) == (back.lower is None)
    if there.lower is not None and there.upper is not None and there.difference is not None:
        assert (back.lower, back.upper, back.difference) == (-there.upper, -there.lower, -there.difference)
    assert there.discordant == back.discordant
    assert there.detectable == pytest.approx(back.detectable)


@given(sheets())
def test_turning_the_metric_around_turns_nothing_else(of: ScoreSheet) -> None:
    turned = replace(
        of, candidate=_turned(of.candidate[METRIC]), baseline=_turned((of.baseline or {})[METRIC])
    )
    there, back = result(of), result(turned, replace(RULE, lower_is_better=True))
    assert (there.outcome, there.worse) == (back.outcome, back.worse)
    for one, other in zip(_numbers(there), _numbers(back), strict=True):
        assert one == pytest.approx(other, abs=2e-9)


def _numbers(one: RuleResult) -> tuple[float | None, ...]:
    return one.difference, one.lower, one.upper, one.detectable


def _turned(scores: Mapping[str, Score]) -> dict[str, dict[str, Score]]:
    """1 - value."""
    return {
        METRIC: {
            case: Scored(value=1 - score.value) for case, score in scores.items() if isinstance(score, Scored)
        }
    }


@given(sheets(), MARGINS, st.data())
def test_a_worse_score_never_improves_a_verdict(of: ScoreSheet, margin: float, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(of.expected[METRIC]))
    worse = with_score(of, case, Scored(value=data.draw(st.floats(0, value_of(of, case)))))
    rule = replace(RULE, margin=margin)
    before, after = result(of, rule), result(worse, rule)
    assert RANK[after.outcome] <= RANK[before.outcome]
    if before.lower is not None and before.upper is not None:
        assert after.lower is not None and after.lower <= before.lower
        assert after.upper is not None and after.upper <= before.upper


@given(sheets(), MARGINS, st.data())
def test_a_missing_score_never_improves_a_verdict(of: ScoreSheet, margin: float, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(of.expected[METRIC]))
    rule = replace(RULE, margin=margin)
    before, after = (
        verdict(of, rule, strictness=LENIENT),
        verdict(with_score(of, case, MISSING), rule, strictness=LENIENT),
    )
    assert RANK[after.outcome] <= RANK[before.outcome]


@given(sheets(), MARGINS, st.data())
def test_a_missing_baseline_score_never_improves_a_verdict(
    of: ScoreSheet, margin: float, data: st.DataObject
) -> None:
    case = data.draw(st.sampled_from(of.expected[METRIC]))
    assert of.baseline is not None
    holes = replace(of, baseline={METRIC: {**of.baseline[METRIC], case: MISSING}})
    rule = replace(RULE, margin=margin)
    before, after = verdict(of, rule, strictness=LENIENT), verdict(holes, rule, strictness=LENIENT)
    assert RANK[after.outcome] <= RANK[before.outcome]


@given(sheets(), st.floats(0, 1), st.data())
def test_a_crash_never_opens_the_founding_gate(of: ScoreSheet, floor: float, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(of.expected[METRIC]))
    founding = replace(of, baseline=None)
    rule = replace(RULE, floor=floor)
    invariants = [Invariant(metric=METRIC, at_least=data.draw(st.floats(0, 0.3)))]
    before = verdict(founding, rule, invariants=invariants, strictness=LENIENT)
    after = verdict(with_score(founding, case, MISSING), rule, invariants=invariants, strictness=LENIENT)
    assert after.outcome != "PASS" and (before.outcome != "PASS" or after.outcome == "REFUSED")


@given(sheets(), MARGINS)
def test_identical_scores_pass_with_an_interval_of_nothing(of: ScoreSheet, margin: float) -> None:
    one = result(replace(of, baseline=of.candidate), replace(RULE, margin=margin))
    if one.clusters < 5:
        assert (one.outcome, one.lower) == ("INCONCLUSIVE", None)
    else:
        assert (one.outcome, one.difference, one.lower, one.upper) == ("PASS", 0.0, 0.0, 0.0)


@given(sheets())
def test_bounds_stand_around_the_difference_and_a_pass_is_above_the_margin(of: ScoreSheet) -> None:
    one = result(of)
    if one.lower is None or one.upper is None or one.difference is None:
        return
    assert one.lower <= one.difference <= one.upper
    assert (one.outcome == "PASS") == (one.lower > -RULE.margin)
    assert (one.outcome == "FAIL") == (one.upper < 0 and one.difference < -RULE.margin)
    assert one.baseline is not None and one.candidate is not None
    assert one.candidate - one.baseline == pytest.approx(one.difference, abs=2e-9)


@given(sheets(), st.sampled_from([0.001, 4.0, 1000.0, 2.0**40]), st.sampled_from([-5.0, 0.0, 3.0]))
def test_the_unit_of_a_metric_changes_no_verdict(of: ScoreSheet, factor: float, shift: float) -> None:
    def scaled(scores: Mapping[str, Score]) -> dict[str, dict[str, Score]]:
        values = {case: score.value for case, score in scores.items() if isinstance(score, Scored)}
        return {METRIC: {case: Scored(value=(value + shift) * factor) for case, value in values.items()}}

    rule = Rule(
        metric=METRIC,
        blocking=True,
        margin=RULE.margin * factor,
        lowest=shift * factor,
        highest=(1 + shift) * factor,
    )
    assert of.baseline is not None
    other = replace(of, candidate=scaled(of.candidate[METRIC]), baseline=scaled(of.baseline[METRIC]))
    there, here = result(of), result(other, rule)
    assert here.clusters == there.clusters
    if there.lower is not None and there.upper is not None:
        assert here.lower == pytest.approx(there.lower * factor, abs=1e-8 * factor)
        assert here.upper == pytest.approx(there.upper * factor, abs=1e-8 * factor)


@given(sheets())
def test_no_reason_is_empty_and_the_verdict_is_that_of_its_only_rule(of: ScoreSheet) -> None:
    came = verdict(of)
    assert came.reasons and all(reason.endswith(".") for reason in came.reasons)
    assert came.outcome == came.rules[0].outcome and came.confidence == STRICT.confidence
