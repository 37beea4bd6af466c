"""`surefoot change show | comment`: what a branch changes, and the comment that tells its pull request."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import out, project_top, run
from surefoot.files import replace_file

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


@app.command()
def comment(
    base: Base = None,
    file: Annotated[
        Path | None, typer.Option("--out", help="A file to write it to; it is printed by default.")
    ] = None,
) -> None:
    """Write the comment of the pull request: the change in a sentence, answers, findings, the verdict.

    The verdict is the one that `surefoot gate run` left here; without one, the comment says so.
    """
    text = run(_comment(base))
    if file is None:
        out.print(Text(text), end="")
    else:
        replace_file(file, text.encode())


async def _comment(base: str | None) -> str:
    from surefoot.wiring.change_comment import write_comment

    return await write_comment(project_top(), base)


async def _show(base: str | None) -> "BranchChange":
    from surefoot.wiring.branch_changes import read_branch

    return read_branch(project_top(), base).change
