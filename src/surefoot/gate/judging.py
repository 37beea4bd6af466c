"""Judge one rule: the candidate against the baseline, or in a founding gate against the floor."""

from dataclasses import replace

from surefoot.gate import sentences
from surefoot.gate.intervals import (
    Bounds,
    detectable_loss,
    fewest_clusters,
    mean_bounds,
    standard_error,
)
from surefoot.gate.readings import BEST, Arm, Readings, place, read, to_amount, to_level, to_units, wrong_with
from surefoot.gate.sentences import RuleWords
from surefoot.gate.sheet import ScoreSheet, Strictness
from surefoot.records import Outcome, Rule, RuleResult

_NAMED_AT_MOST = 10


def judge(rule: Rule, sheet: ScoreSheet, strictness: Strictness) -> RuleResult:
    """What came of one rule. Scores that do not belong, and rules that say nothing, give no numbers."""
    fault = wrong_with(rule)
    if fault:
        return _without_numbers(rule, f"{rule.metric} cannot be decided: {fault}.")
    readings = read(rule, sheet)
    if not readings.cases:
        return _without_numbers(rule, f"{rule.metric} applies to no case, so there is nothing to decide by.")
    for name, arm in _arms(readings):
        if said := _not_ours(rule, name, arm):
            return _without_numbers(rule, said, readings)
    result = _measured(rule, readings, strictness)
    reason = _refusal(rule, readings, strictness)
    if reason:
        return _with(result, "REFUSED", reason)
    if readings.baseline is None:
        return _founded(rule, readings, result, strictness)
    return _compared(rule, result, strictness)


def _arms(readings: Readings) -> tuple[tuple[str, Arm], ...]:
    candidate = (("candidate", readings.candidate),)
    return candidate if readings.baseline is None else (*candidate, ("baseline", readings.baseline))


def _not_ours(rule: Rule, name: str, arm: Arm) -> str:
    """What tells that these scores were not made by this suite's metric, "" if nothing does."""
    if arm.foreign:
        return sentences.foreign(rule.metric, name, arm.foreign)
    for case, value in arm.outside.items():
        return sentences.outside(rule.metric, name, case, value, lowest=rule.lowest, highest=rule.highest)
    return ""


def _refusal(rule: Rule, readings: Readings, strictness: Strictness) -> str:
    """Why the scores may not decide, "" if they may."""
    needed = strictness.scored_at_least * len(readings.cases)
    for name, arm in _arms(readings):
        if len(readings.cases) - len(arm.unscored) < needed - 1e-9:
            share = strictness.scored_at_least
            return sentences.too_few_scored(rule.metric, name, len(readings.cases), arm.unscored, share)
    if rule.judged and rule.blocking:
        return f"{rule.metric} is judged by a model that nobody certified, so it may advise but not block."
    return ""


def _measured(rule: Rule, readings: Readings, strictness: Strictness) -> RuleResult:
    """Every number there is, with the outcome left open."""
    differences = readings.differences()
    baseline = readings.baseline
    bounds = mean_bounds(differences, readings.clusters, strictness.confidence)
    convert = to_level if baseline is None else to_amount
    lower, upper = _in_order(rule, bounds, founding=baseline is None)
    cases = len(readings.cases)
    return RuleResult(
        rule=rule,
        outcome="INCONCLUSIVE",
        reason="",
        cases=cases,
        clusters=readings.cluster_count,
        baseline=None if baseline is None else to_level(rule, sum(baseline.values) / cases),
        candidate=to_level(rule, sum(readings.candidate.values) / cases),
        difference=None if baseline is None else to_amount(rule, _mean(differences)),
        lower=None if lower is None else convert(rule, lower),
        upper=None if upper is None else convert(rule, upper),
        discordant=0 if baseline is None else sum(difference != 0 for difference in differences),
        unscored_baseline=0 if baseline is None else len(baseline.unscored),
        unscored_candidate=len(readings.candidate.unscored),
        detectable=None if baseline is None else _detectable(rule, readings, differences, strictness),
        worse=_worst(readings, differences),
    )


def _mean(values: tuple[int, ...]) -> int:
    return round(sum(values) / len(values))


def _in_order(rule: Rule, bounds: Bounds | None, *, founding: bool) -> tuple[int | None, int | None]:
    """Lower and upper; the level of a metric where less is better is turned back, and the bounds with it."""
    if bounds is None:
        return None, None
    if founding and rule.lower_is_better:
        return bounds.upper, bounds.lower
    return bounds.lower, bounds.upper


def _detectable(
    rule: Rule, readings: Readings, differences: tuple[int, ...], strictness: Strictness
) -> float | None:
    error = standard_error([difference / BEST for difference in differences], readings.clusters)
    if error is None:
        return None
    loss = detectable_loss(error, readings.cluster_count, strictness.confidence)
    return to_amount(rule, round(loss * BEST))


def _worst(readings: Readings, differences: tuple[int, ...]) -> tuple[str, ...]:
    harmless = BEST if readings.baseline is None else 0
    ranked = sorted(zip(differences, readings.cases, strict=True))
    return tuple(case for difference, case in ranked if difference < harmless)[:_NAMED_AT_MOST]


def _compared(rule: Rule, result: RuleResult, strictness: Strictness) -> RuleResult:
    """PASS above minus the margin, FAIL wholly below 0 with the estimate beyond the margin."""
    words = RuleWords(result=result, confidence=strictness.confidence)
    if result.lower is None or result.upper is None or result.difference is None:
        return _with(result, "INCONCLUSIVE", words.too_few_clusters(fewest_clusters(strictness.confidence)))
    # Whole billionths again, so that a loss of exactly the margin is one.
    margin, lower, upper, difference = (
        to_units(rule, amount) for amount in (rule.margin, result.lower, result.upper, result.difference)
    )
    if lower > -margin:
        return _with(result, "PASS", words.passed(surely_worse=upper < 0))
    if upper < 0 and difference < -margin:
        return _with(result, "FAIL", words.failed())
    return _with(result, "INCONCLUSIVE", words.inconclusive())


def _founded(rule: Rule, readings: Readings, result: RuleResult, strictness: Strictness) -> RuleResult:
    """There is nothing to compare with, so the mean itself has to reach the floor, if there is one."""
    reached = rule.floor is None or _mean(readings.candidate.values) >= place(rule, rule.floor)
    words = RuleWords(result=result, confidence=strictness.confidence)
    return _with(result, "PASS" if reached else "FAIL", words.founded(reached=reached))


def _with(result: RuleResult, outcome: Outcome, reason: str) -> RuleResult:
    return replace(result, outcome=outcome, reason=reason)


def _without_numbers(rule: Rule, reason: str, readings: Readings | None = None) -> RuleResult:
    baseline = None if readings is None else readings.baseline
    return RuleResult(
        rule=rule,
        outcome="REFUSED",
        reason=reason,
        cases=0 if readings is None else len(readings.cases),
        clusters=0 if readings is None else readings.cluster_count,
        baseline=None,
        candidate=None,
        difference=None,
        lower=None,
        upper=None,
        discordant=0,
        unscored_baseline=0 if baseline is None else len(baseline.unscored),
        unscored_candidate=0 if readings is None else len(readings.candidate.unscored),
        detectable=None,
        worse=(),
    )
