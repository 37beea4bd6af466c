"""`surefoot eval cases lint | schema`: what is wrong with cases, and what editors read of them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.cli.generated import Check, Out, deliver
from surefoot.cli.progress import Steps
from surefoot.cli.prompt_checks import FOUND, in_workspace, some

if TYPE_CHECKING:
    from surefoot.wiring.case_lint import LintedSuites

app = typer.Typer(help="Check the cases of suites, and add to them.", no_args_is_help=True)


@app.command()
def lint(
    suites: Annotated[list[str] | None, typer.Argument(help="Folders of evals/; all by default.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Take every warning for an error.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
    github: Annotated[
        bool, typer.Option("--github", help="Print annotations that GitHub shows beside the lines.")
    ] = False,
) -> None:
    """Check cases, their quotes against the documents, and suites; exits with 1 when there is an error."""
    if as_json and github:
        raise typer.BadParameter("--json and --github are two forms; ask for one")
    found = run(_lint(suites or [], strict))
    if as_json:
        _print_json(found)
    else:
        _print_lines(found, github)
    raise typer.Exit(FOUND if any(one.level == "error" for one in found.findings) else 0)


@app.command()
def schema(to: Out = None, check: Check = False) -> None:
    """Print the JSON Schema of a line of cases.jsonl, by which editors complete and check it."""
    raise typer.Exit(run(_schema(to, check)))


async def _lint(suites: Sequence[str], strict: bool) -> "LintedSuites":
    from surefoot.wiring.case_lint import lint_suites
    from surefoot.wiring.project import open_project

    project = open_project(project_top())
    with Steps(stay=False) as steps:
        found = await lint_suites(
            project, suites, lambda done, total: steps.at("reading documents", done=done, total=total)
        )
    if not strict:
        return found
    return replace(found, findings=tuple(replace(one, level="error") for one in found.findings))


def _print_json(found: "LintedSuites") -> None:
    from surefoot.records.encoding import plain

    said = {
        "schema": 1,
        "suites": list(found.suites),
        "cases": found.cases,
        "proposed": found.proposed,
        "findings": [plain(one) for one in found.findings],
    }
    out.print_json(json.dumps(said))


def _print_lines(found: "LintedSuites", github: bool) -> None:
    from surefoot.prompts.linting import Finding
    from surefoot.prompts.linting.forms import github_line
    from surefoot.reports.printable import one_line

    for one in found.findings:
        if github:
            placed = Finding(
                file=in_workspace(one.file),
                line=one.line,
                column=1,
                rule=one.rule,
                level=one.level,
                message=one.message,
                remedy=one.remedy,
            )
            out.print(Text(github_line(placed)))
            continue
        where = f"{one.file}:{one.line}: {one.level}[{one.rule}] {one.message}"
        out.print(Text(one_line(where), style="red" if one.level == "error" else "yellow"))
        out.print(Text(f"    {one_line(one.remedy)}"))
    errors = sum(one.level == "error" for one in found.findings)
    counted = f"{some(errors, 'error')}, {some(len(found.findings) - errors, 'warning')}"
    proposed = f", {found.proposed} of them proposed" if found.proposed else ""
    checked = f"{some(found.cases, 'case')} of {some(len(found.suites), 'suite')} checked{proposed}"
    err.print(Text(f"{checked}: {counted}"))


async def _schema(to: Path | None, check: bool) -> int:
    from surefoot.evals.case_schema import TITLE, case_schema_text

    return deliver(case_schema_text(), to, check, mark=TITLE, command="surefoot eval cases schema")
