"""A gate's verdict as text for a terminal, to be handed to a rich console: 100 columns at most.

As in `terminal`, what a model, a document or a case wrote goes through `printable` and into `Text`, so that
it cannot steer the terminal. Nothing rests on colour: a pipe shows the same.
"""

from collections.abc import Callable, Iterator, Sequence
from io import StringIO

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from surefoot.records import Outcome, RuleResult
from surefoot.reports import gate_words as words
from surefoot.reports.gate_report import BrokenCase, GateReport, broken_cases, gained_cases, unscored_counts
from surefoot.reports.intervals import Interval, drawn, intervals, labelled
from surefoot.reports.printable import one_line, printable

COLUMNS = 100
_NAME = 31
_PLOT = 47
_MOST_SHOWN = 3
_MOST_NAMED = 8
_MOST_LETTERS = 600
_LABEL = 11
_COLOURS: dict[Outcome, str] = {
    "PASS": "green",
    "FAIL": "red",
    "INCONCLUSIVE": "yellow",
    "REFUSED": "magenta",
}

_Column = tuple[str, int, Callable[[RuleResult], str]]
_COMPARED: tuple[_Column, ...] = (
    ("baseline", 9, lambda one: words.figure(one.baseline, one)),
    ("candidate", 10, lambda one: words.figure(one.candidate, one)),
    ("difference", 11, lambda one: words.figure(one.difference, one, signed=True)),
    ("lower", 8, lambda one: words.figure(one.lower, one, signed=True)),
    ("upper", 8, lambda one: words.figure(one.upper, one, signed=True)),
    ("margin", 8, lambda one: words.figure(one.rule.margin, one)),
    ("detectable", 12, lambda one: words.figure(one.detectable, one)),
)
_FOUNDED: tuple[_Column, ...] = (
    ("candidate", 10, lambda one: words.figure(one.candidate, one)),
    ("lower", 8, lambda one: words.figure(one.lower, one)),
    ("upper", 8, lambda one: words.figure(one.upper, one)),
    ("floor", 8, lambda one: words.figure(one.rule.floor, one)),
)


class _Narrow:
    """Wraps what it holds at 100 columns, also on a console that leaves wrapping to the terminal."""

    def __init__(self, *parts: RenderableType) -> None:
        self._parts = Group(*parts)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(options.max_width, COLUMNS)
        yield from console.render(self._parts, options.update(width=width, no_wrap=False, overflow="fold"))


def gate_view(report: GateReport) -> RenderableType:
    """The verdict, its reasons, a row with an interval per rule, and the three cases that broke most."""
    return _Narrow(
        *_verdict(report),
        *_rules(report),
        *_invariants(report),
        *_unscored(report),
        *_cases(report),
        *_facts(report),
    )


def gate_text(report: GateReport) -> str:
    """The same without colour, for a file."""
    console = Console(file=StringIO(), width=COLUMNS, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(gate_view(report))
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def _verdict(report: GateReport) -> Iterator[RenderableType]:
    outcome = report.receipt.verdict.outcome
    said = Text.assemble((" ".join(outcome), "bold"), "\n", words.headline(report))
    yield Panel(said, style=_COLOURS[outcome], padding=(1, 3))
    yield Text(words.size(report), style="dim")
    yield Text()
    for number, reason in enumerate(report.receipt.verdict.reasons, 1):
        yield _hanging(f"{number}.", one_line(reason), indent=3)


def _hanging(label: str, text: str, *, indent: int, style: str = "") -> RenderableType:
    """Text with its label in the margin before it."""
    return _Hanging(Text.assemble((label.ljust(indent), style), Text(text)), indent)


class _Hanging:
    """A text whose further lines stand under its first."""

    def __init__(self, text: Text, indent: int) -> None:
        self._text, self._indent = text, indent

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        label, body = self._text.divide([self._indent])
        lines = body.wrap(console, max(20, options.max_width - self._indent), overflow="fold")
        for number, line in enumerate(lines):
            yield Text.assemble(label if number == 0 else " " * self._indent, line)


def _rules(report: GateReport) -> Iterator[RenderableType]:
    verdict = report.receipt.verdict
    columns = _FOUNDED if verdict.kind == "founding" else _COMPARED
    rows = list(zip(verdict.rules, intervals(verdict), strict=True))
    for heading, blocking in (("Blocking rules", True), ("Advisory rules: they decide nothing", False)):
        chosen = [row for row in rows if row[0].rule.blocking is blocking]
        if not chosen:
            continue
        yield Text()
        yield Text(heading, style="bold")
        headings = "".join(f"{name:>{width}}" for name, width, _ in columns)
        yield _line((("  ┊ floor" if verdict.kind == "founding" else "").ljust(_NAME) + headings, "dim"))
        for place, (result, interval) in enumerate(chosen):
            yield from _rule(result, interval, columns, labels=place == 0)


def _rule(
    result: RuleResult, interval: Interval, columns: Sequence[_Column], *, labels: bool
) -> Iterator[RenderableType]:
    figures = "".join(f"{figure(result):>{width}}" for _, width, figure in columns)
    if labels and labelled(interval, _PLOT).strip():
        yield _line((" " * _NAME + labelled(interval, _PLOT), "dim"))
    yield _line((words.cut(one_line(result.rule.metric), _NAME - 1).ljust(_NAME), "bold"), (figures, ""))
    colour = _COLOURS[result.outcome]
    differ = f"{result.discordant} of {result.cases} differ" if result.baseline is not None else ""
    yield _line(
        (f"  {result.outcome}".ljust(_NAME), f"bold {colour}"),
        (drawn(interval, _PLOT), colour if result.rule.blocking else ""),
        (f"  {differ or words.counted(result.cases)}", "dim"),
    )


def _line(*parts: tuple[str, str]) -> RenderableType:
    """One line of aligned columns, which is cut rather than wrapped."""
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")


def _invariants(report: GateReport) -> Iterator[RenderableType]:
    invariants = report.receipt.verdict.invariants
    if not invariants:
        return
    yield Text()
    yield Text("What must hold in every case", style="bold")
    for held in invariants:
        name = f"{one_line(held.invariant.metric)} is {held.invariant.at_least:g} or more"
        colour = "red" if held.broken else ("yellow" if held.unscored else "green")
        parts = [f"broken in {_named(held.broken)}"] if held.broken else []
        parts += [f"not measured in {_named(held.unscored)}"] if held.unscored else []
        yield _hanging(f"{name}: ", "; ".join(parts) or "holds", indent=len(name) + 2, style=colour)


def _named(cases: Sequence[str]) -> str:
    more = f" and {len(cases) - _MOST_NAMED} more" if len(cases) > _MOST_NAMED else ""
    return f"{words.counted(len(cases))}: " + ", ".join(one_line(case) for case in cases[:_MOST_NAMED]) + more


def _unscored(report: GateReport) -> Iterator[RenderableType]:
    counts = unscored_counts(report)
    if not counts:
        return
    yield Text()
    yield Text("Not measured", style="bold")
    for count in counts[:12]:
        told = f"{count.cases} x {words.cut(one_line(count.reason), 200)}"
        yield _hanging("", f"{one_line(count.metric)}, {count.arm}: {told}", indent=0)
    if len(counts) > 12:
        yield Text(f"and {len(counts) - 12} more reasons", style="dim")


def _cases(report: GateReport) -> Iterator[RenderableType]:
    broken = broken_cases(report)
    gained = len(gained_cases(report))
    if not broken:
        return
    yield Text()
    yield Text(words.title_of_broken(report), style="bold")
    for number, one in enumerate(broken[:_MOST_SHOWN], 1):
        yield Text()
        yield from _case(report, number, one)
    if len(broken) > _MOST_SHOWN or gained:
        also = f"{len(broken) - _MOST_SHOWN} more such cases" if len(broken) > _MOST_SHOWN else ""
        rose = f"{gained} gained" if gained else ""
        yield Text("\n" + "; ".join(part for part in (also, rose) if part), style="dim")


def _case(report: GateReport, number: int, one: BrokenCase) -> Iterator[RenderableType]:
    yield Text.assemble(
        (f"{number}. {one_line(one.case.id)}", "bold"), (f"  {one.case.kind}; {words.lost(one)}", "dim")
    )
    scores = ", ".join(words.change(change) for change in one.changes if change.loss)
    compared = report.receipt.verdict.kind == "comparison"
    told = [
        ("question", one.case.question),
        ("reference", one.case.reference),
        *([("baseline", words.answer(one.baseline))] if compared else []),
        ("candidate", words.answer(one.candidate)),
        *([("scores", scores)] if scores else []),
    ]
    for label, text in told:
        body = words.cut(printable(text).strip(), _MOST_LETTERS)
        yield Padding(_hanging(label, body, indent=_LABEL, style="dim"), (0, 0, 0, 3))


def _facts(report: GateReport) -> Iterator[RenderableType]:
    yield Text()
    for label, value in words.facts(report):
        yield _hanging(label, value, indent=17, style="dim")
    yield Text()
    yield Text("To get here again", style="bold")
    for command in words.commands(report):
        yield _hanging("  ", command, indent=2)
