"""The comment of a pull request: the change in one sentence, answers before and after, findings, verdict."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from surefoot.changes.change_texts import affected_words, sentence, thing_words
from surefoot.changes.comparing import BranchChange
from surefoot.prompts.linting import Finding
from surefoot.records import Outcome
from surefoot.reports.gate_markdown import case_table, verdict_parts
from surefoot.reports.gate_report import (
    BrokenCase,
    GateReport,
    broken_cases,
    compared_cases,
    gained_cases,
)
from surefoot.reports.gate_words import answer
from surefoot.reports.inert_markdown import inert, inert_block

MOST_CHARACTERS = 60_000  # what every host takes, with room for the line that marks the comment
MOST_ANSWERS = 3
_MOST_FINDINGS = 20
_MOST_DIFF = 8_000
_SAID: Mapping[Outcome, str] = {
    "PASS": "✅ Measured against what serves now, the app {app} answers no worse.",
    "FAIL": "❌ Measured against what serves now, the app {app} answers worse.",
    "INCONCLUSIVE": "⚠️ Whether the app {app} answers worse than what serves now takes more cases to tell.",
    "REFUSED": "⛔ What was measured of the app {app} cannot be relied on.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that a comment is made from.

    `reports` are those of the apps that the change reaches; `unmeasured` has the reason for each app that has
    none. `diffs` are unified diffs of the changed prompts, by name.
    """

    change: BranchChange
    findings: Sequence[Finding]
    diffs: Mapping[str, str]
    reports: Sequence[GateReport]
    unmeasured: Mapping[str, str]


def comment_markdown(told: Told) -> str:
    """The comment. What does not fit is left out whole, and said."""
    parts: list[str] = []
    room, left_out = MOST_CHARACTERS - 200, 0
    for part in _parts(told):
        if len(part) + 2 <= room:
            parts.append(part)
            room -= len(part) + 2
        else:
            left_out += 1
    if left_out:
        parts.append(f"*{left_out} parts did not fit into a comment; the reports of the run have them.*")
    return "\n\n".join(parts) + "\n"


def _parts(told: Told) -> Iterator[str]:
    yield f"**{inert(sentence(told.change), most=1_000)}**"
    for report in told.reports:
        yield _said(report)
    for app, reason in told.unmeasured.items():
        yield f"⚠️ Nothing was measured of the app {inert(app)}: {inert(reason, most=600)}"
    for report in told.reports:
        yield from _answers(report)
    yield "\n".join(_findings(told.findings))
    yield from _changes(told)
    for report in told.reports:
        yield from verdict_parts(report)


def _said(report: GateReport) -> str:
    receipt = report.receipt
    if receipt.baseline is None:
        meets = "meets" if receipt.verdict.outcome == "PASS" else "does not meet"
        return f"The first release of the app {inert(receipt.app)} {meets} what its suite asks of one."
    return _SAID[receipt.verdict.outcome].format(app=inert(receipt.app))


def _answers(report: GateReport) -> Iterator[str]:
    """A few cases whose answers differ, those that broke first."""
    if report.receipt.baseline is None:
        return
    shown = _telling(report)
    if not shown:
        yield f"Every answer of the app {inert(report.receipt.app)} is what it was."
        return
    yield f"### Before and after: the app {inert(report.receipt.app)}"
    yield from (case_table(report, one) for one in shown)


def _telling(report: GateReport) -> list[BrokenCase]:
    others = (one for one in compared_cases(report) if answer(one.baseline) != answer(one.candidate))
    chosen = (*broken_cases(report), *gained_cases(report), *others)
    return [*{one.case.id: one for one in chosen}.values()][:MOST_ANSWERS]


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        yield "Lint found nothing wrong in the prompts."
        return
    yield "### What lint found"
    yield ""
    for finding in findings[:_MOST_FINDINGS]:
        place = f"{finding.file}:{finding.line}:{finding.column}"
        yield f"- {finding.level} at {inert(place)}: {inert(finding.message)}. {inert(finding.remedy)}"
    if len(findings) > _MOST_FINDINGS:
        yield f"- and {len(findings) - _MOST_FINDINGS} more"


def _changes(told: Told) -> Iterator[str]:
    lines = [*map(thing_words, told.change.things), *map(affected_words, told.change.apps)]
    if lines:
        listed = "\n".join(f"- {inert(line, most=600)}" for line in lines)
        yield f"<details><summary>What it changes, and what that reaches</summary>\n\n{listed}\n\n</details>"
    for name, diff in told.diffs.items():
        block = inert_block(diff, "diff", most=_MOST_DIFF)
        yield f"<details><summary>The prompt {inert(name)}</summary>\n\n{block}\n\n</details>"
