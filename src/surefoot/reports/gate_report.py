"""A gate's verdict with all that its reports show, and the cases that it hangs on."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from surefoot.records import Case, Response, Rule, Score, Scored, Scores, Unscored
from surefoot.releases.receipts import Receipt

_LEAST = 1e-9  # of a range: less is rounding, not a change
_NEVER = Unscored(reason="was not scored")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """What the reports are made from. `digest` is the receipt's.

    `cases` and the responses of both arms go by case; `baseline` is empty in a founding gate. A case of the
    receipt that is not in `cases` still counts in every number, but is not in the lists of cases.
    `prompt_diff` is a unified diff, or empty.
    """

    receipt: Receipt
    digest: str
    cases: Mapping[str, Case]
    candidate: Mapping[str, Response]
    baseline: Mapping[str, Response]
    prompt_diff: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricChange:
    """What one metric says of one case. `baseline` is None in a founding gate.

    `loss` is a share of the metric's range, above 0 for worse than the baseline; in a founding gate it is
    what is missing to the best. A missing score counts as it does in the gate: as the worst of the candidate
    and the best of the baseline.
    """

    rule: Rule
    baseline: Score | None
    candidate: Score
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenCase:
    """One case in both arms. `changes` has the rules that apply to it, in the verdict's order.

    `loss` is the sum over the blocking rules, so below 0 for a case that gained. `invariants` names the
    metrics of the invariants that the candidate breaks here. A response is None when none is recorded.
    """

    case: Case
    changes: tuple[MetricChange, ...]
    loss: float
    invariants: tuple[str, ...]
    candidate: Response | None
    baseline: Response | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnscoredCount:
    """How many cases a metric could not be measured in, for one reason, in one arm."""

    metric: str
    arm: str
    reason: str
    cases: int


def broken_cases(report: GateReport, *, most: int | None = None) -> tuple[BrokenCase, ...]:
    """The cases that broke, the worst first: broken invariants, then the most lost over the blocking rules.

    Cases that a blocking rule which did not pass names are among them, whatever they gained elsewhere.
    """
    named = {
        case
        for result in report.receipt.verdict.rules
        if result.rule.blocking and result.outcome != "PASS"
        for case in result.worse
    }
    broken = [
        one
        for one in compared_cases(report)
        if one.invariants
        or one.loss > _LEAST
        or (one.case.id in named and any(change.loss > _LEAST for change in one.changes))
    ]
    return tuple(sorted(broken, key=lambda one: (-len(one.invariants), -one.loss, one.case.id))[:most])


def gained_cases(report: GateReport, *, most: int | None = None) -> tuple[BrokenCase, ...]:
    """The cases that gained over the blocking rules and did not break, the most first."""
    broken = {one.case.id for one in broken_cases(report)}
    gained = [one for one in compared_cases(report) if one.loss < -_LEAST and one.case.id not in broken]
    return tuple(sorted(gained, key=lambda one: (one.loss, one.case.id))[:most])


def unscored_counts(report: GateReport) -> tuple[UnscoredCount, ...]:
    """What could not be measured and why: by metric in the order of the rules, frequent reasons first."""
    receipt = report.receipt
    counts = []
    for metric in _metrics(receipt):
        for arm, scores, other in (
            ("candidate", receipt.candidate_scores, receipt.baseline_scores or {}),
            ("baseline", receipt.baseline_scores, receipt.candidate_scores),
        ):
            if scores is None:
                continue
            reasons = Counter(
                score.reason
                for case in {**other.get(metric, {}), **scores.get(metric, {})}
                if isinstance(score := _found(scores, metric, case), Unscored)
            )
            counts += [
                UnscoredCount(metric=metric, arm=arm, reason=reason, cases=cases)
                for reason, cases in reasons.most_common()
            ]
    return tuple(counts)


def _metrics(receipt: Receipt) -> tuple[str, ...]:
    verdict = receipt.verdict
    return tuple(
        dict.fromkeys(
            [
                *(result.rule.metric for result in verdict.rules),
                *(held.invariant.metric for held in verdict.invariants),
                *sorted(receipt.candidate_scores),
            ]
        )
    )


def compared_cases(report: GateReport) -> list[BrokenCase]:
    """Every case in both arms, whether it broke or not, in the order of the scores."""
    changes = _changes(report.receipt)
    invariants: dict[str, list[str]] = {}
    for held in report.receipt.verdict.invariants:
        for case in held.broken:
            invariants.setdefault(case, []).append(held.invariant.metric)
    return [
        BrokenCase(
            case=report.cases[case],
            changes=tuple(changes.get(case, ())),
            loss=sum(change.loss for change in changes.get(case, ()) if change.rule.blocking),
            invariants=tuple(invariants.get(case, ())),
            candidate=report.candidate.get(case),
            baseline=report.baseline.get(case),
        )
        for case in dict.fromkeys([*changes, *invariants])
        if case in report.cases
    ]


def _changes(receipt: Receipt) -> dict[str, list[MetricChange]]:
    """By case, what each rule's metric says of it."""
    changes: dict[str, list[MetricChange]] = {}
    old_scores = receipt.baseline_scores
    for result in receipt.verdict.rules:
        rule = result.rule
        in_baseline = old_scores.get(rule.metric, {}) if old_scores is not None else {}
        for case in {**in_baseline, **receipt.candidate_scores.get(rule.metric, {})}:
            candidate = _found(receipt.candidate_scores, rule.metric, case)
            baseline = None if old_scores is None else _found(old_scores, rule.metric, case)
            best = 1.0 if baseline is None else _place(rule, baseline, missing=1.0)
            change = MetricChange(
                rule=rule,
                baseline=baseline,
                candidate=candidate,
                loss=best - _place(rule, candidate, missing=0.0),
            )
            changes.setdefault(case, []).append(change)
    return changes


def _found(scores: Scores, metric: str, case: str) -> Score:
    return scores.get(metric, {}).get(case, _NEVER)


def _place(rule: Rule, score: Score, *, missing: float) -> float:
    """Where a score stands in its range, from 0 for the worst to 1 for the best."""
    span = rule.highest - rule.lowest
    if not isinstance(score, Scored) or span <= 0:
        return missing
    share = min(1.0, max(0.0, (score.value - rule.lowest) / span))
    return 1 - share if rule.lower_is_better else share
