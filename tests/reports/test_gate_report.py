import dataclasses

from tests.reports.examples.gates import (
    ABSTAINS,
    RECALL,
    RULES,
    failing,
    founding,
    inconclusive,
    passing,
    refused,
    with_verdict,
)
from tests.reports.examples.handbook import cases

from surefoot.records import Rule, Scored, Unscored
from surefoot.reports.gate_report import GateReport, broken_cases, gained_cases, unscored_counts


def scored_as(made: GateReport, rule: Rule, case: str, *, old: float, new: float | None) -> GateReport:
    """The gate with other scores of one case."""
    receipt = made.receipt
    assert receipt.baseline_scores is not None
    candidate = Unscored(reason="lost") if new is None else Scored(value=new)
    return dataclasses.replace(
        made,
        receipt=dataclasses.replace(
            receipt,
            baseline_scores={
                **receipt.baseline_scores,
                rule.metric: {**receipt.baseline_scores[rule.metric], case: Scored(value=old)},
            },
            candidate_scores={
                **receipt.candidate_scores,
                rule.metric: {**receipt.candidate_scores[rule.metric], case: candidate},
            },
        ),
    )


def test_a_broken_invariant_comes_before_any_loss_and_losses_come_by_size() -> None:
    broken = broken_cases(failing())
    assert broken[0].case.id == "travel-03" and broken[0].invariants == ("finishes",)
    assert [one.loss for one in broken[1:]] == sorted((one.loss for one in broken[1:]), reverse=True)
    assert len(broken) == 10 and broken_cases(failing(), most=3) == broken[:3]


def test_a_case_shows_each_metric_before_and_after_and_both_answers() -> None:
    (one,) = [one for one in broken_cases(failing()) if one.case.id == "badge-05"]
    (moved,) = [change for change in one.changes if change.loss]
    assert (moved.rule, moved.baseline, moved.candidate) == (ABSTAINS, Scored(value=1.0), Scored(value=0.0))
    assert one.baseline == failing().baseline["badge-05"]
    assert one.candidate == failing().candidate["badge-05"]


def test_a_case_that_gained_is_not_among_the_broken() -> None:
    assert [one.case.id for one in broken_cases(passing())] == ["travel-03"]
    assert [one.case.id for one in gained_cases(passing())] == ["badge-02"]


def test_a_missing_score_counts_as_the_worst_of_the_candidate() -> None:
    (one, *_) = broken_cases(scored_as(passing(), RECALL, "leave-01", old=0.9, new=None))
    assert one.case.id == "leave-01" and round(one.loss, 9) == 0.9


def test_where_less_is_better_a_rise_is_a_loss() -> None:
    made = scored_as(inconclusive(), RECALL, "leave-01", old=0.2, new=0.8)
    assert "leave-01" not in {one.case.id for one in broken_cases(made) if one.loss > 0}
    verdict = made.receipt.verdict
    turned = dataclasses.replace(
        verdict,
        rules=tuple(
            dataclasses.replace(
                result, rule=dataclasses.replace(result.rule, lower_is_better=result.rule is RECALL)
            )
            for result in verdict.rules
        ),
    )
    (one, *_) = broken_cases(with_verdict(made, turned))
    assert one.case.id == "leave-01" and round(one.loss, 9) == 0.6


def test_a_case_that_a_failed_rule_names_is_shown_although_it_gained_elsewhere() -> None:
    made = inconclusive()
    assert made.receipt.verdict.rules[1].worse == ("leave-01",)
    washed = scored_as(made, RULES[0], "leave-01", old=0.0, new=1.0)
    assert [one.case.id for one in broken_cases(washed)] == ["leave-01"]
    assert broken_cases(washed)[0].loss == 0 and gained_cases(washed) == ()


def test_what_only_advises_breaks_no_case() -> None:
    made = scored_as(passing(), RULES[3], "leave-01", old=1.0, new=0.0)
    assert [one.case.id for one in broken_cases(made)] == ["travel-03"]


def test_in_a_founding_gate_the_lowest_cases_are_shown_with_what_they_are_short_of() -> None:
    (one,) = broken_cases(founding())
    assert one.case.id == "leave-01" and one.loss == 1.0 and one.baseline is None
    assert all(change.baseline is None for change in one.changes)


def test_reasons_are_counted_by_metric_and_arm() -> None:
    (count,) = unscored_counts(refused())
    assert (count.metric, count.arm, count.cases) == ("evidence_recall", "candidate", 5)
    assert "worker died" in count.reason


def test_a_case_that_only_one_arm_scored_is_counted_as_never_scored() -> None:
    made = passing()
    scores = {**made.receipt.candidate_scores, "evidence_recall": {}}
    receipt = dataclasses.replace(made.receipt, candidate_scores=scores)
    (count,) = unscored_counts(dataclasses.replace(made, receipt=receipt))
    assert (count.reason, count.cases) == ("was not scored", 10)


def test_cases_that_are_not_at_hand_are_left_out_of_the_lists() -> None:
    assert broken_cases(dataclasses.replace(failing(), cases=cases(2)))[0].case.id == "badge-02"
