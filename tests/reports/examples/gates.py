"""Gates for tests, one per way that a gate can end: a small suite about a handbook, scored by hand."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from statistics import fmean, stdev

from tests.reports.examples.handbook import bare, cases, cited

from surefoot.records import (
    Case,
    Invariant,
    InvariantResult,
    NoResponse,
    Outcome,
    Response,
    Rule,
    RuleResult,
    Score,
    Scored,
    Scores,
    Unscored,
    Verdict,
)
from surefoot.releases.receipts import Receipt
from surefoot.reports.gate_report import GateReport

MADE_AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CITATIONS = Rule(metric="citations_valid", blocking=True, margin=0.05, floor=0.8)
RECALL = Rule(metric="evidence_recall", blocking=True, margin=0.05, floor=0.6)
ABSTAINS = Rule(metric="abstains_rightly", blocking=True, margin=0.08, floor=0.75)
OVERLAP = Rule(metric="answer_overlap", blocking=False, margin=0.05)
FAITHFUL = Rule(metric="ragas_faithfulness", blocking=False, margin=0.1, judged=True)
FINISHES = Invariant(metric="finishes", at_least=1.0)
RULES = (CITATIONS, RECALL, ABSTAINS, OVERLAP, FAITHFUL)


def applies(rule: Rule, case: Case) -> bool:
    return case.answerable or rule.metric in {"abstains_rightly", "finishes"}


def scored(
    rules: Sequence[Rule], suite: Mapping[str, Case], value: float = 1.0
) -> dict[str, dict[str, Score]]:
    """The same score everywhere, but for a slight spread in what is advisory."""
    return {
        rule.metric: {
            name: Scored(value=value if rule.blocking else round(0.6 + 0.03 * (number % 5), 2))
            for number, (name, case) in enumerate(suite.items())
            if applies(rule, case)
        }
        for rule in rules
    }


def compared(
    rule: Rule,
    suite: Mapping[str, Case],
    candidate: Scores,
    baseline: Scores | None,
    outcome: Outcome,
    reason: str,
) -> RuleResult:
    """A rule's result whose numbers follow from the scores: bounds as if all cases were on their own."""
    new = {name: _value(score, 0.0) for name, score in candidate[rule.metric].items()}
    old = {name: _value(score, 1.0) for name, score in (baseline or {}).get(rule.metric, {}).items()}
    moved = {name: value - old.get(name, 0.0) for name, value in new.items()}
    error = stdev(moved.values()) / math.sqrt(len(moved))
    middle = fmean(moved.values())
    return RuleResult(
        rule=rule,
        outcome=outcome,
        reason=reason,
        cases=len(moved),
        clusters=len({suite[name].cluster for name in moved}),
        baseline=fmean(old.values()) if baseline is not None else None,
        candidate=fmean(new.values()),
        difference=middle if baseline is not None else None,
        lower=middle - 1.8 * error,
        upper=middle + 1.8 * error,
        discordant=sum(value != 0 for value in moved.values()) if baseline is not None else 0,
        unscored_baseline=_unscored((baseline or {}).get(rule.metric, {})),
        unscored_candidate=_unscored(candidate[rule.metric]),
        detectable=2.7 * error if baseline is not None else None,
        worse=tuple(sorted((name for name in moved if moved[name] < 0), key=lambda name: moved[name])[:10]),
    )


def _value(score: Score, missing: float) -> float:
    return score.value if isinstance(score, Scored) else missing


def _unscored(scores: Mapping[str, Score]) -> int:
    return sum(isinstance(score, Unscored) for score in scores.values())


def failing(count: int = 12) -> GateReport:
    """Nothing is cited any more, unanswerable questions are answered, and one answer never came."""
    suite = cases(count)
    baseline = scored(RULES, suite)
    candidate = scored(RULES, suite)
    answered = [name for name, case in suite.items() if case.answerable]
    for number, name in enumerate(answered):
        if number % 5:
            candidate["citations_valid"][name] = Scored(value=0.0)
    for name, case in suite.items():
        if not case.answerable:
            candidate["abstains_rightly"][name] = Scored(value=0.0)
    baseline["evidence_recall"][answered[1]] = Scored(value=0.5)
    silent = answered[2]
    for metric in ("citations_valid", "ragas_faithfulness"):
        candidate[metric][silent] = Unscored(reason="no answer came: ModelTimeoutError")
    outcomes: tuple[tuple[Outcome, str], ...] = (
        ("FAIL", "citations_valid fell by 0.800, more than the margin of 0.05 allows; leave-04 lost most."),
        ("PASS", "evidence_recall rose by 0.050: a loss beyond the margin of 0.05 is ruled out."),
        (
            "INCONCLUSIVE",
            "abstains_rightly fell by 0.167: a loss beyond the margin of 0.08 is not ruled out.",
        ),
        ("PASS", "answer_overlap did not move."),
        ("REFUSED", "ragas_faithfulness of the candidate: 1 of 10 cases was not scored."),
    )
    held = InvariantResult(invariant=FINISHES, broken=(silent,), unscored=())
    return report(
        "FAIL", suite, candidate, baseline, outcomes=outcomes, held=held, silent=silent, answer=bare
    )


def passing(count: int = 12) -> GateReport:
    """One case lost a little, another gained."""
    suite = cases(count)
    baseline, candidate = scored(RULES, suite), scored(RULES, suite)
    baseline["evidence_recall"]["badge-02"] = Scored(value=0.5)
    candidate["citations_valid"]["travel-03"] = Scored(value=0.9)
    outcomes: tuple[tuple[Outcome, str], ...] = tuple(
        ("PASS", f"{rule.metric}: a loss beyond the margin of {rule.margin} is ruled out.") for rule in RULES
    )
    return report("PASS", suite, candidate, baseline, outcomes=outcomes, answer=cited)


def inconclusive() -> GateReport:
    suite = cases()
    baseline, candidate = scored(RULES, suite), scored(RULES, suite)
    candidate["evidence_recall"]["leave-01"] = Scored(value=0.0)
    outcomes: tuple[tuple[Outcome, str], ...] = (
        ("PASS", "citations_valid did not move."),
        ("INCONCLUSIVE", "evidence_recall fell by 0.100: a loss beyond the margin of 0.05 is not ruled out."),
        ("PASS", "abstains_rightly did not move."),
        ("PASS", "answer_overlap did not move."),
        ("PASS", "ragas_faithfulness did not move."),
    )
    return report("INCONCLUSIVE", suite, candidate, baseline, outcomes=outcomes, answer=cited)


def refused() -> GateReport:
    """The worker that scores recall died on half of the cases: there are no numbers."""
    suite = cases()
    baseline, candidate = scored(RULES, suite), scored(RULES, suite)
    for name in list(candidate["evidence_recall"])[::2]:
        candidate["evidence_recall"][name] = Unscored(reason="the worker died | twice\n\x1b[31m<b>@team</b>")
    outcomes: tuple[tuple[Outcome, str], ...] = (
        ("PASS", "citations_valid did not move."),
        ("REFUSED", "evidence_recall of the candidate was scored in 5 of 10 cases; 97% are needed."),
        ("PASS", "abstains_rightly did not move."),
        ("PASS", "answer_overlap did not move."),
        ("PASS", "ragas_faithfulness did not move."),
    )
    made = report("REFUSED", suite, candidate, baseline, outcomes=outcomes, answer=cited)
    verdict = made.receipt.verdict
    empty = dataclasses.replace(
        verdict.rules[1],
        baseline=None,
        candidate=None,
        difference=None,
        lower=None,
        upper=None,
        detectable=None,
    )
    rules = (verdict.rules[0], empty, *verdict.rules[2:])
    return with_verdict(made, dataclasses.replace(verdict, rules=rules))


def founding(outcome: Outcome = "PASS") -> GateReport:
    """The first release, against floors."""
    suite = cases()
    candidate = scored(RULES, suite)
    low = outcome == "FAIL"
    for name in list(candidate["citations_valid"])[: 6 if low else 1]:
        candidate["citations_valid"][name] = Scored(value=0.0)
    reached = "below" if low else "at or above"
    outcomes: tuple[tuple[Outcome, str], ...] = (
        (outcome, f"citations_valid is {0.4 if low else 0.9}, {reached} the floor of 0.8."),
        ("PASS", "evidence_recall is 1.000, at or above the floor of 0.6."),
        ("PASS", "abstains_rightly is 1.000, at or above the floor of 0.75."),
        ("PASS", "answer_overlap is 0.660; no floor is set, so it decides nothing."),
        ("PASS", "ragas_faithfulness is 0.660; no floor is set, so it decides nothing."),
    )
    return report(outcome, suite, candidate, None, outcomes=outcomes, answer=cited)


def with_verdict(made: GateReport, verdict: Verdict) -> GateReport:
    receipt = dataclasses.replace(made.receipt, verdict=verdict)
    return dataclasses.replace(made, receipt=receipt)


def report(
    outcome: Outcome,
    suite: Mapping[str, Case],
    candidate: Scores,
    baseline: Scores | None,
    *,
    outcomes: Sequence[tuple[Outcome, str]],
    answer: Callable[[Case], Response],
    held: InvariantResult | None = None,
    silent: str = "",
) -> GateReport:
    """A report of these scores; the case `silent` got no answer from the candidate."""
    results = tuple(
        compared(rule, suite, candidate, baseline, *ended)
        for rule, ended in zip(RULES, outcomes, strict=True)
    )
    verdict = Verdict(
        kind="founding" if baseline is None else "comparison",
        outcome=outcome,
        reasons=tuple(one.reason for one in results if one.rule.blocking and one.outcome == outcome),
        rules=results,
        invariants=(held or InvariantResult(invariant=FINISHES, broken=(), unscored=()),),
        confidence=0.95,
    )
    receipt = Receipt(
        app="answers",
        release="a1" * 32,
        baseline=None if baseline is None else "b2" * 32,
        baseline_app=None if baseline is None else "answers",
        model="c3" * 32,
        suite="answers",
        suite_digest="d4" * 32,
        instruments="e5" * 32,
        content="a6" * 32,
        revision="f6" * 20,
        uncommitted=False,
        made_at=MADE_AT,
        candidate_run="17" * 32,
        baseline_run=None if baseline is None else "28" * 32,
        candidate_scores=candidate,
        baseline_scores=baseline,
        verdict=verdict,
    )
    responses = {name: answer(case) for name, case in suite.items()}
    if silent:
        responses[silent] = NoResponse(
            case=silent, repeat=0, kind="ModelTimeoutError", message="no first token within 20 s"
        )
    return GateReport(
        receipt=receipt,
        digest="90" * 32,
        cases=suite,
        candidate=responses,
        baseline={} if baseline is None else {name: cited(case) for name, case in suite.items()},
        prompt_diff=PROMPT_DIFF,
    )


PROMPT_DIFF = """\
--- a/prompts/answer.prompt.md
+++ b/prompts/answer.prompt.md
@@ -12,4 +12,3 @@
 Answer only from the passages.
-Write [n] behind each statement, n being the number of the passage that it rests on.
 If the passages do not hold the answer, say: The documents do not say.
"""
