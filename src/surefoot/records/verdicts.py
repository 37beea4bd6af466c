"""What a release must meet, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from surefoot.records.scores import Score

Outcome = Literal["PASS", "FAIL", "INCONCLUSIVE", "REFUSED"]
VerdictKind = Literal["comparison", "founding"]

# Scores by metric, then by case. A case that a metric does not apply to is not in that metric's mapping.
Scores: TypeAlias = Mapping[str, Mapping[str, Score]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one metric's scores must show. An advisory rule is reported, and never changes a verdict.

    `margin` is the largest loss that is accepted, in the metric's unit and above 0. `floor` is the worst
    mean that a first release may have (the highest where `lower_is_better`), None for no floor. `lowest`
    and `highest` are the metric's range: they bound a score that is missing. `judged` says that a model
    judges: such a rule may not block before its judge is certified.
    """

    metric: str
    blocking: bool
    margin: float
    floor: float | None = None
    lower_is_better: bool = False
    lowest: float = 0.0
    highest: float = 1.0
    judged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """What must hold of the candidate in every single case: the metric's score is `at_least` this."""

    metric: str
    at_least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What came of one rule. Means, differences and bounds are in the metric's unit.

    `difference` is candidate minus baseline, turned so that a loss is negative; `lower` and `upper` are each
    a one-sided bound at the verdict's confidence. In a founding verdict there is no baseline: `baseline`,
    `difference` and `detectable` are None, and the bounds are those of the candidate's mean. All numbers are
    None where there was nothing to compute them from. `cases` and `clusters` count what the metric applies
    to; `discordant` how many cases differ between the arms. `detectable` is the smallest true loss that a
    run of this size and spread tells from no loss in four of five runs. `worse` names the cases that lost
    most, at most ten, the worst first; in a founding verdict those that score lowest.
    """

    rule: Rule
    outcome: Outcome
    reason: str
    cases: int
    clusters: int
    baseline: float | None
    candidate: float | None
    difference: float | None
    lower: float | None
    upper: float | None
    discordant: int
    unscored_baseline: int
    unscored_candidate: int
    detectable: float | None
    worse: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvariantResult:
    """Which cases break an invariant, and in which it could not be measured."""

    invariant: Invariant
    broken: tuple[str, ...]
    unscored: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision, with its reasons in plain sentences that name cases, the weightiest first."""

    kind: VerdictKind
    outcome: Outcome
    reasons: tuple[str, ...]
    rules: tuple[RuleResult, ...]
    invariants: tuple[InvariantResult, ...]
    confidence: float
