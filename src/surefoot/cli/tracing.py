"""`surefoot trace`: the answers and failures that were kept."""

import asyncio
from typing import Annotated, Literal

import typer

from surefoot.cli.console import out, project_top, run

app = typer.Typer(help="Look at answers and failures that were kept.", no_args_is_help=True)

Only = Literal["answered", "abstained", "failed"]


@app.command("list")
def list_traces(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, latest first.")] = 20,
    only: Annotated[Only | None, typer.Option(help="Only those that ended this way.")] = None,
) -> None:
    """List the latest traces."""
    run(_list(limit, only))


@app.command()
def show(
    trace_id: Annotated[str, typer.Argument(help="The id an answer came with.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Show one trace whole: question, answer, passages, messages, timings, scores, digests."""
    run(_show(trace_id, as_json))


@app.command()
def tail() -> None:
    """Follow new traces as they are written; end with Ctrl-C."""
    run(_tail())


async def _list(limit: int, only: Only | None) -> None:
    from surefoot.reports.terminal import trace_list
    from surefoot.traces.sqlalchemy_store import TraceStore
    from surefoot.wiring.project import open_project

    async with TraceStore(open_project(project_top()).traces, create=False) as store:
        out.print(trace_list(await store.recent(limit, only=only)))


async def _show(trace_id: str, as_json: bool) -> None:
    from surefoot.reports import trace_json
    from surefoot.reports.terminal import trace_view
    from surefoot.traces.sqlalchemy_store import TraceStore
    from surefoot.wiring.project import open_project

    async with TraceStore(open_project(project_top()).traces, create=False) as store:
        found = await store.find(trace_id)
    if as_json:
        out.print_json(trace_json(found).decode())
    else:
        out.print(trace_view(found))


async def _tail() -> None:
    from surefoot.reports.terminal import trace_line
    from surefoot.traces.sqlalchemy_store import TraceStore
    from surefoot.wiring.project import open_project

    async with TraceStore(open_project(project_top()).traces, create=False) as store:
        position = await store.end()
        while True:
            new = await store.after(position)
            for trace in new.traces:
                out.print(trace_line(trace))
            position = new.position
            await asyncio.sleep(0.5)
