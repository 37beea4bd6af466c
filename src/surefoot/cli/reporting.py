"""`surefoot report`: how each release did."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from surefoot.cli.console import out, project_top, run


def report(
    since: Annotated[str, typer.Option(help="How far to look back, such as 90m, 24h or 7d.")] = "24h",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Show latency, quality and failures by release."""
    run(_report(since, as_json))


async def _report(since: str, as_json: bool) -> None:
    from surefoot.reports import parse_duration, summary_json
    from surefoot.reports.summary_table import summary_table
    from surefoot.traces import summarise
    from surefoot.traces.sqlalchemy_store import TraceStore
    from surefoot.wiring.project import open_project

    until = datetime.now(UTC)
    start = until - parse_duration(since)
    async with TraceStore(open_project(project_top()).traces, create=False) as store:
        summary = summarise(await store.outlines(start, until), start, until)
    if as_json:
        out.print_json(summary_json(summary).decode())
    else:
        out.print(summary_table(summary))
