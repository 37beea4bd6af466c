"""`surefoot change show`: what a branch changes."""

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import out, project_top, run

if TYPE_CHECKING:
    from surefoot.changes.comparing import BranchChange

app = typer.Typer(help="See what a branch changes, and tell its pull request.", no_args_is_help=True)

Base = Annotated[
    str | None,
    typer.Option(
        help="The branch that the pull request goes to; origin's default branch where none is given."
    ),
]


@app.command()
def show(
    base: Base = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Show what this branch changes since it left its base, which apps that reaches, and what to run."""
    change = run(_show(base))
    from surefoot.changes.change_texts import change_json, change_lines

    if as_json:
        out.print_json(json.dumps(change_json(change)))
        return
    for line in change_lines(change):
        out.print(Text(line))


async def _show(base: str | None) -> "BranchChange":
    from surefoot.wiring.branch_changes import read_branch

    return read_branch(project_top(), base).change
