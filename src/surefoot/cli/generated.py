"""Texts that a command generates: printed, written to a file, or compared with the file that is there."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out
from surefoot.errors import InputError

STALE = 1

Out = Annotated[Path | None, typer.Option("--out", help="A file to write; it is printed by default.")]
Check = Annotated[
    bool, typer.Option("--check", help="Write nothing; exit with 1 when the file of --out is out of date.")
]


def deliver(text: str, to: Path | None, check: bool, *, mark: str, command: str) -> int:
    """Print a generated text, write it, or check the file. A file without the mark is not ours to replace."""
    if to is None:
        if check:
            raise InputError("--check compares with a file", remedy="Name the file with --out.")
        out.print(Text(text), end="")
        return 0
    there = _content(to)
    if there is not None and mark not in there:
        raise InputError(
            f"{str(to)!r} is there, and was not written by `{command}`",
            remedy="Name another file with --out.",
        )
    if there == text:
        return 0
    if check:
        reason = "is missing" if there is None else "is out of date"
        err.print(Text(f"{to} {reason}; write it anew: {command} --out {to}"))
        return STALE
    _write(to, text)
    err.print(Text(f"wrote {to}"))
    return 0


def _content(file: Path) -> str | None:
    try:
        return file.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise _unusable(file, problem) from problem


def _write(file: Path, text: str) -> None:
    from surefoot.files import replace_file

    try:
        replace_file(file, text.encode())
    except OSError as problem:
        raise _unusable(file, problem) from problem


def _unusable(file: Path, problem: OSError) -> InputError:
    reason = problem.strerror or str(problem)
    return InputError(f"{str(file)!r} cannot be used: {reason}", remedy="Name another file with --out.")
