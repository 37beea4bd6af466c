"""What a suite can test, before it is run: as a table, as sentences, and as JSON."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from surefoot.gate.planning import Power
from surefoot.records import Json, canonical_json
from surefoot.reports.printable import one_line

SCHEMA = 1
PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRule:
    """What the cases that a metric applies to can test of its margin; `smallest` is in the metric's unit.

    `power` is None where it applies to no case. The spread is from the receipt of that digest; where that
    is "", `differing` of the cases were taken to differ.
    """

    metric: str
    margin: float
    cases: int
    clusters: int
    power: Power | None
    smallest: float | None
    receipt: str
    differing: float

    @property
    def suffices(self) -> bool:
        """Whether its margin can be tested."""
        return self.smallest is not None and self.smallest <= self.margin + 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitePlan:
    """A suite's blocking rules, and what can be tested of each."""

    suite: str
    cases: int
    clusters: int
    confidence: float
    rules: tuple[PlannedRule, ...]

    @property
    def passes(self) -> float:
        """The chance that a change that loses nothing passes every rule, as if none hung on another."""
        return math.prod(0.0 if rule.power is None else rule.power.passes for rule in self.rules)

    @property
    def untestable(self) -> tuple[PlannedRule, ...]:
        """The rules whose margin is too small for their cases."""
        return tuple(rule for rule in self.rules if not rule.suffices)


def plan_table(plan: SuitePlan) -> RenderableType:
    """A row for each blocking rule, and what the suite as a whole is worth."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("blocking rule", overflow="fold")
    for heading in ("cases", "clusters", "margin", "can test", "would take", "passes"):
        table.add_column(heading, justify="right")
    table.add_column("spread from")
    for rule in plan.rules:
        can = rule.power
        table.add_row(
            Text(one_line(rule.metric)),
            str(rule.cases),
            str(rule.clusters),
            Text(f"{rule.margin:g}", style="" if rule.suffices else "red"),
            _rounded_up(rule.smallest),
            "" if can is None or rule.suffices else f"{can.cases} cases",
            "" if can is None else f"{can.passes * PERCENT:.0f}%",
            f"receipt {rule.receipt[:12]}" if rule.receipt else f"{rule.differing:g} differing, assumed",
        )
    head = (
        f"suite {one_line(plan.suite)}: {plan.cases} cases in {plan.clusters} clusters; "
        f"bounds at {plan.confidence * PERCENT:g}%, one-sided"
    )
    said = (
        "`can test` is the smallest margin by which a change that loses nothing passes in four of five\n"
        f"runs. Such a change passes all of the rules with a chance of about {plan.passes * PERCENT:.0f}%, "
        "if none hangs on\nanother."
    )
    if not all(rule.receipt for rule in plan.rules):
        said += "\nWhat is assumed refuses nothing: `surefoot gate run` measures it, --differing tells it."
    rules = [table, Text(), Text(said)] if plan.rules else [Text("No rule blocks: invariants alone decide.")]
    return Group(Text(head), Text(), *rules)


def refusals(plan: SuitePlan) -> Iterator[tuple[str, str]]:
    """What a suite surely cannot test, and what to do about it: a spread that is assumed is not sure."""
    for rule in plan.untestable:
        can, testing = rule.power, _rounded_up(rule.smallest)
        about = f"the suite {plan.suite!r} cannot test the margin {rule.margin:g} of {rule.metric}"
        if can is None:
            yield f"{about}: it applies to no case", "add cases that it measures, or take the rule out"
        elif rule.smallest is None:
            yield (
                f"{about}: {rule.clusters} clusters give no bounds, {can.clusters} are the fewest that do",
                f"add cases of {can.clusters - rule.clusters} more documents or conversations",
            )
        elif rule.receipt:
            yield (
                f"{about}: its {rule.cases} cases in {rule.clusters} clusters can test {testing}",
                f"add {can.cases - rule.cases} cases of {can.clusters - rule.clusters} more documents or "
                f"conversations, or accept the margin {testing} in suite.toml",
            )


def plan_json(plan: SuitePlan) -> bytes:
    """The same for programs."""
    value: Json = {
        "schema": SCHEMA,
        "suite": plan.suite,
        "cases": plan.cases,
        "clusters": plan.clusters,
        "confidence": plan.confidence,
        "passes": round(plan.passes, 4),
        "rules": [_rule_json(rule) for rule in plan.rules],
    }
    return canonical_json(value)


def _rule_json(rule: PlannedRule) -> Json:
    can = rule.power
    return {
        "metric": rule.metric,
        "margin": rule.margin,
        "cases": rule.cases,
        "clusters": rule.clusters,
        "testable": rule.suffices,
        "smallest_margin": None if rule.smallest is None else round(rule.smallest, 6),
        "cases_needed": None if can is None else can.cases,
        "clusters_needed": None if can is None else can.clusters,
        "passes": None if can is None else round(can.passes, 4),
        "receipt": rule.receipt or None,
        "differing_assumed": None if rule.receipt else rule.differing,
    }


def _rounded_up(value: float | None) -> str:
    return "nothing" if value is None else f"{math.ceil(round(value * 1000, 6)) / 1000:g}"
