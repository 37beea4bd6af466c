"""`surefoot prompt try`: what an edited prompt answers, beside what production answers."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType
from rich.live import Live
from rich.text import Text

from surefoot.cli.console import Terminal, out, project_top, run
from surefoot.cli.progress import Steps, reporter
from surefoot.errors import SurefootError

if TYPE_CHECKING:
    from surefoot.answering import App, Question
    from surefoot.records import Answer
    from surefoot.reports.tried import Reply, Round, Trial
    from surefoot.wiring.try_order import TryOrder
    from surefoot.wiring.trying import Asked, OpenTrial

SECONDS_BETWEEN_FRAMES = 0.1
# The sides' titles and the line that Rich keeps free.
_LINES_ABOVE = 3


def try_prompt(  # noqa: PLR0913 - one for each option
    name: Annotated[str, typer.Argument(help="A prompt, by its name: the file prompts/NAME.prompt.md.")],
    question: Annotated[
        list[str] | None, typer.Option(help="What to ask; may be repeated. The app's example by default.")
    ] = None,
    case: Annotated[
        list[str] | None, typer.Option(help="A case to ask, as suite/id, with its history. May be repeated.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="`production`, the default where there is one; `none`; another prompt or a prompt file; a "
            "release, by the beginning of its digest; or a Git revision."
        ),
    ] = None,
    app_name: Annotated[
        str | None, typer.Option("--app", help="The app to try it in; the first that names it by default.")
    ] = None,
    passages: Annotated[
        Path | None,
        typer.Option(
            help="Show these passages instead of searching: a JSON list of objects with `source` and `text`, "
            "or any other text as one passage. No index is needed."
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="The model to ask: an alias of serving/models.toml, or what its server calls it."),
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="Another OpenAI-compatible model server to ask than the project's.")
    ] = None,
    key_variable: Annotated[
        str | None, typer.Option(help="With --endpoint: the environment variable that holds its key.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Ask the working tree's prompt and production's the same, and show both answers side by side.

    It asks the model server that runs, needs no service, and keeps nothing. Where a side fails it exits with
    that error's code.
    """
    from surefoot.wiring.try_order import ModelChoice, TryOrder

    if key_variable is not None and endpoint is None:
        raise typer.BadParameter("--key-variable goes with --endpoint")
    order = TryOrder(
        name=name,
        questions=tuple(question or ()),
        cases=tuple(case or ()),
        against=against,
        app=app_name,
        passages=passages,
        model=ModelChoice(model=model, endpoint=endpoint, key_variable=key_variable),
    )
    raise typer.Exit(run(_try(order, as_json)))


async def _try(order: "TryOrder", as_json: bool) -> int:
    from surefoot.reports.tried import trial_json
    from surefoot.wiring.project import open_project
    from surefoot.wiring.rivals import version_here

    project = open_project(project_top())
    version_here(project, order.name)

    from surefoot.wiring.trying import open_trial  # takes seconds, and a wrong prompt is known before

    async with AsyncExitStack() as stack:
        with Steps(stay=False) as steps:
            trial = await stack.enter_async_context(open_trial(project, order, reporter(steps)))
        if as_json:
            rounds = [await _round(trial, asked, None) for asked in trial.asked]
            out.print_json(json.dumps(trial_json(trial.shown, rounds)))
            return _exit_code(rounds)
        return _exit_code(await _printed(trial))


async def _printed(trial: "OpenTrial") -> list["Round"]:
    """Ask each question in turn, and print what comes of it."""
    from surefoot.reports.tried import difference, head_lines, question_line

    for line in head_lines(trial.shown):
        out.print(line)
    rounds = []
    for asked in trial.asked:
        for line in (Text(), question_line(asked.name, asked.question.text), Text()):
            out.print(line)
        rounds.append(await _round(trial, asked, _side_by_side if _is_wide(trial) else _in_turn))
        if said := difference(rounds[-1].replies):
            out.print()
            out.print(Text(said, style="bold"))
    return rounds


def _exit_code(rounds: Sequence["Round"]) -> int:
    """That of the first side that failed."""
    outcomes = [reply.outcome for each in rounds for reply in each.replies]
    return next((outcome.exit_code for outcome in outcomes if isinstance(outcome, SurefootError)), 0)


def _is_wide(trial: "OpenTrial") -> bool:
    from surefoot.reports.tried import TWO_COLUMNS_FROM

    watched = sys.stdout.isatty() and out.is_interactive
    return watched and len(trial.apps) > 1 and out.width >= TWO_COLUMNS_FROM


class _Column:
    """What one side says, while it says it; `pieces` ends with None."""

    def __init__(self, app: "App") -> None:
        self._app = app
        self._text = ""
        self._outcome: Answer | SurefootError | None = None
        self.pieces: asyncio.Queue[str | None] = asyncio.Queue()

    @property
    def reply(self) -> "Reply":
        """All of it so far."""
        from surefoot.reports.tried import Reply

        return Reply(text=self._text, outcome=self._outcome)

    async def ask(self, question: "Question") -> None:
        """Take the answer as it comes; an error of surefoot's is this side's outcome, and stops no other."""
        from surefoot.answering import answer
        from surefoot.records import Answer, TextDelta

        try:
            async with aclosing(answer(self._app, question)) as parts:
                async for part in parts:
                    if isinstance(part, TextDelta):
                        self._text += part.text
                        self.pieces.put_nowait(part.text)
                    elif isinstance(part, Answer):
                        self._outcome = part
        except SurefootError as error:
            self._outcome = error
        finally:
            self.pieces.put_nowait(None)


Show = Callable[["Trial", Sequence[_Column], Sequence[asyncio.Task[None]]], Awaitable[None]]


async def _round(trial: "OpenTrial", asked: "Asked", show: Show | None) -> "Round":
    """Ask every side at once. Leaving early, as Ctrl-C does, closes every stream."""
    from surefoot.reports.tried import Round

    await trial.search(asked)
    columns = [_Column(asked.app(app)) for app in trial.apps]
    async with asyncio.TaskGroup() as asking:
        tasks = [asking.create_task(column.ask(asked.question)) for column in columns]
        if show is not None:
            await show(trial.shown, columns, tasks)
    replies = tuple(column.reply for column in columns)
    return Round(name=asked.name, question=asked.question.text, replies=replies)


async def _side_by_side(
    trial: "Trial", columns: Sequence[_Column], tasks: Sequence[asyncio.Task[None]]
) -> None:
    """A column each, drawn anew while they grow; in the end whole, also where it is longer than a screen."""
    from surefoot.reports.tried import columns as beside

    # `out` is for lines that the terminal wraps; here each column wraps its own.
    terminal = Terminal(highlight=False)

    def frame(height: int | None) -> RenderableType:
        return beside(trial, [column.reply for column in columns], console=terminal, height=height)

    with Live(console=terminal, auto_refresh=False) as live:
        pending: set[asyncio.Task[None]] = set(tasks)
        while pending:
            live.update(frame(terminal.height - _LINES_ABOVE), refresh=True)
            _, pending = await asyncio.wait(pending, timeout=SECONDS_BETWEEN_FRAMES)
        live.update(frame(None))


async def _in_turn(trial: "Trial", columns: Sequence[_Column], tasks: Sequence[asyncio.Task[None]]) -> None:
    """One below the other, the first as it comes; the second has been growing meanwhile."""
    from surefoot.reports.printable import printable
    from surefoot.reports.tried import after_lines, side_title

    for place, (side, column) in enumerate(zip(trial.sides, columns, strict=True)):
        if place:
            out.print()
        out.print(side_title(side))
        while (piece := await column.pieces.get()) is not None:
            out.print(Text(printable(piece)), end="")
        out.print(Text("" if column.reply.text.strip() else "(no text)"))
        out.print()
        for line in after_lines(column.reply):
            out.print(line)
