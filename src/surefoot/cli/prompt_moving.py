"""`surefoot prompt export | import`: prompts to and from the forms of other programs, with what is lost."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.errors import InputError

if TYPE_CHECKING:
    from surefoot.prompts.forms import Form, Wanted

LOST = 1
STANDARD_INPUT = "-"

Forms = Literal["dotprompt", "openai", "promptlayer"]
Strict = Annotated[
    bool, typer.Option("--strict", help="Write nothing and exit with 1 when something does not carry over.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


def export(
    name: Annotated[str, typer.Argument(help="A prompt, by its name: the file prompts/NAME.prompt.md.")],
    to: Annotated[Forms, typer.Option("--to", help="The form to write it in.")],
    file: Annotated[
        Path | None, typer.Option("--out", help="A file that is not there yet; it is printed by default.")
    ] = None,
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
    """Write a prompt in the form of another program, and say what that cannot hold."""
    raise typer.Exit(run(_export(name, to, file, strict, as_json)))


def import_file(
    file: Annotated[str, typer.Argument(help="A file in another program's form; - reads standard input.")],
    form: Annotated[Forms, typer.Option("--from", help="The form that it is in.")],
    name: Annotated[str, typer.Option(help="What the prompt is called here.")],
    variables: Annotated[
        list[str] | None,
        typer.Option("--variable", help="OpenAI's form: {{ NAME }} in it is an input. May be repeated."),
    ] = None,
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
    """Write a prompt file from another program's, and say what it cannot hold; nothing is replaced."""
    raise typer.Exit(run(_import(file, form, name, variables or [], strict, as_json)))


async def _export(name: str, form: "Form", file: Path | None, strict: bool, as_json: bool) -> int:
    from surefoot.prompts import load_prompt
    from surefoot.prompts.forms import export_prompt
    from surefoot.wiring.prompt_files import prompts_shown

    text, lost = export_prompt(load_prompt(prompts_shown(project_top()), name), form)
    refused = strict and bool(lost)
    if file is not None and not refused:
        _create(file, text)
    if as_json:
        said = {"schema": 1, "prompt": name, "form": form, "text": text, "lost": list(lost)}
        out.print_json(json.dumps(said))
    else:
        _say_lost(lost, refused)
        if file is None and not refused:
            out.print(Text(text), end="")
        elif not refused:
            err.print(Text(f"wrote {file}"))
    return LOST if refused else 0


async def _import(
    file: str, form: "Form", name: str, variables: Sequence[str], strict: bool, as_json: bool
) -> int:
    from surefoot.prompts.drafting import checked_name, write_new
    from surefoot.prompts.forms import import_prompt
    from surefoot.wiring.prompt_files import prompts_shown

    folder = prompts_shown(project_top())
    wanted = _wanted(checked_name(name), variables)
    shown = "standard input" if file == STANDARD_INPUT else file
    imported = import_prompt(_content(file), form, wanted, file=shown)
    written = None
    if not (strict and imported.lost):
        written = write_new(folder, name, imported.text)
    if as_json:
        said = {"schema": 1, "prompt": name, "file": written and str(written), "lost": list(imported.lost)}
        out.print_json(json.dumps(said))
    else:
        _say_lost(imported.lost, written is None)
        if written:
            out.print(Text(f"wrote {written}"))
    return 0 if written else LOST


def _wanted(name: str, variables: Sequence[str]) -> "Wanted":
    from surefoot.errors import SurefootError
    from surefoot.prompts.forms import Wanted
    from surefoot.wiring.project import open_project

    try:
        aliases = tuple(open_project(project_top()).models.aliases)
    except SurefootError:  # a folder of prompts may stand alone
        aliases = ()
    usual = "chat" if "chat" in aliases or not aliases else aliases[0]
    return Wanted(name=name, aliases=tuple(dict.fromkeys((usual, *aliases))), variables=tuple(variables))


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == STANDARD_INPUT else Path(file).read_bytes()
    except OSError as problem:
        raise InputError(
            f"{file!r} cannot be read: {problem.strerror}", remedy="Name a file that is there, or - ."
        ) from problem


def _create(file: Path, text: str) -> None:
    from surefoot.files import create_file

    try:
        create_file(file, text.encode())
    except FileExistsError:
        raise InputError(
            f"{str(file)!r} is there already, and stays as it is", remedy="Name another file with --out."
        ) from None
    except OSError as problem:
        raise InputError(
            f"{str(file)!r} cannot be written: {problem.strerror}", remedy="Name another file with --out."
        ) from problem


def _say_lost(lost: Sequence[str], refused: bool) -> None:
    from surefoot.reports.printable import printable

    for one in lost:
        err.print(Text(f"does not carry over: {printable(one)}"))
    if refused:
        err.print(Text("nothing is written, as --strict wants; without it the rest is"))
