"""The words and figures that all forms of a gate's report share."""

import math
import shlex

from surefoot.records import Outcome, Responded, Response, RuleResult, Score, Scored
from surefoot.reports.gate_report import BrokenCase, GateReport, MetricChange
from surefoot.reports.printable import one_line, printable

DIGITS = 12  # of a digest: as in traces, on the page and in the metrics
_MOST_DECIMALS = 6

_COMPARED: dict[Outcome, str] = {
    "PASS": "{new} may replace {old}: no blocking metric lost more than its margin.",
    "FAIL": "{new} may not replace {old}.",
    "INCONCLUSIVE": "{new} may not replace {old} yet: whether it is worse could not be told.",
    "REFUSED": "{new} may not replace {old}: the scores that there are cannot decide.",
}
_HELD = "{new} may replace {old}: every invariant holds, and no metric was compared."
_BETWEEN_APPS: dict[Outcome, str] = {
    "PASS": "{new} answers no worse than {old}. Two apps are compared: nothing is promoted by this.",
    "FAIL": "{new} answers worse than {old}.",
    "INCONCLUSIVE": "Whether {new} answers worse than {old} could not be told.",
    "REFUSED": "{new} and {old}: the scores that there are cannot decide between them.",
}
_FOUNDED: dict[Outcome, str] = {
    "PASS": "{new} may be the first release: it meets every floor and every invariant.",
    "FAIL": "{new} may not be the first release.",
    "INCONCLUSIVE": "{new} may not be the first release yet: there is too little to tell by.",
    "REFUSED": "{new} may not be the first release: the scores that there are cannot decide.",
}


def headline(report: GateReport) -> str:
    """What the verdict means for the release, in one sentence."""
    receipt = report.receipt
    old = one_line(receipt.baseline_app or "") if receipt.compares_apps else "production"
    old += f" ({receipt.baseline[:DIGITS]})" if receipt.baseline else ""
    verdict = receipt.verdict
    words = _COMPARED if verdict.kind == "comparison" else _FOUNDED
    words = _BETWEEN_APPS if receipt.compares_apps else words
    said = words[verdict.outcome]
    if said is _COMPARED["PASS"] and not any(result.rule.blocking for result in verdict.rules):
        said = _HELD
    return said.format(new=f"{one_line(receipt.app)} {receipt.release[:DIGITS]}", old=old)


def size(report: GateReport) -> str:
    """How much the verdict rests on."""
    cases = {case for scores in report.receipt.candidate_scores.values() for case in scores}
    clusters = len({report.cases[case].cluster for case in cases if case in report.cases})
    told = counted(len(cases))
    if clusters:
        told += f" in {clusters} cluster{'s' * (clusters > 1)}"
    return f"suite {one_line(report.receipt.suite)}: {told}; bounds at {confidence(report)}, one-sided"


def confidence(report: GateReport) -> str:
    """The confidence of each bound, in percent."""
    return f"{report.receipt.verdict.confidence * 100:g}%"


def figure(value: float | None, result: RuleResult, *, signed: bool = False) -> str:
    """A number in the metric's unit, with as many decimals as the margin needs; a dash for none."""
    if value is None:
        return "-"
    decimals = _decimals(result)
    rounded = round(value, decimals) + 0.0  # minus zero is zero
    return f"{rounded:{'+' if signed and rounded else ''}.{decimals}f}"


def bounds(result: RuleResult, *, signed: bool) -> str:
    """Lower and upper bound; a dash where there are none."""
    if result.lower is None or result.upper is None:
        return "-"
    return f"{figure(result.lower, result, signed=signed)} to {figure(result.upper, result, signed=signed)}"


def _decimals(result: RuleResult) -> int:
    rule = result.rule
    usual = 3 if rule.highest - rule.lowest <= 10 else 1
    if not (math.isfinite(rule.margin) and rule.margin > 0):
        return usual
    return min(_MOST_DECIMALS, max(usual, 1 - math.floor(math.log10(rule.margin))))


def counted(cases: int) -> str:
    """So many cases."""
    return "1 case" if cases == 1 else f"{cases} cases"


def score_figure(score: Score | None) -> str:
    """One case's score; a dash where there is none to have."""
    if score is None:
        return "-"
    return f"{score.value:.3f}" if isinstance(score, Scored) else "not measured"


def change(one: MetricChange) -> str:
    """A metric's name and its score before and after."""
    before = "" if one.baseline is None else f"{score_figure(one.baseline)} -> "
    return f"{one_line(one.rule.metric)} {before}{score_figure(one.candidate)}"


def lost(one: BrokenCase) -> str:
    """What became of a case, in a few words."""
    parts = [f"breaks {one_line(metric)}" for metric in one.invariants]
    if one.baseline is None and all(change.baseline is None for change in one.changes):
        parts += [f"{one.loss:.3f} short of the best"] if one.loss > 0 else []
    elif one.loss:
        parts.append(f"lost {one.loss:.3f}" if one.loss > 0 else f"gained {-one.loss:.3f}")
    return ", ".join(parts)


def title_of_broken(report: GateReport) -> str:
    """What the list of broken cases is called."""
    if report.receipt.verdict.kind == "founding":
        return "Cases that scored lowest"
    return "Cases that lost most" if report.receipt.verdict.outcome == "PASS" else "Cases that broke most"


def answer(response: Response | None) -> str:
    """The answer's text, or why there is none."""
    if response is None:
        return "(no answer is recorded)"
    if isinstance(response, Responded):
        return printable(response.text).strip() or "(no text)"
    return f"(no answer came: {one_line(response.kind)}: {one_line(response.message)})"


def cut(text: str, most: int) -> str:
    """The text's beginning, and a word that it goes on where it does."""
    return text if len(text) <= most else text[: max(0, most - 1)].rstrip() + "…"


def facts(report: GateReport) -> tuple[tuple[str, str], ...]:
    """What the receipt pins, a label and a value each."""
    receipt = report.receipt
    uncommitted = " and changes that are not committed" if receipt.uncommitted else ""
    every = (
        ("receipt", report.digest),
        ("app", receipt.app),
        ("release", receipt.release),
        ("baseline", receipt.baseline or "none: a founding gate"),
        ("model", receipt.model),
        ("suite", f"{receipt.suite} {receipt.suite_digest}"),
        ("instruments", receipt.instruments),
        ("content", receipt.content or "not committed"),
        ("revision", f"{receipt.revision or 'no commit'}{uncommitted}"),
        ("made at", receipt.made_at.isoformat(timespec="seconds")),
        ("candidate's run", receipt.candidate_run),
        ("baseline's run", receipt.baseline_run or "none"),
    )
    return tuple((label, one_line(value)) for label, value in every)


def commands(report: GateReport) -> tuple[str, ...]:
    """How to get to the same verdict again: from the recorded responses, and from the beginning."""
    receipt = report.receipt
    against = "founding" if receipt.verdict.kind == "founding" else "production"
    against = receipt.baseline_app if receipt.baseline_app and receipt.compares_apps else against
    checkout = (
        () if receipt.revision is None or receipt.uncommitted else (("git", "checkout", receipt.revision),)
    )
    gate = ("surefoot", "gate", "run", "--app", receipt.app, "--suite", receipt.suite, "--against", against)
    every = (("surefoot", "gate", "verify", report.digest), *checkout, gate)
    return tuple(" ".join(shlex.quote(one_line(word)) for word in words) for words in every)
