"""Answers and traces as text for a terminal, to be handed to a rich console.

Whatever a model, a document or a caller wrote goes through `printable` and into `Text`, which rich does not
read as markup: it cannot steer the terminal, nor start a line where surefoot's own labels stand.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from surefoot.records import Answer, Citation, Failure, Pins, Score, Scored, Trace
from surefoot.reports.printable import one_line, printable
from surefoot.traces import all_tokens, outline, output_tokens_per_second

DIGITS = 12  # of a digest: as on the page and in the metrics
_LABEL_WIDTH = 16
_HEADINGS = ("started (UTC)", "id", "seconds", "ending", "release", "question")


def answer_view(answer: Answer, pins: Pins | None) -> RenderableType:
    """An answer, its citations, and what gave it, how fast."""
    parts: list[RenderableType] = [Text(printable(answer.text).strip() or "(no text)")]
    if answer.citations:
        parts += [Text(), *(citation_line(citation) for citation in answer.citations)]
    return Group(*parts, Text(), *fact_lines(_source(pins) + _speed(answer)))


def trace_list(traces: Sequence[Trace]) -> RenderableType:
    """Traces a line each, in the order given."""
    if not traces:
        return Text("No traces.")
    rows = [_HEADINGS, *(_cells(trace) for trace in traces)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return _lines(*("  ".join(map(str.ljust, row, widths)) for row in rows))


def trace_line(trace: Trace) -> RenderableType:
    """One trace on one line, for following them as they come."""
    return _lines("  ".join(_cells(trace)))


def _lines(*lines: str) -> RenderableType:
    """Lines that are cut where the terminal ends, and do not wrap."""
    grid = Table.grid()
    grid.add_column(no_wrap=True, overflow="ellipsis")
    for line in lines:
        grid.add_row(Text(line.rstrip()))
    return grid


def trace_view(trace: Trace) -> RenderableType:
    """Everything a trace holds, for reading: who asked what, what answered, what it was shown."""
    head = fact_lines(
        [
            ("trace", trace.id),
            ("started", trace.started_at.isoformat(timespec="milliseconds")),
            ("route", trace.route),
            ("caller", trace.caller),
            ("question", trace.question),
            *_searched(trace),
        ]
    )
    if isinstance(trace.outcome, Failure):
        outcome: list[RenderableType] = [*_failure(trace.outcome, _source(trace.pins, trace.unopened_app))]
        outcome += _asked_with(trace.outcome) if trace.outcome.messages else []
    else:
        outcome = [answer_view(trace.outcome, trace.pins), *_measured(trace.outcome)]
    said = [
        (f"rated {one.rating}", f"{one.caller}: {one.comment}" if one.comment else one.caller)
        for one in trace.feedback
    ]
    return Group(*head, Text(), *outcome, *fact_lines(said))


def _searched(trace: Trace) -> list[tuple[str, str]]:
    """What was searched for, where an app's own code made something else of the question."""
    return [("searched", text) for text in trace.outcome.searched if text != trace.question]


def _failure(failure: Failure, source: list[tuple[str, str]]) -> list[Text]:
    facts = [("failed", f"{failure.kind}: {failure.message}"), ("after", f"{failure.total_seconds:.2f} s")]
    times = (
        ("in line", failure.queue_seconds),
        ("retrieval", failure.retrieval_seconds),
        ("first token", failure.first_token_seconds),
    )
    facts += [(label, f"{seconds:.2f} s") for label, seconds in times if seconds is not None]
    sent = [("sent by then", failure.text_sent)] if failure.text_sent else []
    return fact_lines(facts + sent + source)


def _measured(answer: Answer) -> list[RenderableType]:
    scores = [(name, score_words(score)) for name, score in answer.scores.items()]
    return [Text(), *fact_lines(scores), *_asked_with(answer)]


def _asked_with(outcome: Answer | Failure) -> list[RenderableType]:
    """What the model was shown."""
    passages = [
        Text(f"  {place}. {one_line(ranked.passage.source)} {ranked.passage.start}-{ranked.passage.end}")
        for place, ranked in enumerate(outcome.passages, start=1)
    ]
    messages = [
        part
        for message in outcome.messages
        for part in (Text(), Text(f"{message.role}:"), Text("  " + _indented(printable(message.content), 2)))
    ]
    return [Text(), Text("passages shown:"), *passages, *messages]


def score_words(score: Score) -> str:
    """A score in words: its value, or why there is none."""
    return f"{score.value:.3f}" if isinstance(score, Scored) else f"not measured: {score.reason}"


def _cells(trace: Trace) -> tuple[str, ...]:
    """What `_HEADINGS` name, what may be cut off last."""
    short = outline(trace)
    return (
        short.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        one_line(trace.id),
        f"{short.total_seconds:.2f}",
        one_line(short.failure_kind or short.ending),
        (short.release or ("not open" if short.app else "plain chat"))[:DIGITS],
        one_line(trace.question),
    )


def citation_line(citation: Citation) -> Text:
    """A citation: its number, the document and where in it."""
    where = " > ".join((citation.source, *citation.headings))
    line = Text(f"[{citation.number}] ", style="bold")
    line.append(one_line(where), style="not bold")
    line.append(
        f"  (characters {citation.start}-{citation.end}, score {citation.score:.3f})", style="not bold dim"
    )
    return line


def _source(pins: Pins | None, unopened_app: str | None = None) -> list[tuple[str, str]]:
    if unopened_app is not None:
        return [("release", f"none: the app {unopened_app} could not be opened")]
    if pins is None:
        return [("release", "none: plain chat")]
    return [
        ("release", f"{pins.release}  ({pins.app})"),
        ("prompt", f"{pins.prompt[:DIGITS]}  ({pins.prompt_name})"),
        ("model", f"{pins.model[:DIGITS]}  ({pins.model_alias})"),
    ]


def _speed(answer: Answer) -> list[tuple[str, str]]:
    first = answer.timings.first_token_seconds
    speed = output_tokens_per_second(answer.usage, answer.timings)
    usage = all_tokens(answer)
    return [
        ("first token", "none came" if first is None else f"{first:.2f} s"),
        ("tokens/s", "not measured" if speed is None else f"{speed:.1f}"),
        ("tokens", "not said" if usage is None else f"{usage.prompt_tokens} in, {usage.output_tokens} out"),
        ("total", f"{answer.timings.total_seconds:.2f} s"),
        *((f"step {step.name}", f"{step.seconds:.2f} s") for step in answer.steps),
    ]


def fact_lines(facts: Iterable[tuple[str, str]]) -> list[Text]:
    """A label and a value each; further lines of a value stand under its first."""
    lines = []
    for label, value in facts:
        line = Text(f"{one_line(label):<{_LABEL_WIDTH}} ", style="dim")
        line.append(_indented(printable(value), _LABEL_WIDTH + 1), style="not dim")
        lines.append(line)
    return lines


def _indented(text: str, width: int) -> str:
    return text.replace("\n", "\n" + " " * width)
