"""Whether a receipt proves a release: asked when it is promoted, and again whenever a service loads it.

No scores are computed here, so nothing heavy is loaded. That scores and verdict follow from the recorded
responses is checked when a release is promoted, and by `surefoot gate verify`.
"""

import math
from collections.abc import Iterator

from surefoot.errors import RefusedError
from surefoot.records import Manifest, RuleResult, Scored, Scores
from surefoot.releases.receipts import Receipt
from surefoot.releases.signatures import Signatures

# What a mean may differ from the gate's, as a share of the metric's range: the gate rounds to billionths.
_ROUNDING = 1e-6


def check_proof(manifest: Manifest, receipt: Receipt, *, signatures: Signatures) -> None:
    """Return when the receipt proves this release; else raise RefusedError with the first reason why not."""
    about_another = _about_another(manifest, receipt)
    if about_another:
        raise _refused(receipt, about_another, "point to the receipt that was earned by this very release")
    if receipt.verdict.outcome != "PASS":
        why = " ".join(receipt.verdict.reasons[:1])
        raise _refused(
            receipt,
            f"its verdict is {receipt.verdict.outcome}. {why}".strip(),
            "mend that, and gate it again",
        )
    fault = next(_inconsistencies(receipt), None)
    if fault is not None:
        raise _refused(
            receipt, f"it contradicts itself: {fault}", "run `surefoot gate run`; do not edit receipts"
        )
    if signatures.keys and signatures.signer(receipt.canonical()) is None:
        listed = ", ".join(signatures.keys)
        raise _refused(
            receipt,
            "it has no signature" if signatures.signature is None else "none of the listed keys signed it",
            f"sign it with one of the keys that the trust file lists: {listed}",
        )


def _refused(receipt: Receipt, why: str, remedy: str) -> RefusedError:
    return RefusedError(f"the receipt {receipt.digest} is no proof: {why}", remedy=remedy)


def _about_another(manifest: Manifest, receipt: Receipt) -> str:
    """How the receipt is about something else, "" when it is about this release."""
    if receipt.release != manifest.digest:
        return f"it is about the release {receipt.release}, not {manifest.digest}"
    if receipt.app != manifest.app:
        return f"it is about the app {receipt.app!r}, not {manifest.app!r}"
    if receipt.compares_apps:
        return f"it compares with the app {receipt.baseline_app!r}, which this release would not replace"
    if receipt.baseline == receipt.release:
        return "it compares the release with itself"
    if receipt.model != manifest.model:
        return (
            f"the model {receipt.model} answered, and the release pins {manifest.model}; "
            "a receipt earned with another model identity never counts"
        )
    return ""


def _inconsistencies(receipt: Receipt) -> Iterator[str]:
    """What cannot be, of a receipt that says PASS."""
    yield from _of_the_kind(receipt)
    verdict = receipt.verdict
    blocking = [result for result in verdict.rules if result.rule.blocking]
    if not blocking and not verdict.invariants:
        yield "no rule of it is blocking and it has no invariant, so nothing was decided"
    if not 0.5 <= verdict.confidence < 1:
        yield f"its confidence is {verdict.confidence}"
    for result in blocking:
        yield from _of_a_rule(receipt, result)
    for held in verdict.invariants:
        metric = held.invariant.metric
        if held.broken or held.unscored:
            cases = ", ".join((held.broken + held.unscored)[:3])
            yield f"it says PASS, and {metric} does not hold in {cases}"
        yield from _broken_in_the_scores(metric, held.invariant.at_least, receipt.candidate_scores)


def _of_the_kind(receipt: Receipt) -> Iterator[str]:
    compared = receipt.verdict.kind == "comparison"
    for what, value in (
        ("baseline", receipt.baseline),
        ("baseline_run", receipt.baseline_run),
        ("baseline_scores", receipt.baseline_scores),
    ):
        if compared and value is None:
            yield f"it is a comparison, without {what}"
        if not compared and value is not None:
            yield f"it is a founding receipt, with {what}"


def _of_a_rule(receipt: Receipt, result: RuleResult) -> Iterator[str]:
    rule = result.rule
    if result.outcome != "PASS":
        yield f"it says PASS, and the blocking rule {rule.metric} has {result.outcome}"
    elif rule.judged:
        yield f"{rule.metric} blocks and is judged by a model that nobody certified"
    elif result.candidate is None or not result.cases:
        yield f"{rule.metric} has PASS without a case"
    elif receipt.verdict.kind == "comparison":
        if result.lower is None or not result.lower > -rule.margin:
            yield f"{rule.metric} has PASS, and its lower bound {result.lower} is beyond {-rule.margin:g}"
    elif rule.floor is not None and not _reaches(result, rule.floor):
        yield f"{rule.metric} has PASS, and its mean {result.candidate:g} misses the floor {rule.floor:g}"
    yield from _other_means(receipt, result)


def _reaches(result: RuleResult, floor: float) -> bool:
    rule, mean = result.rule, result.candidate
    slack = _ROUNDING * (rule.highest - rule.lowest)
    return mean is not None and (mean <= floor + slack if rule.lower_is_better else mean >= floor - slack)


def _other_means(receipt: Receipt, result: RuleResult) -> Iterator[str]:
    """Means that the scores do not have. A missing score is the worst of the candidate, the best before."""
    rule = result.rule
    worst, best = (rule.highest, rule.lowest) if rule.lower_is_better else (rule.lowest, rule.highest)
    for said, scores, missing in (
        (result.candidate, receipt.candidate_scores, worst),
        (result.baseline, receipt.baseline_scores, best),
    ):
        if said is None or scores is None:
            continue
        values = [
            min(max(score.value, rule.lowest), rule.highest) if isinstance(score, Scored) else missing
            for score in scores.get(rule.metric, {}).values()
        ]
        values += [missing] * (result.cases - len(values))
        mean = math.fsum(values) / len(values) if values else missing
        if not abs(mean - said) <= _ROUNDING * (rule.highest - rule.lowest):
            yield f"the mean of {rule.metric} is {mean:g} by its scores, and {said:g} by its verdict"


def _broken_in_the_scores(metric: str, at_least: float, scores: Scores) -> Iterator[str]:
    if not scores.get(metric):
        yield f"it says PASS, and {metric} was scored in no case"
    for case, score in scores.get(metric, {}).items():
        if not isinstance(score, Scored):
            yield f"it says PASS, and {metric} was not scored in {case}"
        elif score.value < at_least:
            yield f"it says PASS, and {metric} is {score.value:g} in {case}, below {at_least:g}"
