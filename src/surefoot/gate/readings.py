"""From scores to pairs of whole numbers: what is missing is bounded, what does not belong is told."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from surefoot.gate.sheet import ScoreSheet
from surefoot.records import Rule, Score, Scored, Scores, Unscored

# Scores are counted in billionths of the metric's range, turned so that more is better: sums of whole numbers
# are exact, so no verdict hangs on the order of cases or on a machine's rounding.
BEST = 1_000_000_000
WORST = 0
# A value this far outside, as a share of the range, is a rounding error: a cosine of 1.0000001 is 1.
_SLACK = 1e-6
_NEVER = Unscored(reason="was not scored")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One arm's scores on the expected cases, in their order, 0 the worst and a billion the best there is.

    A missing score has the place that speaks against the candidate: the worst for the candidate, the best for
    the baseline. `unscored` holds the reasons by case. `foreign` are cases that should have no score,
    `outside` the values beyond the range, by case: where there are any, the metric did not make these scores.
    """

    values: tuple[int, ...]
    unscored: Mapping[str, str]
    foreign: tuple[str, ...]
    outside: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What one rule is judged by; `cases` are in the order of their names, `clusters` are theirs."""

    cases: tuple[str, ...]
    clusters: tuple[str, ...]
    candidate: Arm
    baseline: Arm | None

    @property
    def cluster_count(self) -> int:
        """How many clusters the cases are in."""
        return len(set(self.clusters))

    def differences(self) -> tuple[int, ...]:
        """Candidate minus baseline for each case; in a founding gate the candidate's own values."""
        if self.baseline is None:
            return self.candidate.values
        pairs = zip(self.candidate.values, self.baseline.values, strict=True)
        return tuple(candidate - baseline for candidate, baseline in pairs)


def wrong_with(rule: Rule) -> str:
    """Why nothing can be decided by this rule, "" if something can: a damaged record may hold any numbers."""
    spread = rule.highest - rule.lowest
    if not (math.isfinite(spread) and spread > 0):
        return f"{rule.lowest:g} to {rule.highest:g} is no range"
    if not 0 < rule.margin < spread or to_units(rule, rule.margin) == 0:
        return f"a margin of {rule.margin:g} in a range of {rule.lowest:g} to {rule.highest:g} tests nothing"
    if rule.floor is not None and not rule.lowest <= rule.floor <= rule.highest:
        return f"its floor of {rule.floor:g} lies outside {rule.lowest:g} to {rule.highest:g}"
    return ""


def read(rule: Rule, sheet: ScoreSheet) -> Readings:
    """The pairs of a rule that `wrong_with` finds nothing wrong with."""
    cases = tuple(sorted(sheet.expected.get(rule.metric, ())))
    return Readings(
        cases=cases,
        clusters=tuple(sheet.clusters[case] for case in cases),
        candidate=_arm(rule, cases, sheet.candidate, missing=WORST),
        baseline=None if sheet.baseline is None else _arm(rule, cases, sheet.baseline, missing=BEST),
    )


def found(scores: Scores, metric: str, case: str) -> Score:
    """The score of a case; one that is not there was not scored."""
    return scores.get(metric, {}).get(case, _NEVER)


def strangers(scores: Scores, metric: str, expected: tuple[str, ...]) -> tuple[str, ...]:
    """Cases that have a score of this metric and should have none."""
    return tuple(sorted(set(scores.get(metric, {})) - set(expected)))


def to_units(rule: Rule, amount: float) -> int:
    """An amount in the metric's unit as billionths of its range."""
    return round(amount / (rule.highest - rule.lowest) * BEST)


def to_amount(rule: Rule, units: float) -> float:
    """Billionths of the range as an amount in the metric's unit."""
    return units / BEST * (rule.highest - rule.lowest)


def to_level(rule: Rule, units: float) -> float:
    """A mean in billionths as the value people know, no longer turned."""
    return (
        rule.highest - to_amount(rule, units)
        if rule.lower_is_better
        else rule.lowest + to_amount(rule, units)
    )


def place(rule: Rule, value: float) -> int:
    """Where a value stands in its range, turned so that more is better; values outside are moved in."""
    units = to_units(rule, min(rule.highest, max(rule.lowest, value)) - rule.lowest)
    return BEST - units if rule.lower_is_better else units


def _arm(rule: Rule, cases: tuple[str, ...], scores: Scores, *, missing: int) -> Arm:
    there = {case: found(scores, rule.metric, case) for case in cases}
    values = {case: score.value for case, score in there.items() if isinstance(score, Scored)}
    slack = _SLACK * (rule.highest - rule.lowest)
    return Arm(
        values=tuple(place(rule, values[case]) if case in values else missing for case in cases),
        unscored={case: score.reason for case, score in there.items() if isinstance(score, Unscored)},
        foreign=strangers(scores, rule.metric, cases),
        outside={
            case: value
            for case, value in values.items()
            if not rule.lowest - slack <= value <= rule.highest + slack
        },
    )
