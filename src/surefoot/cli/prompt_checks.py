"""`surefoot prompt lint`: everything that is wrong with prompt files, before anything is run."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run

if TYPE_CHECKING:
    from surefoot.prompts.linting import Linted

FOUND = 1

Names = Annotated[list[str] | None, typer.Argument(help="Prompts, by their names or files; all by default.")]


def lint(
    names: Names = None,
    strict: Annotated[bool, typer.Option("--strict", help="Take every warning for an error.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
    github: Annotated[
        bool, typer.Option("--github", help="Print annotations that GitHub shows beside the lines.")
    ] = False,
) -> None:
    """Check prompt files; exits with 1 when there is an error."""
    if as_json and github:
        raise typer.BadParameter("--json and --github are two forms; ask for one")
    found = run(_lint(names or [], strict))
    if as_json:
        _print_json(found)
    else:
        _print_lines(found, github)
    raise typer.Exit(FOUND if found.of("error") else 0)


async def _lint(names: Sequence[str], strict: bool) -> "Linted":
    from surefoot.wiring.prompt_checks import lint_project

    found = lint_project(project_top(), names)
    if not strict:
        return found
    return replace(found, findings=tuple(replace(finding, level="error") for finding in found.findings))


def _print_json(found: "Linted") -> None:
    from surefoot.prompts.linting.forms import json_value

    findings = [json_value(finding) for finding in found.findings]
    out.print_json(json.dumps({"schema": 1, "prompts": list(found.prompts), "findings": findings}))


def _print_lines(found: "Linted", github: bool) -> None:
    from surefoot.prompts.linting.forms import github_line, text_lines
    from surefoot.reports.printable import one_line

    for finding in found.findings:
        if github:
            out.print(Text(github_line(replace(finding, file=in_workspace(finding.file)))))
            continue
        where, remedy = text_lines(finding)
        out.print(Text(one_line(where), style="red" if finding.level == "error" else "yellow"))
        out.print(Text(f"    {one_line(remedy)}"))
    counted = f"{some(len(found.of('error')), 'error')}, {some(len(found.of('warning')), 'warning')}"
    err.print(Text(f"{some(len(found.prompts), 'prompt')} checked: {counted}"))


def in_workspace(file: str) -> str:
    """The file from the top of GitHub's checkout, where the project may be a folder below it."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if workspace is None:
        return file
    path = os.path.relpath(os.path.realpath(file), os.path.realpath(workspace))
    return file if path.startswith("..") else path


def some(count: int, what: str) -> str:
    """A number of things, in words."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
