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
    "PASS": "✅ Measured against what serves now, the app “{app}” answers no worse.",
    "FAIL": "❌ Measured against what serves now, the app “{app}” answers worse.",
    "INCONCLUSIVE": "⚠️ Whether the app “{app}” answers worse than what serves now takes more cases to tell.",
    "REFUSED": "⛔ What was measured of the app “{app}” cannot be relied on.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that a comment is made from.

    `reports` are those of the apps that the change reaches; `unmeasured` has the reason for each app that has
    none. `diffs` are texts on the changed prompts, by name: source, rendered messages, contract, tokens.
    `unchecked` is why lint could not run, empty where it did.
    """

    change: BranchChange
    findings: Sequence[Finding]
    unchecked: str = ""
    diffs: Mapping[str, str]
    reports: Sequence[GateReport]
    unmeasured: Mapping[str, str]


def comment_markdown(told: Told) -> str:
    """The comment. What does not fit is left out whole, and said; a verdict goes before what is long."""
    head, long, verdicts = [*_head(told)], [*_long(told)], [*_verdicts(told)]
    room = MOST_CHARACTERS - 200
    kept: dict[int, str] = {}
    numbered = [*enumerate((*head, *long, *verdicts))]
    first, last = len(head), len(head) + len(long)
    for number, part in (*numbered[:first], *numbered[last:], *numbered[first:last]):
        if len(part) + 2 <= room:
            kept[number] = part
            room -= len(part) + 2
    parts = [kept[number] for number in sorted(kept)]
    left_out = len(numbered) - len(kept)
    if left_out:
        counted = "1 part" if left_out == 1 else f"{left_out} parts"
        parts.append(f"*{counted} did not fit into a comment; the reports of the run have all.*")
    return "\n\n".join(parts) + "\n"


def unreadable_markdown(reason: str) -> str:
    """The comment where the project's settings cannot be read, so nothing else can be told."""
    return (
        "**The project's settings cannot be read, so nothing of this was checked or measured.**\n\n"
        f"⚠️ {inert(reason, most=600)}\n"
    )


def _head(told: Told) -> Iterator[str]:
    yield f"**{inert(sentence(told.change), most=1_000)}**"
    for report in told.reports:
        yield _said(report)
    for app, reason in told.unmeasured.items():
        yield f"⚠️ Nothing was measured of the app “{inert(app)}”: {inert(reason, most=600)}"


def _long(told: Told) -> Iterator[str]:
    for report in told.reports:
        yield from _answers(report)
    if told.unchecked:
        yield f"⚠️ Lint could not run: {inert(told.unchecked, most=600)}"
    else:
        yield "\n".join(_findings(told.findings))
    yield from _changes(told)


def _verdicts(told: Told) -> Iterator[str]:
    for report in told.reports:
        yield from verdict_parts(report)


def _said(report: GateReport) -> str:
    receipt = report.receipt
    if receipt.baseline is None:
        meets = "meets" if receipt.verdict.outcome == "PASS" else "does not meet"
        return f"The first release of the app “{inert(receipt.app)}” {meets} what its suite asks of one."
    return _SAID[receipt.verdict.outcome].format(app=inert(receipt.app))


def _answers(report: GateReport) -> Iterator[str]:
    """A few cases whose answers differ, those that broke first."""
    if report.receipt.baseline is None:
        return
    shown = _telling(report)
    if not shown:
        yield f"Every answer of the app “{inert(report.receipt.app)}” is what it was."
        return
    yield f"### Before and after: the app “{inert(report.receipt.app)}”"
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
