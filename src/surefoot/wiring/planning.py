"""What a project's suites can test, told before anything is asked."""

import math
from collections.abc import Sequence

from surefoot.evals.suites import Suite
from surefoot.gate.planning import Power, assumed_error, measured_error, power_of
from surefoot.records import Rule, Scored
from surefoot.releases import AppFile
from surefoot.releases.deployment import Found, receipts_of
from surefoot.reports.plan_report import PlannedRule, SuitePlan
from surefoot.wiring.guarding import suites_chosen
from surefoot.wiring.project import Project


def plan_suites(
    project: Project, app_name: str | None, suite_name: str | None, *, differing: float
) -> tuple[SuitePlan, ...]:
    """For each suite of an app what its blocking rules can test. No model is asked.

    How much scores scatter is taken from the newest gate of the suite on this machine, or in Git, in which a
    metric differed between its sides; where there is none, `differing` is the share of cases that would.
    """
    app = project.app_named(app_name)
    receipts = _receipts(project)
    suites = suites_chosen(project, app, suite_name)
    return tuple(_plan(app, suite, receipts, differing) for suite in suites)


def _receipts(project: Project) -> tuple[Found, ...]:
    """Every receipt that compares a release with another of its app, the newest first."""
    folders = [release for folder in project.deployment.folders for release in sorted(folder.glob("*/"))]
    found = receipts_of(folders)
    return tuple(one for one in found if one.receipt.baseline_scores and not one.receipt.compares_apps)


def _plan(app: AppFile, suite: Suite, receipts: Sequence[Found], differing: float) -> SuitePlan:
    own = [one for one in receipts if (one.receipt.suite, one.receipt.app) == (suite.name, app.name)]
    expected = suite.expected()
    blocking = [rule for rule in suite.rules if rule.blocking]
    return SuitePlan(
        suite=suite.name,
        cases=len(suite.cases),
        clusters=len(set(suite.clusters().values())),
        confidence=suite.confidence,
        rules=tuple(_rule(rule, expected[rule.metric], suite, own, differing) for rule in blocking),
    )


def _rule(
    rule: Rule, cases: Sequence[str], suite: Suite, receipts: Sequence[Found], differing: float
) -> PlannedRule:
    of_case = suite.clusters()
    clusters = [of_case[case] for case in cases]
    spread = rule.highest - rule.lowest
    error, source = assumed_error(clusters, differing) if clusters else math.inf, ""
    for one in receipts:
        measured = _measured(rule, cases, suite, one)
        if measured is not None:
            error, source = measured, one.digest
            break
    can = None
    if clusters:
        can = power_of(clusters, error, margin=rule.margin / spread, confidence=suite.confidence)
    return PlannedRule(
        metric=rule.metric,
        margin=rule.margin,
        cases=len(cases),
        clusters=len(set(clusters)),
        power=can,
        smallest=_amount(can, spread),
        receipt=source,
        differing=differing,
    )


def _amount(can: Power | None, spread: float) -> float | None:
    return None if can is None or can.smallest is None else can.smallest * spread


def _measured(rule: Rule, cases: Sequence[str], suite: Suite, found: Found) -> float | None:
    """The standard error that a gate's scores tell of, None where they tell nothing of this metric."""
    receipt, of_case = found.receipt, suite.clusters()
    before = (receipt.baseline_scores or {}).get(rule.metric, {})
    after = receipt.candidate_scores.get(rule.metric, {})
    differences, of = [], []
    for case in cases:
        one, other = after.get(case), before.get(case)
        if isinstance(one, Scored) and isinstance(other, Scored):
            differences.append((one.value - other.value) / (rule.highest - rule.lowest))
            of.append(of_case[case])
    return measured_error(differences, of, [of_case[case] for case in cases])
