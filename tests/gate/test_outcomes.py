"""Which scores get which verdict."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.gate.sheets import METRIC, RULE, case_ids, numbered, result, scored, sheet, verdict

from surefoot.gate import GATE, ScoreSheet, Strictness
from surefoot.records import Invariant, Rule, Unscored

GOOD = numbered(120, lambda number: number % 6 != 0)
HALF_LOST = numbered(120, lambda number: number % 6 != 0 and number % 3 != 1)
LITTLE_LOST = numbered(120, lambda number: number % 6 != 0 and number % 30 != 1)
SOME_LOST = numbered(120, lambda number: number % 6 != 0 and number % 13 != 1)
ALWAYS = Invariant(metric=METRIC, at_least=0.5)


def test_the_gate_says_which_it_is() -> None:
    assert GATE == "surefoot.gate/2"


def test_identical_scores_are_a_difference_of_zero_and_pass() -> None:
    one = result(sheet(GOOD, GOOD))
    assert (one.outcome, one.difference, one.lower, one.upper) == ("PASS", 0.0, 0.0, 0.0)
    assert (one.discordant, one.detectable, one.worse) == (0, 0.0, ())


def test_a_shown_loss_beyond_the_margin_fails_and_names_cases() -> None:
    came = verdict(sheet(HALF_LOST, GOOD))
    assert came.outcome == came.rules[0].outcome == "FAIL"
    assert came.rules[0].worse[:2] == ("case-001", "case-004")
    assert "case-001" in came.reasons[0]


def test_a_shown_loss_within_the_margin_passes_and_is_called_a_loss() -> None:
    lost = numbered(120, lambda number: 0.5 - 0.04 * (number % 2))
    one = result(sheet(lost, [0.5] * 120))
    assert one.outcome == "PASS" and one.upper is not None and one.upper < 0
    assert "a loss, but less than the margin" in one.reason


def test_a_loss_that_may_be_beyond_the_margin_is_inconclusive() -> None:
    one = result(sheet(SOME_LOST, GOOD))
    assert one.outcome == "INCONCLUSIVE"
    assert one.lower is not None and one.lower < -0.08 < (one.difference or 0)


def test_a_loss_of_exactly_the_margin_in_every_cluster_does_not_pass() -> None:
    assert result(sheet([0.42] * 120, [0.5] * 120)).outcome == "INCONCLUSIVE"
    assert result(sheet([0.42 + 1e-8] * 120, [0.5] * 120)).outcome == "PASS"
    assert result(sheet([0.42 - 1e-8] * 120, [0.5] * 120)).outcome == "FAIL"


def test_fewer_than_five_clusters_decide_nothing_even_with_identical_scores() -> None:
    for clusters in (1, 2, 4):
        one = result(sheet(GOOD[: clusters * 3], GOOD[: clusters * 3]))
        assert (one.outcome, one.lower, one.upper) == ("INCONCLUSIVE", None, None)
        assert "5 are the fewest" in one.reason
    assert result(sheet(GOOD[:15], GOOD[:15])).outcome == "PASS"


def test_less_is_better_where_a_rule_says_so() -> None:
    rule = replace(RULE, lower_is_better=True)
    more, less = HALF_LOST, GOOD
    rose = result(sheet(less, more), rule)
    assert rose.outcome == "FAIL" and (rose.difference or 0) < 0
    assert rose.baseline == pytest.approx(0.5) and rose.candidate == pytest.approx(100 / 120)
    assert result(sheet(more, less), rule).outcome == "PASS"


@pytest.mark.parametrize("arm", ["candidate", "baseline"])
def test_too_few_scores_of_either_arm_are_refused(arm: str) -> None:
    holes: list[float | None] = [None] * 4 + GOOD[4:]
    sheets = {"candidate": sheet(holes, GOOD), "baseline": sheet(GOOD, holes)}
    came = verdict(sheets[arm])
    assert came.outcome == "REFUSED"
    assert f"{METRIC} of the {arm} is scored in 116 of 120 cases" in came.reasons[0]
    assert "'the model did not answer'" in came.reasons[0] and "case-000" in came.reasons[0]
    assert came.rules[0].difference is not None


def test_a_few_missing_scores_count_as_worst_and_best() -> None:
    flat = [0.5] * 120
    one = result(sheet([None, *flat[1:]], [*flat[:-1], None]))
    assert one.difference == pytest.approx((-0.5 - 0.5) / 120)
    assert (one.unscored_candidate, one.unscored_baseline, one.discordant) == (1, 1, 2)
    turned = result(sheet([None, *flat[1:]], flat), replace(RULE, lower_is_better=True, highest=2.0))
    assert turned.difference == pytest.approx(-1.5 / 120)


def test_missing_scores_can_take_a_pass_away() -> None:
    assert result(sheet(LITTLE_LOST, GOOD)).outcome == "PASS"
    holes: list[float | None] = [
        None if number in (7, 8, 13) else LITTLE_LOST[number] for number in range(120)
    ]
    assert result(sheet(holes, GOOD)).outcome == "INCONCLUSIVE"


def test_a_case_or_a_metric_that_is_not_there_was_not_scored() -> None:
    whole = sheet(GOOD, GOOD)
    without = {METRIC: {case: score for case, score in whole.candidate[METRIC].items() if case != "case-001"}}
    one = verdict(replace(whole, candidate=without)).rules[0]
    assert one.unscored_candidate == 1 and one.difference == pytest.approx(-1 / 120)
    none = verdict(replace(whole, candidate={}))
    assert none.outcome == "REFUSED" and "'was not scored'" in none.reasons[0]
    assert verdict(replace(whole, baseline={})).outcome == "REFUSED"


def test_a_blocking_rule_that_a_model_judges_is_refused_and_an_advisory_one_is_not() -> None:
    judged = replace(RULE, judged=True)
    assert verdict(sheet(GOOD, GOOD), judged).outcome == "REFUSED"
    assert verdict(sheet(GOOD, GOOD), RULE, replace(judged, blocking=False)).outcome == "PASS"


@pytest.mark.parametrize("candidate", [HALF_LOST, SOME_LOST, [None] * 120, [7.0] * 120])
def test_an_advisory_rule_is_reported_and_changes_nothing(candidate: list[float | None]) -> None:
    both = sheet(GOOD, GOOD)
    both = ScoreSheet(
        expected={**both.expected, "advice": both.expected[METRIC]},
        clusters=both.clusters,
        candidate={**both.candidate, "advice": scored(candidate)},
        baseline={METRIC: scored(GOOD), "advice": scored(GOOD)},
    )
    came = verdict(both, RULE, Rule(metric="advice", blocking=False, margin=0.08))
    assert came.outcome == "PASS" and len(came.reasons) == 1
    assert came.rules[1].outcome != "PASS" and came.rules[1].reason


def test_a_gate_that_decides_nothing_never_passes() -> None:
    came = verdict(sheet(GOOD, GOOD), replace(RULE, blocking=False), invariants=[])
    assert came.outcome == "REFUSED"
    assert verdict(sheet(GOOD, GOOD), replace(RULE, metric="another")).outcome == "REFUSED"
    assert verdict(sheet([], [])).outcome == "REFUSED"


def test_invariants_alone_decide_however_few_cases_there_are_and_say_that_nothing_was_compared() -> None:
    advice = replace(RULE, blocking=False)
    passed = verdict(sheet([1.0], [0.5]), advice, invariants=[ALWAYS])
    assert passed.outcome == "PASS" and passed.rules[0].outcome == "INCONCLUSIVE"
    assert passed.reasons == (
        "The invariant holds in every case. No blocking rule compares with the baseline, so a loss that "
        "breaks no invariant was not looked for.",
    )
    assert verdict(sheet([0.4], [1.0]), advice, invariants=[ALWAYS]).outcome == "FAIL"
    assert verdict(sheet([None], [1.0]), advice, invariants=[ALWAYS]).outcome == "REFUSED"
    founded = verdict(sheet([1.0], None), advice, invariants=[ALWAYS])
    assert founded.outcome == "PASS"
    assert founded.reasons == (
        "A founding verdict, which compares with nothing: no floor is set; the invariant holds in every "
        "case.",
    )


def test_an_invariant_broken_in_one_case_fails_and_names_it() -> None:
    perfect = [1.0] * 120
    assert verdict(sheet(perfect, perfect), invariants=[ALWAYS]).outcome == "PASS"
    came = verdict(sheet([*perfect[:-1], 0.4], perfect), invariants=[ALWAYS])
    assert came.outcome == "FAIL" and came.rules[0].outcome == "PASS"
    assert came.invariants[0].broken == ("case-119",) and "case-119" in came.reasons[0]


def test_an_invariant_that_was_not_measured_in_one_case_is_refused() -> None:
    perfect = [1.0] * 120
    came = verdict(sheet([*perfect[:-1], None], perfect), invariants=[ALWAYS])
    assert came.outcome == "REFUSED" and came.invariants[0].unscored == ("case-119",)
    none = Invariant(metric="another", at_least=1.0)
    assert verdict(sheet(perfect, perfect), invariants=[none]).outcome == "REFUSED"


def test_an_invariant_is_not_asked_of_the_baseline() -> None:
    assert verdict(sheet([1.0] * 120, [0.0] * 120), invariants=[ALWAYS]).outcome == "PASS"


def test_fail_outweighs_refused_which_outweighs_inconclusive() -> None:
    cases = case_ids(120)
    arms: dict[str, Sequence[float | None]] = {
        "fails": HALF_LOST,
        "unsure": SOME_LOST,
        "refused": [None] * 120,
    }
    everything = ScoreSheet(
        expected=dict.fromkeys(arms, cases),
        clusters=sheet(GOOD, GOOD).clusters,
        candidate={metric: scored(values) for metric, values in arms.items()},
        baseline={metric: scored(GOOD) for metric in arms},
    )
    rules = {metric: replace(RULE, metric=metric) for metric in arms}
    assert verdict(everything, rules["unsure"], rules["refused"]).outcome == "REFUSED"
    came = verdict(everything, rules["unsure"], rules["refused"], rules["fails"])
    assert came.outcome == "FAIL"
    assert [reason.split()[0] for reason in came.reasons] == ["fails", "refused", "unsure"]


def test_the_first_release_passes_by_floors_and_invariants_and_says_that_it_is_the_first() -> None:
    rule = replace(RULE, floor=0.8)
    came = verdict(sheet(GOOD, None), rule)
    assert (came.kind, came.outcome) == ("founding", "PASS")
    one = came.rules[0]
    assert (one.baseline, one.difference, one.detectable) == (None, None, None)
    assert one.lower is not None and one.upper is not None and one.lower < 100 / 120 < one.upper
    assert verdict(sheet(GOOD, None), replace(rule, floor=0.84)).outcome == "FAIL"
    assert verdict(sheet(GOOD, None), rule, invariants=[ALWAYS]).outcome == "FAIL"


def test_a_floor_that_is_just_reached_is_reached() -> None:
    rule = replace(RULE, floor=0.7)
    assert verdict(sheet([0.7] * 120, None), rule).outcome == "PASS"
    assert verdict(sheet([0.7 - 1e-8] * 120, None), rule).outcome == "FAIL"


def test_a_floor_is_the_highest_mean_where_less_is_better() -> None:
    rule = replace(RULE, floor=0.2, lower_is_better=True)
    few = numbered(120, lambda number: number % 6 == 0)
    one = verdict(sheet(few, None), rule).rules[0]
    assert one.outcome == "PASS" and one.candidate == pytest.approx(20 / 120)
    assert one.lower is not None and one.upper is not None and one.lower < 20 / 120 < one.upper
    assert verdict(sheet(GOOD, None), rule).outcome == "FAIL"


def test_missing_scores_count_as_the_worst_in_a_founding_verdict() -> None:
    rule = replace(RULE, floor=0.99)
    perfect: list[float | None] = [1.0] * 118
    assert verdict(sheet([*perfect, 1.0, 1.0], None), rule).outcome == "PASS"
    assert verdict(sheet([*perfect, None, None], None), rule).outcome == "FAIL"
    assert verdict(sheet([None] * 4 + [1.0] * 116, None), rule).outcome == "REFUSED"


def test_a_founding_verdict_needs_a_floor_or_an_invariant() -> None:
    assert verdict(sheet(GOOD, None)).outcome == "REFUSED"
    came = verdict(sheet([1.0] * 120, None), invariants=[ALWAYS])
    assert came.outcome == "PASS" and "no floor is set" in came.rules[0].reason


def test_confidence_decides_how_sure_a_verdict_is() -> None:
    of = sheet(SOME_LOST, GOOD)
    assert verdict(of, strictness=Strictness(confidence=0.51)).outcome == "PASS"
    assert verdict(of, strictness=Strictness(confidence=0.95)).outcome == "INCONCLUSIVE"


def test_a_stricter_floor_of_scores_refuses_one_missing_score() -> None:
    holes: list[float | None] = [None, *GOOD[1:]]
    of = sheet(holes, GOOD)
    assert verdict(of).outcome == "PASS"
    assert verdict(of, strictness=Strictness(scored_at_least=1.0)).outcome == "REFUSED"
    assert isinstance(of.candidate[METRIC]["case-000"], Unscored)
