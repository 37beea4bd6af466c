"""`surefoot promptlayer`: what waits for PromptLayer, sending it now, and their prompts as files here."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.errors import SurefootError

if TYPE_CHECKING:
    from surefoot.integrations.promptlayer.backlog import BacklogState
    from surefoot.wiring.pulling import Pulled

app = typer.Typer(help="Mirror to PromptLayer, and take prompts over from there.", no_args_is_help=True)

Label = Annotated[
    str | None, typer.Option(help="The version that this release label stands at; the latest by default.")
]
Replace = Annotated[bool, typer.Option("--replace", help="Write over files that say something else.")]


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Say what waits to be sent, since when and why, and what was given up. Asks nobody."""
    run(_status(as_json))


@app.command()
def sync() -> None:
    """Mirror every app's production and send all that waits, now. Exits with 5 when something is left."""
    run(_sync())


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="A prompt, as PromptLayer calls it.")],
    label: Label = None,
    name_here: Annotated[str | None, typer.Option("--as", help="What to call it here.")] = None,
    replace: Replace = False,
) -> None:
    """Write one of PromptLayer's prompts into prompts/, as a change to review."""
    run(_pull([name], label, name_here, replace))


@app.command("import")
def import_prompts(
    names: Annotated[list[str] | None, typer.Argument(help="Their prompts; all by default.")] = None,
    label: Label = None,
    replace: Replace = False,
    only_list: Annotated[bool, typer.Option("--list", help="Name what is there, and write nothing.")] = False,
) -> None:
    """Write PromptLayer's prompts into prompts/: all of them, or those that are named."""
    run(_list() if only_list else _pull(names, label, None, replace))


async def _status(as_json: bool) -> None:
    from surefoot.wiring.project import open_project
    from surefoot.wiring.promptlayer import backlog_of, is_on

    project = open_project(project_top())
    state, on = backlog_of(project).state(), is_on(project)
    if as_json:
        out.print_json(json.dumps({"schema": 1, "on": on, **_fields(state)}))
        return
    if not on:
        out.print(Text("PromptLayer is off: promptlayer.key_variable is not set"))
    waits = f"{state.requests} requests" + "".join(f", the prompt of {app}" for app in state.mirrors)
    since = f", the oldest since {_moment(state.oldest)}, tries: {state.tries}" if state.oldest else ""
    out.print(Text(f"waiting: {waits}{since}"))
    out.print(Text(f"sent: {state.sent}"))
    out.print(Text(f"dropped: {state.dropped}"))
    if state.last_error is not None:
        out.print(Text(f"last error: {state.last_error}"))
    for one in state.given_up:
        out.print(Text(f"given up: {one.what}, {_moment(one.at)}: {one.reason}"))


async def _sync() -> None:
    from surefoot.wiring.project import open_project
    from surefoot.wiring.promptlayer import sync as sync_now
    from surefoot.wiring.promptlayer import told

    done = await sync_now(open_project(project_top()))
    for mirrored in done.mirrored:
        out.print(Text(told(mirrored)))
    out.print(Text(f"sent: {done.sent}, waiting: {done.waiting}"))
    for error in done.given_up:
        err.print(Text(f"given up: {error.message}"))
    if done.error is not None:
        raise done.error


async def _list() -> None:
    from surefoot.wiring.project import open_project
    from surefoot.wiring.promptlayer import promptlayer_of

    async with promptlayer_of(open_project(project_top())) as parts:
        for name in await parts.prompts.names():
            out.print(Text(name))


async def _pull(names: list[str] | None, label: str | None, name_here: str | None, replace: bool) -> None:
    """Each of them by itself: one that cannot be written hinders no other; the first error is the exit."""
    from surefoot.wiring.project import open_project
    from surefoot.wiring.promptlayer import promptlayer_of
    from surefoot.wiring.pulling import pull as pull_one

    project, first = open_project(project_top()), None
    async with promptlayer_of(project) as parts:
        for theirs in names or await parts.prompts.names():
            try:
                pulled = await pull_one(
                    project, parts.prompts, theirs, label=label, name=name_here, replace=replace
                )
            except SurefootError as error:
                if first is not None:
                    err.print(Text(f"{theirs}: {error.message}"))
                first = first or error
            else:
                _print_pulled(pulled)
    if first is not None:
        raise first


def _print_pulled(pulled: "Pulled") -> None:
    where = f"version {pulled.version} of {pulled.theirs!r}"
    if pulled.state == "same":
        err.print(Text(f"{where} is what {pulled.file.name} says already"))
    else:
        err.print(Text(f"{where} is {pulled.state} in {pulled.file.name}; review it, then commit"))
    for lost in pulled.lost:
        err.print(Text(f"not carried over: {lost}"))
    if pulled.trouble is not None:
        err.print(Text(f"to mend before it can be used: {pulled.trouble}"))
    out.print(Text(str(pulled.file)))


def _fields(state: "BacklogState") -> dict[str, object]:
    return {
        "waiting_requests": state.requests,
        "waiting_prompts_of": list(state.mirrors),
        "oldest": None if state.oldest is None else _moment(state.oldest),
        "tries": state.tries,
        "last_error": state.last_error,
        "sent": state.sent,
        "dropped": state.dropped,
        "given_up": [
            {"what": one.what, "reason": one.reason, "at": _moment(one.at)} for one in state.given_up
        ],
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
