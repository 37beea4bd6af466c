"""Small sheets of scores, written short."""

from collections.abc import Callable, Sequence

from surefoot.gate import ScoreSheet, Strictness, decide
from surefoot.records import Invariant, Rule, RuleResult, Score, Scored, Unscored, Verdict

METRIC = "abstains_rightly"
RULE = Rule(metric=METRIC, blocking=True, margin=0.08)
STRICT = Strictness()
MISSING = Unscored(reason="the model did not answer")


def case_ids(count: int) -> tuple[str, ...]:
    """case-000, case-001 ..."""
    return tuple(f"case-{number:03}" for number in range(count))


def scored(values: Sequence[float | None]) -> dict[str, Score]:
    """One metric's scores by case; None is a missing one."""
    return {
        case: MISSING if value is None else Scored(value=value)
        for case, value in zip(case_ids(len(values)), values, strict=True)
    }


def sheet(
    candidate: Sequence[float | None],
    baseline: Sequence[float | None] | None,
    *,
    per_cluster: int = 3,
    metric: str = METRIC,
) -> ScoreSheet:
    """A sheet of one metric, with this many cases that follow each other in each cluster."""
    cases = case_ids(len(candidate))
    return ScoreSheet(
        expected={metric: cases},
        clusters={case: f"document-{number // per_cluster:03}" for number, case in enumerate(cases)},
        candidate={metric: scored(candidate)},
        baseline=None if baseline is None else {metric: scored(baseline)},
    )


def numbered(count: int, value: Callable[[int], float]) -> list[float]:
    """A value for each case by its number."""
    return [float(value(number)) for number in range(count)]


def verdict(
    of: ScoreSheet, *rules: Rule, invariants: Sequence[Invariant] = (), strictness: Strictness = STRICT
) -> Verdict:
    """The verdict by these rules, by the usual one if none is given."""
    return decide(rules or (RULE,), invariants, of, strictness)


def result(of: ScoreSheet, rule: Rule = RULE) -> RuleResult:
    """What comes of one rule."""
    return verdict(of, rule).rules[0]
