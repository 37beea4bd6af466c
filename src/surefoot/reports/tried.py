"""Answers of two prompts to the same question, beside each other, one after the other, or as JSON.

Whatever a model, a document or an author wrote goes through `printable` and into `Text`, so that it can
neither steer the terminal nor leave its column.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from surefoot.errors import SurefootError
from surefoot.records import Answer, Json
from surefoot.records.encoding import plain
from surefoot.reports.printable import one_line, printable
from surefoot.reports.terminal import DIGITS, citation_line, fact_lines
from surefoot.traces import all_tokens

# Narrower, and a column holds too few words to be read.
TWO_COLUMNS_FROM = 100
_BETWEEN_COLUMNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedSide:
    """What one side answers with. `name` is it in words; `release` is None where no release has it."""

    name: str
    prompt_name: str
    prompt: str
    release: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is tried: a prompt of an app, asked of one model; `notes` say what else is not the same."""

    prompt: str
    app: str
    model: str
    sides: tuple[TriedSide, ...]
    change: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one side has said so far, and how it ended: an answer, an error, or None while it goes on."""

    text: str
    outcome: Answer | SurefootError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One question, `name` says which, with the replies of the sides in their order."""

    name: str
    question: str
    replies: tuple[Reply, ...]


def head_lines(trial: Trial) -> Iterator[Text]:
    """What is compared with what, and in what they differ before anything is asked."""
    words = f"{trial.prompt} in the app {trial.app}, asked of {trial.model}"
    yield Text(one_line(words), style="bold")
    width = max(len(side.name) for side in trial.sides)
    for side in trial.sides:
        release = "" if side.release is None else f", release {side.release[:DIGITS]}"
        yield Text(
            one_line(side.name).ljust(width) + f"  prompt {side.prompt_name} {side.prompt[:DIGITS]}{release}"
        )
    if trial.change:
        yield Text(one_line(trial.change))
    for note in trial.notes:
        yield Text(f"note: {one_line(note)}", style="yellow")


def question_line(name: str, question: str) -> Text:
    """The question, and the case it is of."""
    return Text.assemble((f"{name}: ", "bold cyan"), (one_line(question), "bold"))


def side_title(side: TriedSide) -> Text:
    """A side's name, above what it says."""
    return Text(one_line(side.name), style="bold underline")


def columns(
    trial: Trial, replies: Sequence[Reply], *, console: Console, height: int | None = None
) -> RenderableType:
    """The replies beside each other. Where `height` lines are all there is, answers show how they end."""
    width = (console.width - _BETWEEN_COLUMNS * (len(replies) - 1)) // len(replies)
    grid = Table.grid(padding=(0, _BETWEEN_COLUMNS, 0, 0), pad_edge=False)
    for _ in replies:
        grid.add_column(width=width, overflow="fold", no_wrap=False)
    grid.add_row(*(side_title(side) for side in trial.sides))
    grid.add_row(*(_cell(reply, console, width, height) for reply in replies))
    return grid


def after_lines(reply: Reply) -> list[Text]:
    """What came of a reply: its sources, tokens and times, or why it failed."""
    outcome = reply.outcome
    if outcome is None:
        return []
    if isinstance(outcome, SurefootError):
        return fact_lines([("failed", one_line(outcome.message)), ("to mend it", one_line(outcome.remedy))])
    sources = [citation_line(citation) for citation in outcome.citations] or [
        Text("no sources cited", style="dim")
    ]
    return [*sources, *fact_lines(_facts(outcome))]


def difference(replies: Sequence[Reply]) -> str:
    """In one sentence whether two replies differ; empty for one."""
    if len(replies) < 2:
        return ""
    one, other = (reply.outcome for reply in replies)
    if not isinstance(one, Answer) or not isinstance(other, Answer):
        return "The answers are not compared: not both sides answered."
    shown = _passages_words(one, other)
    if _said(one) == _said(other):
        return f"The answers are the same, word for word; {shown}."
    return f"The answers differ; {shown}."


def trial_json(trial: Trial, rounds: Sequence[Round]) -> Json:
    """All of it for a program."""
    return {
        "schema": 1,
        "prompt": trial.prompt,
        "app": trial.app,
        "model": trial.model,
        "sides": [
            {
                "name": side.name,
                "release": side.release,
                "prompt": {"name": side.prompt_name, "digest": side.prompt},
            }
            for side in trial.sides
        ],
        "change": trial.change or None,
        "notes": list(trial.notes),
        "rounds": [
            {
                "name": each.name,
                "question": each.question,
                "differ": _differ(each.replies),
                "replies": [
                    {"side": side.name, **_reply_json(reply)}
                    for side, reply in zip(trial.sides, each.replies, strict=True)
                ],
            }
            for each in rounds
        ],
    }


def _cell(reply: Reply, console: Console, width: int, height: int | None) -> RenderableType:
    after = after_lines(reply)
    text = Text(printable(reply.text).strip() or ("..." if reply.outcome is None else "(no text)"))
    if height is not None:
        lines = text.wrap(console, width, overflow="fold")
        taken = sum(len(line.wrap(console, width)) for line in after) + 1
        room = max(height - taken, 1)
        if len(lines) > room:
            text = Text("\n").join((Text("...", style="dim"), *lines[len(lines) - room + 1 :]))
    return Group(text, Text(), *after)


def _facts(answer: Answer) -> list[tuple[str, str]]:
    usage, times = all_tokens(answer), answer.timings
    first = times.first_token_seconds
    ended = answer.finish_reason + (": cut off at max_output_tokens" * (answer.finish_reason == "length"))
    return [
        *(("searched", text) for text in answer.searched if text != answer.question),
        *(("calls", f"{call.name}({call.arguments})") for call in answer.tool_calls),
        ("passages shown", str(len(answer.passages))),
        ("tokens", "not said" if usage is None else f"{usage.prompt_tokens} in, {usage.output_tokens} out"),
        ("first token", "none came" if first is None else f"{first:.2f} s"),
        ("total", f"{times.total_seconds:.2f} s"),
        ("ended", ended + ", and declines to answer" * answer.abstained),
    ]


def _said(answer: Answer) -> tuple[str, list[tuple[str, str]]]:
    return answer.text.strip(), [(call.name, call.arguments) for call in answer.tool_calls]


def _passages_words(one: Answer, other: Answer) -> str:
    before, after = ([ranked.passage.id for ranked in answer.passages] for answer in (one, other))
    if before == after:
        return "both were shown the same passages"
    common = len(set(before) & set(after))
    return f"of {len(before)} and {len(after)} passages shown, {common} are the same"


def _differ(replies: Sequence[Reply]) -> bool | None:
    answers = [reply.outcome for reply in replies if isinstance(reply.outcome, Answer)]
    if len(answers) < 2:
        return None
    return _said(answers[0]) != _said(answers[1])


def _reply_json(reply: Reply) -> dict[str, Json]:
    outcome = reply.outcome
    if not isinstance(outcome, Answer):
        error = (
            {}
            if outcome is None
            else {"kind": type(outcome).__name__, "message": outcome.message, "remedy": outcome.remedy}
        )
        return {"text": reply.text, "error": error}
    return {
        "text": outcome.text,
        "error": None,
        "tool_calls": [{"name": call.name, "arguments": call.arguments} for call in outcome.tool_calls],
        "citations": [
            {
                "number": citation.number,
                "source": citation.source,
                "headings": list(citation.headings),
                "start": citation.start,
                "end": citation.end,
            }
            for citation in outcome.citations
        ],
        "passages": [ranked.passage.id for ranked in outcome.passages],
        "finish_reason": outcome.finish_reason,
        "abstained": outcome.abstained,
        "searched": list(outcome.searched),
        "usage": plain(all_tokens(outcome)),
        "first_token_seconds": outcome.timings.first_token_seconds,
        "total_seconds": outcome.timings.total_seconds,
    }
