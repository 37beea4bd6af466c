"""From rules, invariants and scores to a verdict: what is looked at, and what outweighs what."""

from collections.abc import Sequence

from surefoot.gate import sentences
from surefoot.gate.invariants import Held, hold
from surefoot.gate.judging import judge
from surefoot.gate.sentences import RuleWords
from surefoot.gate.sheet import ScoreSheet, Strictness
from surefoot.records import Invariant, Outcome, Rule, RuleResult, Verdict

# The identity that receipts name. Raise it when equal scores could get another verdict.
GATE = "surefoot.gate/2"

# What outweighs what. A break that was shown stays one, whatever else could not be measured.
_WEIGHTIEST_FIRST: tuple[Outcome, ...] = ("FAIL", "REFUSED", "INCONCLUSIVE", "PASS")


def decide(
    rules: Sequence[Rule], invariants: Sequence[Invariant], sheet: ScoreSheet, strictness: Strictness
) -> Verdict:
    """Decide whether the candidate may replace the baseline, or be the first where there is none.

    PASS: every blocking rule rules out a loss beyond its margin, or reaches its floor in a founding verdict,
    and every invariant holds. FAIL: a rule shows such a loss, misses its floor, or an invariant is broken.
    REFUSED: something blocking rests on too few scores, on scores that do not belong or on an uncertified
    judge, or there is nothing to decide by. INCONCLUSIVE: the rest. FAIL outweighs REFUSED, REFUSED outweighs
    INCONCLUSIVE. Advisory rules are computed and never change the outcome. Invariants alone decide where no
    rule is blocking, and a PASS says that nothing was compared.
    """
    results = tuple(judge(rule, sheet, strictness) for rule in rules)
    held = tuple(hold(invariant, sheet) for invariant in invariants)
    blocking = tuple(result for result in results if result.rule.blocking)
    against = (*_of_invariants(held), *_of_the_suite(rules, invariants, sheet), *_of_rules(blocking))
    ranked = sorted(against, key=lambda one: _WEIGHTIEST_FIRST.index(one[0]))
    if not ranked:
        words = [RuleWords(result=result, confidence=strictness.confidence) for result in blocking]
        summary = sentences.summed_up(words, len(invariants), founding=sheet.baseline is None)
        said = (summary, *(one.reason for one in blocking if _lost(one)))
        ranked = [("PASS", one) for one in said]
    return Verdict(
        kind="founding" if sheet.baseline is None else "comparison",
        outcome=ranked[0][0],
        reasons=tuple(said for _, said in ranked),
        rules=results,
        invariants=tuple(one.result for one in held),
        confidence=strictness.confidence,
    )


def _lost(result: RuleResult) -> bool:
    """Whether a loss was shown, though one that the margin allows: worth saying even in a PASS."""
    return result.difference is not None and result.upper is not None and result.upper < 0


def _of_invariants(held: Sequence[Held]) -> list[tuple[Outcome, str]]:
    failures: list[tuple[Outcome, str]] = [("FAIL", said) for one in held for said in one.failures]
    return failures + [("REFUSED", said) for one in held for said in one.refusals]


def _of_the_suite(
    rules: Sequence[Rule], invariants: Sequence[Invariant], sheet: ScoreSheet
) -> list[tuple[Outcome, str]]:
    """A gate that decides nothing never passes."""
    if invariants:
        return []
    blocking = [rule for rule in rules if rule.blocking]
    if not blocking:
        return [("REFUSED", "No rule is blocking and there is no invariant: nothing to decide by.")]
    if sheet.baseline is None and all(rule.floor is None for rule in blocking):
        return [("REFUSED", "No blocking rule has a floor, and there is no invariant: nothing to decide by.")]
    return []


def _of_rules(blocking: Sequence[RuleResult]) -> list[tuple[Outcome, str]]:
    """Those that do not pass, the largest loss first, counted in margins."""
    ranked = sorted(blocking, key=lambda result: (result.difference or 0.0) / (result.rule.margin or 1.0))
    return [(result.outcome, result.reason) for result in ranked if result.outcome != "PASS"]
