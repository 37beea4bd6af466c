"""`surefoot eval cases schema`: what editors read of case files."""

from pathlib import Path

import typer

from surefoot.cli.console import run
from surefoot.cli.generated import Check, Out, deliver

app = typer.Typer(help="Check, add and bring the cases of suites.", no_args_is_help=True)


@app.command()
def schema(to: Out = None, check: Check = False) -> None:
    """Print the JSON Schema of a line of cases.jsonl, by which editors complete and check it."""
    raise typer.Exit(run(_schema(to, check)))


async def _schema(to: Path | None, check: bool) -> int:
    from surefoot.evals.case_schema import TITLE, case_schema_text

    return deliver(case_schema_text(), to, check, mark=TITLE, command="surefoot eval cases schema")
