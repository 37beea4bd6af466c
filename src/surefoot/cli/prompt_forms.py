"""`surefoot prompt schema | stub`: what editors and type checkers read of prompt files."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from surefoot.cli.console import project_top, run
from surefoot.cli.generated import Check, Out, deliver


def schema(to: Out = None, check: Check = False) -> None:
    """Print the JSON Schema of the front matter of prompt files, by which editors complete and check it."""
    raise typer.Exit(run(_schema(to, check)))


async def _schema(to: Path | None, check: bool) -> int:
    from surefoot.prompts.file_schema import TITLE, front_matter_schema_text

    return deliver(front_matter_schema_text(), to, check, mark=TITLE, command="surefoot prompt schema")


def stub(
    names: Annotated[
        list[str] | None, typer.Argument(help="Prompts, by their names; all by default.")
    ] = None,
    to: Out = None,
    check: Check = False,
) -> None:
    """Print a typed Python module: a type checker then sees the code that a changed contract breaks."""
    raise typer.Exit(run(_stub(names or [], to, check)))


async def _stub(names: Sequence[str], to: Path | None, check: bool) -> int:
    from surefoot.prompts.stub import MARK, stub_text, to_stub
    from surefoot.wiring.prompt_files import prompts_shown

    folder = prompts_shown(project_top())
    seen = _seen_from(Path() if to is None else to.parent, folder)
    command = " ".join(["surefoot prompt stub", *names])
    return deliver(stub_text(to_stub(folder, names), folder=seen), to, check, mark=MARK, command=command)


def _seen_from(here: Path, there: Path) -> str:
    return Path(os.path.relpath(there, here)).as_posix()
