"""`surefoot prompt format`: prompt files in their canonical form."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.errors import SurefootError

FOUND = 1

Names = Annotated[
    list[str] | None, typer.Argument(help="Prompts, by their names or files; all of the project by default.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Formed:
    """A prompt file as it is and as it should be, or why that cannot be said."""

    file: Path
    before: bytes = b""
    after: bytes = b""
    fault: SurefootError | None = None


def format_prompts(
    names: Names = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 when a file would change.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what would change; write nothing, exit as --check does.")
    ] = False,
) -> None:
    """Write prompt files in their canonical form, which changes no digest; a wrong one stays."""
    raise typer.Exit(run(_format(names or [], write=not check and not diff, diff=diff)))


async def _format(names: Sequence[str], *, write: bool, diff: bool) -> int:
    from surefoot.files import replace_file

    formed = [*_formed(names)]
    faults = [each for each in formed if each.fault is not None]
    changed = [each for each in formed if each.fault is None and each.before != each.after]
    for each in changed:
        if write:
            replace_file(each.file.resolve(), each.after, mode=each.file.stat().st_mode & 0o777)
        if diff:
            _print_diff(each)
        else:
            out.print(Text(f"{'formatted' if write else 'would format'} {each.file}"))
    for each in faults:
        _print_fault(each)
    left = len(formed) - len(changed) - len(faults)
    said = f"{len(changed)} {'formatted' if write else 'to format'}, {left} left alone"
    err.print(Text(said + (f", {len(faults)} wrong" if faults else "")))
    if faults:
        return max(each.fault.exit_code for each in faults if each.fault is not None)
    return 0 if write or not changed else FOUND


def _formed(names: Sequence[str]) -> Iterator[Formed]:
    from surefoot.prompts import prompt_names
    from surefoot.prompts.formatting import formatted, named_file, prompt_file
    from surefoot.wiring.prompt_files import present_prompts, prompts_shown

    home = prompts_shown(project_top()) if names else present_prompts(project_top())
    for wanted in names or prompt_names(home):
        folder, name = named_file(home, wanted)
        file = prompt_file(folder, name)
        try:
            text = formatted(folder, name)
            yield Formed(file=file, before=file.read_bytes(), after=text.encode())
        except SurefootError as fault:
            yield Formed(file=file, fault=fault)


def _print_diff(formed: Formed) -> None:
    from surefoot.reports.printable import printable

    lines = unified_diff(
        formed.before.decode("utf-8-sig").splitlines(),
        formed.after.decode().splitlines(),
        f"{formed.file} as it is",
        f"{formed.file} formatted",
        lineterm="",
    )
    for line in lines:
        out.print(Text(printable(line)))


def _print_fault(formed: Formed) -> None:
    from surefoot.reports.printable import one_line

    if formed.fault is not None:
        err.print(Text(one_line(f"error: {formed.fault}")))
        err.print(Text(f"    {one_line(formed.fault.remedy)}"))
