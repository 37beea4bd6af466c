"""`surefoot prompt render`: the messages a prompt makes, before any model sees them."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import out, project_top, run
from surefoot.errors import InputError

if TYPE_CHECKING:
    from surefoot.prompts import Prompt


def render(
    name: Annotated[str, typer.Argument(help="A prompt, by its name: the file prompts/NAME.prompt.md.")],
    case: Annotated[
        str | None, typer.Option(help="A case, as suite/id; one of the prompt's suites by default.")
    ] = None,
    values: Annotated[
        str | None, typer.Option(help="A JSON object of values, in a file; - reads standard input.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="One value, as key=value. May be repeated.")
    ] = None,
    passages: Annotated[
        str | None, typer.Option(help="A JSON list of passages, in a file, for `passages`.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the request that OpenAI clients send.")
    ] = False,
) -> None:
    """Show the messages that would be sent, filled with a case or with values of yours; asks no model."""
    run(_render(name, case, _given(values, passages), settings or [], as_json))


def _given(values: str | None, passages: str | None) -> dict[str, object]:
    read = {} if values is None else _json(values)
    if not isinstance(read, dict):
        raise typer.BadParameter('--values takes a JSON object, like {"question": "..."}')
    return {**read, **({} if passages is None else {"passages": _json(passages)})}


def _json(file: str) -> object:
    from surefoot.records.strict_json import parse

    try:
        return parse(sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes())
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise typer.BadParameter(f"{file!r} cannot be read as JSON: {reason}") from problem


async def _render(
    name: str, case: str | None, given: Mapping[str, object], settings: Sequence[str], as_json: bool
) -> None:
    from surefoot.changes.samples import examples
    from surefoot.prompts import load_prompt
    from surefoot.reports.printable import printable
    from surefoot.wiring.project import open_project
    from surefoot.wiring.prompt_files import prompts_shown
    from surefoot.wiring.prompt_versions import samples_for

    prompt = load_prompt(prompts_shown(project_top()), name)
    if case or prompt.suites:
        cases = [case] if case else []
        sample = samples_for(open_project(project_top()), name, prompt.suites, cases)[0]
    else:
        sample = examples()[0]
    values = {**sample.variables_of(prompt), **given, **dict(_set(prompt, each) for each in settings)}
    history = sample.history if prompt.shows_history else ()
    if as_json:
        request = {"model": prompt.model_alias, **prompt.request(values, history=history)}
        out.print_json(json.dumps(request))
        return
    for message in prompt.render(values, history=history):
        out.print(Text(f"[{message.role}]", style="bold"))
        out.print(Text(printable(message.content) + "\n"))


def _set(prompt: "Prompt", setting: str) -> tuple[str, object]:
    """A text as it is; for a variable that takes none, the JSON that it is written in."""
    from surefoot.records.strict_json import parse

    key, sign, value = setting.partition("=")
    if not sign:
        raise InputError(f"{setting!r} sets nothing", remedy="Write it as key=value.")
    schema = next((each.schema for each in prompt.variables if each.name == key), {"type": "string"})
    if schema.get("type", "string") == "string":
        return key, value
    try:
        return key, parse(value.encode("utf-8", "surrogateescape"))
    except ValueError as problem:
        raise InputError(
            f"the value of {key!r} cannot be read: {problem}", remedy="Write it like [1, 2] or true."
        ) from problem
