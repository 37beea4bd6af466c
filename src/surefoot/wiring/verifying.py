"""Compute a receipt's scores and verdict again, from the responses that were recorded with it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import EvaluationError, RefusedError
from surefoot.evals.catalogue import METRICS
from surefoot.evals.runs import RecordedRun
from surefoot.evals.suites import Suite, load_suite
from surefoot.gate import GATE, ScoreSheet, Strictness, decide
from surefoot.local import Report
from surefoot.records import Rule, RuleResult, Score, Scored, Scores, Verdict
from surefoot.releases.receipts import Receipt
from surefoot.releases.runs import read_run
from surefoot.retrieval import Embedder
from surefoot.wiring.evaluating import score_responses
from surefoot.wiring.project import Project

# The code that scored and the code that decided, as receipts name them: raise EVALS when an equal response
# could get another score.
EVALS = "surefoot.evals/1"
INSTRUMENTS = f"{EVALS} {GATE}"
# Our arithmetic gives the same bits; an embedder may round otherwise on another processor.
CANDIDATE = "candidate"
SAME = 1e-9
SAME_BY_EMBEDDER = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arm:
    """One side of a receipt: a release, the digest of its recorded responses, and their scores."""

    name: str
    release: str
    run: str
    scores: Scores


async def verify_receipt(
    project: Project,
    receipt: Receipt,
    folders: Sequence[Path],
    *,
    embedder: Embedder,
    report: Report,
) -> None:
    """Return when the receipt follows from its recorded responses; RefusedError says where it does not.

    `folders` are release folders to look for the recorded responses in. Scores of a judge are taken as they
    were recorded: they are advisory, and asking again would be another sample.
    """
    suite = _suite_of(project, receipt)
    if receipt.instruments != INSTRUMENTS:
        raise RefusedError(
            f"the receipt was made with {receipt.instruments!r}, and this surefoot has {INSTRUMENTS!r}",
            remedy="verify it with the surefoot that made it, or run the gate again",
        )
    rules = rules_in(suite, receipt)
    wanted = [name for name in metrics_of(suite, rules) if METRICS[name].needs != "judge"]
    for arm in _arms(receipt):
        run = _run(arm.run, arm.release, folders)
        if arm.name == CANDIDATE:
            _refuse_other_model(receipt, run)
        found = await score_responses(
            project,
            suite,
            run.responses_to(suite.cases),
            wanted,
            embedder=embedder,
            report=report,
            step=f"scoring the {arm.name} again",
        )
        _compare(arm.name, arm.scores, found)
    _compare_verdicts(
        receipt.verdict,
        decide(
            rules,
            suite.invariants,
            sheet_of(suite, rules, receipt.candidate_scores, receipt.baseline_scores),
            strictness_of(suite),
        ),
    )


def rules_in(suite: Suite, receipt: Receipt) -> tuple[Rule, ...]:
    """The suite's rules, without judged advisory ones when the receipt was made without a judge."""
    judged = any(METRICS[name].needs == "judge" for name in receipt.candidate_scores if name in METRICS)
    return rules_of(suite, judged=judged)


def rules_of(suite: Suite, *, judged: bool) -> tuple[Rule, ...]:
    """The suite's rules; without those that only a judge could measure, unless they block."""
    return tuple(rule for rule in suite.rules if judged or rule.blocking or not rule.judged)


def metrics_of(suite: Suite, rules: Sequence[Rule]) -> tuple[str, ...]:
    """Every metric that these rules and the suite's invariants rest on."""
    return tuple(
        dict.fromkeys([rule.metric for rule in rules] + [invariant.metric for invariant in suite.invariants])
    )


def sheet_of(suite: Suite, rules: Sequence[Rule], candidate: Scores, baseline: Scores | None) -> ScoreSheet:
    """What the gate decides from."""
    wanted = metrics_of(suite, rules)
    return ScoreSheet(
        expected={name: ids for name, ids in suite.expected().items() if name in wanted},
        clusters=suite.clusters(),
        candidate=candidate,
        baseline=baseline,
    )


def strictness_of(suite: Suite) -> Strictness:
    """How sure the suite wants the verdict to be."""
    return Strictness(confidence=suite.confidence, scored_at_least=suite.scored_at_least)


def _arms(receipt: Receipt) -> tuple["_Arm", ...]:
    """The sides of the comparison that the receipt holds; a side that is half there is refused."""
    candidate = _Arm(
        name=CANDIDATE, release=receipt.release, run=receipt.candidate_run, scores=receipt.candidate_scores
    )
    parts = (receipt.baseline, receipt.baseline_run, receipt.baseline_scores)
    if all(part is None for part in parts):
        return (candidate,)
    release, run, scores = parts
    if release is None or run is None or scores is None:
        raise RefusedError(
            "the receipt holds only a part of what production answered", remedy="run the gate again"
        )
    return (candidate, _Arm(name="production", release=release, run=run, scores=scores))


def _suite_of(project: Project, receipt: Receipt) -> Suite:
    suite = load_suite(project.settings.folders.evals / receipt.suite)
    if suite.digest != receipt.suite_digest:
        raise RefusedError(
            f"the suite {suite.name!r} is not the one of the receipt: it is {suite.digest[:12]}, and was "
            f"{receipt.suite_digest[:12]}",
            remedy=f"run the gate again; or verify at the commit {receipt.revision or 'it was made at'}",
        )
    return suite


def _run(digest: str, release: str, folders: Sequence[Path]) -> RecordedRun:
    try:
        run = RecordedRun.from_bytes(read_run(folders, digest))
    except EvaluationError as error:
        raise RefusedError(f"the recorded responses {digest[:12]}: {error}", remedy=error.remedy) from error
    if run.release != release:
        raise RefusedError(
            f"the recorded responses {digest[:12]} are those of {run.release[:12]}, not of {release[:12]}",
            remedy="run the gate again",
        )
    return run


def _refuse_other_model(receipt: Receipt, run: RecordedRun) -> None:
    if run.model != receipt.model:
        raise RefusedError(
            f"the receipt names the model {receipt.model[:12]}, and {run.model[:12]} answered",
            remedy="run the gate again with the model that the release pins",
        )


def _bounds(result: RuleResult | None) -> tuple[str, ...]:
    """The numbers a verdict rests on, to what rounding leaves alone."""
    if result is None:
        return ()
    numbers = (result.baseline, result.candidate, result.difference, result.lower, result.upper)
    return tuple("none" if number is None else f"{number:.6f}" for number in numbers)


def _compare(arm: str, said: Scores, found: Scores) -> None:
    for metric, by_case in found.items():
        recorded = said.get(metric, {})
        for case, score in by_case.items():
            if not _same(metric, recorded.get(case), score):
                raise RefusedError(
                    f"{metric} of the {arm} in the case {case!r} is {_words(score)} by the recorded "
                    f"response, and the receipt says {_words(recorded.get(case))}",
                    remedy="the receipt was edited or made by other code: run the gate again",
                )


def _same(metric: str, said: Score | None, found: Score) -> bool:
    if isinstance(said, Scored) and isinstance(found, Scored):
        tolerance = SAME if METRICS[metric].needs == "nothing" else SAME_BY_EMBEDDER
        return math.isclose(said.value, found.value, rel_tol=0, abs_tol=tolerance)
    return said is not None and type(said) is type(found)


def _words(score: Score | None) -> str:
    if score is None:
        return "nothing"
    return f"{score.value:.6g}" if isinstance(score, Scored) else f"unscored ({score.reason})"


def _compare_verdicts(said: Verdict, found: Verdict) -> None:
    """Equal outcomes, rule by rule: from equal scores the gate decides the same."""
    pairs: list[tuple[str, object, object]] = [("the verdict", said.outcome, found.outcome)]
    by_metric = {result.rule.metric: result for result in said.rules}
    for result in found.rules:
        recorded = by_metric.get(result.rule.metric)
        pairs.append((result.rule.metric, recorded.outcome if recorded else "nothing", result.outcome))
        pairs.append((result.rule.metric, _bounds(recorded), _bounds(result)))
    for what, was, now in pairs:
        if was != now:
            raise RefusedError(
                f"from the receipt's scores {what} is {now}, and the receipt says {was}",
                remedy="the receipt was edited or made by other code: run the gate again",
            )
