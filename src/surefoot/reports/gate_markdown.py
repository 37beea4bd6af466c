"""A gate's verdict as Markdown, to be posted as a comment of a pull request: at most 65,536 characters.

The first line is a hidden marker that names the suite, by which a bot finds its comment again and updates it.
Whatever did not come from surefoot goes through `inert`.
"""

import re
from collections.abc import Iterator, Sequence

from surefoot.records import Outcome, RuleResult
from surefoot.reports import gate_words as words
from surefoot.reports.gate_report import (
    BrokenCase,
    GateReport,
    UnscoredCount,
    broken_cases,
    gained_cases,
    unscored_counts,
)
from surefoot.reports.inert_markdown import inert, inert_block, inert_lines

MOST_CHARACTERS = 65_536  # GitHub's limit for a comment
_ROOM_AT_THE_END = 4_000
_ROOM_FOR_CASES = 40_000
_MOST_CASES = 12
_MOST_REASONS = 20
_MOST_ANSWER = 1_500
_SIGNS: dict[Outcome, str] = {"PASS": "✅", "FAIL": "❌", "INCONCLUSIVE": "⚠️", "REFUSED": "⛔"}


def gate_markdown(report: GateReport) -> str:
    """Verdict, reasons, the table of rules; folded away the cases that broke, the prompt's diff, the pins.

    What does not fit is left out whole, and said.
    """
    parts: list[str] = []
    room = MOST_CHARACTERS - _ROOM_AT_THE_END
    left_out = 0
    for part in _parts(report):
        if len(part) + 2 <= room:
            parts.append(part)
            room -= len(part) + 2
        else:
            left_out += 1
    if left_out:
        parts.append(f"*{left_out} parts did not fit into a comment; `report.html` has them.*")
    return "\n\n".join([*parts, *_end(report)]) + "\n"


def marker(suite: str) -> str:
    """The hidden line by which a bot finds the comment of a suite."""
    return f"<!-- surefoot gate: {re.sub(r'[^A-Za-z0-9._-]', '_', suite)[:200]} -->"


def _parts(report: GateReport) -> Iterator[str]:
    yield marker(report.receipt.suite)
    yield from verdict_parts(report)
    yield from _cases(report)
    if report.prompt_diff.strip():
        block = inert_block(report.prompt_diff, "diff", most=8_000)
        yield f"<details><summary>What changed in the prompt</summary>\n\n{block}\n\n</details>"


def verdict_parts(report: GateReport) -> Iterator[str]:
    """The verdict in words and as a table, and what could not be measured."""
    verdict = report.receipt.verdict
    yield f"## {_SIGNS[verdict.outcome]} {verdict.outcome}: {inert(words.headline(report))}"
    for number, reason in enumerate(verdict.reasons[:_MOST_REASONS], 1):
        yield f"{number}. {inert(reason, most=600)}"
    if len(verdict.reasons) > _MOST_REASONS:
        yield f"and {len(verdict.reasons) - _MOST_REASONS} more reasons"
    yield _table(report)
    yield f"<sub>{inert(words.size(report))}. Advisory rules decide nothing.</sub>"
    if verdict.invariants:
        yield "\n".join(_invariants(report))
    counts = unscored_counts(report)
    if counts:
        yield "\n".join(_unscored(counts))


def _table(report: GateReport) -> str:
    verdict = report.receipt.verdict
    if verdict.kind == "founding":
        head = ["metric", "rule", "candidate", "bounds", "floor", "outcome"]
    else:
        head = "metric|rule|baseline|candidate|difference|bounds|margin|detectable|outcome".split("|")
    aligned = ["---" if name in ("metric", "rule", "outcome") else "--:" for name in head]
    rows = [_row(result, founding=verdict.kind == "founding") for result in verdict.rules]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, aligned, *rows))


def _row(result: RuleResult, *, founding: bool) -> list[str]:
    rule = result.rule
    name = [inert(rule.metric, most=100), "blocking" if rule.blocking else "advisory"]
    outcome = f"**{result.outcome}**" if rule.blocking else result.outcome
    candidate = words.figure(result.candidate, result)
    if founding:
        limits = [words.bounds(result, signed=False), words.figure(rule.floor, result)]
        return [*name, candidate, *limits, outcome]
    return [
        *name,
        words.figure(result.baseline, result),
        candidate,
        words.figure(result.difference, result, signed=True),
        words.bounds(result, signed=True),
        words.figure(rule.margin, result),
        words.figure(result.detectable, result),
        outcome,
    ]


def _invariants(report: GateReport) -> Iterator[str]:
    yield "Must hold in every case:"
    yield ""
    for held in report.receipt.verdict.invariants:
        ends = [f"**broken** in {_named(held.broken)}"] if held.broken else []
        ends += [f"not measured in {_named(held.unscored)}"] if held.unscored else []
        least = f"{held.invariant.at_least:g}"
        yield f"- {inert(held.invariant.metric)} is {least} or more: {'; '.join(ends) or 'holds'}"


def _named(cases: Sequence[str]) -> str:
    more = f" and {len(cases) - 8} more" if len(cases) > 8 else ""
    return f"{words.counted(len(cases))}: " + ", ".join(inert(case, most=100) for case in cases[:8]) + more


def _unscored(counts: Sequence[UnscoredCount]) -> Iterator[str]:
    yield "Not measured:"
    yield ""
    for count in counts[:10]:
        yield f"- {inert(count.metric)}, {count.arm}: {count.cases} × {inert(count.reason, most=200)}"
    if len(counts) > 10:
        yield f"- and {len(counts) - 10} more reasons"


def _cases(report: GateReport) -> Iterator[str]:
    broken, gained = broken_cases(report), gained_cases(report)
    if broken:
        tables = [case_table(report, one) for one in broken[:_MOST_CASES]]
        while sum(map(len, tables)) > _ROOM_FOR_CASES:
            tables.pop()
        count = f"{len(tables)} of {len(broken)}" if len(broken) > len(tables) else f"{len(broken)}"
        summary = f"<summary>{words.title_of_broken(report)} ({count})</summary>"
        yield "\n\n".join([f"<details>{summary}", *tables, "</details>"])
    if gained:
        names = ", ".join(f"{inert(one.case.id, most=100)} ({inert(words.lost(one))})" for one in gained[:20])
        more = f" and {len(gained) - 20} more" if len(gained) > 20 else ""
        yield f"<details><summary>Cases that gained ({len(gained)})</summary>\n\n{names}{more}\n\n</details>"


def case_table(report: GateReport, one: BrokenCase) -> str:
    """Both answers to a case, as one table on lines without an empty one among them: so it stays HTML."""
    case = one.case
    scores = "; ".join(words.change(change) for change in one.changes if change.loss)
    arms = [("candidate", one.candidate)]
    if report.receipt.verdict.kind == "comparison":
        arms.insert(0, ("baseline", one.baseline))
    span = f' colspan="{len(arms)}"'
    width = f' width="{100 // len(arms)}%"'
    answers = "".join(
        f"<td{width}>{inert_lines(words.answer(response), most=_MOST_ANSWER)}</td>" for _, response in arms
    )
    return "\n".join(
        (
            "<table>",
            f"<tr><th{span}>{inert(case.id, most=100)} · {case.kind} · {inert(words.lost(one))}</th></tr>",
            f"<tr><td{span}><b>Question</b> {inert_lines(case.question, most=800)}</td></tr>",
            f"<tr><td{span}><b>Reference</b> {inert_lines(case.reference, most=800)}</td></tr>",
            "<tr>" + "".join(f"<th>{name}</th>" for name, _ in arms) + "</tr>",
            f"<tr>{answers}</tr>",
            f"<tr><td{span}><sub>{inert(scores, most=800)}</sub></td></tr>",
            "</table>",
        )
    )


def _end(report: GateReport) -> Iterator[str]:
    """What always stands at the end: the room for it is kept."""
    short = "\n".join(words.cut(command, 400) for command in words.commands(report))
    receipt = report.receipt
    baseline = f", baseline {inert(receipt.baseline[:64])}" if receipt.baseline else ""
    yield (
        f"<details><summary>How to get here again</summary>\n\n```sh\n{short}\n```\n\n"
        f"Receipt {inert(report.digest[:64])}: release {inert(receipt.release[:64])}{baseline}.\n\n</details>"
    )
