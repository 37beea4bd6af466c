"""`surefoot prompt diff | history`: how a prompt differs from another version of it, and which there were."""

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import out, project_top, run
from surefoot.errors import PromptError

if TYPE_CHECKING:
    from surefoot.changes.history import History
    from surefoot.changes.prompt_diff import PromptDiff

Name = Annotated[str, typer.Argument(help="A prompt, by its name: the file prompts/NAME.prompt.md.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


def diff(
    name: Name,
    base: Annotated[
        str | None,
        typer.Option(help="A Git revision, or `production`: that is the default where it serves the prompt."),
    ] = None,
    case: Annotated[
        list[str] | None,
        typer.Option(help="A case to render, as suite/id; a few of its suites' by default. May be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a changed prompt means: source, messages, tokens, cache, contract; exits 2 if broken."""
    found = run(_diff(name, base, case or []))
    if as_json:
        from surefoot.changes.texts import diff_json

        out.print_json(json.dumps(diff_json(found)))
    else:
        _print_diff(found)
    raise typer.Exit(0 if found.loads else PromptError.exit_code)


def history(name: Name, as_json: AsJson = False) -> None:
    """List every version of a prompt that Git has, where each was released, and by which receipt."""
    found = run(_history(name))
    from surefoot.changes.texts import history_json, history_lines

    if as_json:
        out.print_json(json.dumps(history_json(found)))
        return
    for line in history_lines(found):
        out.print(Text(line, style="" if line.startswith("    ") else "bold"))


async def _diff(name: str, base: str | None, cases: list[str]) -> "PromptDiff":
    from surefoot.wiring.project import open_project
    from surefoot.wiring.prompt_versions import prompt_diff

    return await prompt_diff(open_project(project_top()), name, base, cases)


async def _history(name: str) -> "History":
    from surefoot.wiring.project import open_project
    from surefoot.wiring.prompt_versions import prompt_history

    return prompt_history(open_project(project_top()), name)


def _print_diff(found: "PromptDiff") -> None:
    """The lines of the diff; on a terminal what is gone is struck out, elsewhere it is marked."""
    from surefoot.changes.texts import diff_lines
    from surefoot.changes.word_diff import marked

    styles = {"same": "", "removed": "red strike", "added": "green"}
    for line in diff_lines(found):
        if not out.is_terminal:
            out.print(Text(marked(line)))
        elif len(line) == 1:
            out.print(Text(line[0].text, style=_colour(line[0].text)))
        else:
            out.print(Text.assemble(*((piece.text, styles[piece.kind]) for piece in line)))


def _colour(line: str) -> str:
    """The colour of a source's line."""
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
