"""A gate's verdict as canonical JSON, for programs; docs/reference/gate-reports.md describes it."""

from surefoot.records import Json, Responded, Response, Scores, canonical_json
from surefoot.records.encoding import plain
from surefoot.reports.gate_report import (
    BrokenCase,
    GateReport,
    MetricChange,
    broken_cases,
    gained_cases,
    unscored_counts,
)
from surefoot.reports.gate_words import headline
from surefoot.reports.json_report import sayable, score_json

SCHEMA = 1
_MOST_SHOWN = 200  # cases with answers and passages; the scores are of all


def gate_json(report: GateReport) -> bytes:
    """The verdict, the numbers of each rule, every score of both arms, and the cases that moved."""
    receipt = report.receipt
    pins = {
        name: plain(getattr(receipt, name))
        for name in (
            "app release baseline baseline_app model suite suite_digest instruments content revision "
            "uncommitted made_at candidate_run baseline_run"
        ).split()
    }
    broken, gained = broken_cases(report), gained_cases(report)
    value: Json = {
        "schema": SCHEMA,
        "outcome": receipt.verdict.outcome,
        "headline": headline(report),
        "receipt": {"digest": report.digest, **pins},
        "verdict": plain(receipt.verdict),
        "unscored": [plain(count) for count in unscored_counts(report)],
        "broken": {"cases": len(broken), "shown": [_case(one) for one in broken[:_MOST_SHOWN]]},
        "gained": {"cases": len(gained), "shown": [_case(one) for one in gained[:_MOST_SHOWN]]},
        "scores": {
            "candidate": _scores(receipt.candidate_scores),
            "baseline": None if receipt.baseline_scores is None else _scores(receipt.baseline_scores),
        },
        "prompt_diff": report.prompt_diff,
    }
    return canonical_json(sayable(value))


def _scores(scores: Scores) -> Json:
    return {
        metric: {case: score_json(score) for case, score in by_case.items()}
        for metric, by_case in scores.items()
    }


def _case(one: BrokenCase) -> Json:
    case = one.case
    return {
        "case": case.id,
        "kind": case.kind,
        "cluster": case.cluster,
        "question": case.question,
        "history": plain(case.history),
        "reference": case.reference,
        "loss": one.loss,
        "invariants": list(one.invariants),
        "changes": [_change(change) for change in one.changes],
        "candidate": _response(one.candidate),
        "baseline": _response(one.baseline),
    }


def _change(change: MetricChange) -> Json:
    return {
        "metric": change.rule.metric,
        "blocking": change.rule.blocking,
        "baseline": None if change.baseline is None else score_json(change.baseline),
        "candidate": score_json(change.candidate),
        "loss": change.loss,
    }


def _response(response: Response | None) -> Json:
    """An answer with its passages, or `failure` and `message`; null where none is recorded."""
    if response is None:
        return None
    if not isinstance(response, Responded):
        return {"failure": response.kind, "message": response.message}
    return {
        "text": response.text,
        "finish_reason": response.finish_reason,
        "abstained": response.abstained,
        "passages": plain(response.passages),
        "total_seconds": response.total_seconds,
    }
