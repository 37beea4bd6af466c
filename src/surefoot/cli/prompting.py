"""`surefoot prompt list | show`: the prompts there are, and what one of them declares."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from surefoot.cli.console import out, project_top, run
from surefoot.errors import PromptError

if TYPE_CHECKING:
    from surefoot.prompts import Prompt
    from surefoot.records import Json

app = typer.Typer(help="Write, check, try and compare prompts.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A prompt, by its name: the file prompts/NAME.prompt.md.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]

SHOWN = 12


@app.command("list")
def list_prompts(as_json: AsJson = False) -> None:
    """List the prompts: digest, model, suites, owners; one that does not load is listed with the reason."""
    run(_list(as_json))


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show what a prompt declares, both its digests, and the files it is made of."""
    run(_show(name, as_json))


async def _list(as_json: bool) -> None:
    from surefoot.reports.printable import one_line
    from surefoot.wiring.prompt_files import every_prompt, prompts_shown

    found = every_prompt(prompts_shown(project_top()))
    if as_json:
        rows = [
            {"name": name, "fault": str(prompt)} if isinstance(prompt, PromptError) else _brief(prompt)
            for name, prompt in found.items()
        ]
        out.print_json(json.dumps({"schema": 1, "prompts": rows}))
        return
    table = Table("prompt", "variant", "digest", "model", "suites", "owners", box=None)
    for name, prompt in found.items():
        if isinstance(prompt, PromptError):
            table.add_row(Text(name), "", Text(one_line(f"does not load: {prompt}"), style="red"))
        else:
            digest, suites, owners = prompt.digest[:SHOWN], ", ".join(prompt.suites), ", ".join(prompt.owners)
            cells = (name.partition(".")[0], prompt.variant or "", digest, prompt.model_alias, suites, owners)
            table.add_row(*(Text(one_line(cell)) for cell in cells))
    out.print(table if found else "there is no prompt yet; write one with `surefoot prompt new NAME`")


async def _show(name: str, as_json: bool) -> None:
    from surefoot.prompts import load_prompt
    from surefoot.reports.printable import one_line
    from surefoot.wiring.prompt_files import prompts_shown

    folder = prompts_shown(project_top())
    prompt = load_prompt(folder, name)
    if as_json:
        out.print_json(json.dumps({"schema": 1, **_whole(prompt, folder)}))
        return
    for what, said in _lines(prompt, folder):
        out.print(Text.assemble((f"{what:<10}", "bold"), one_line(said)))


def _brief(prompt: "Prompt") -> "dict[str, Json]":
    return {
        "name": prompt.name,
        "variant": prompt.variant,
        "digest": prompt.digest,
        "contract_digest": prompt.contract_digest,
        "model": prompt.model_alias,
        "suites": list(prompt.suites),
        "owners": list(prompt.owners),
        "file": prompt.file,
    }


def _whole(prompt: "Prompt", folder: Path) -> "dict[str, Json]":
    from surefoot.records.encoding import plain

    return {
        **_brief(prompt),
        "description": prompt.description,
        "contract": prompt.contract,
        "trust": dict(prompt.trust),
        "examples": {variable.name: list(variable.examples) for variable in prompt.variables},
        "sampling": plain(prompt.sampling),
        "budget": plain(prompt.budget),
        "history": prompt.shows_history,
        "files": [str(folder / file) for file in prompt.files],
        "includes": dict(prompt.includes),
    }


def _lines(prompt: "Prompt", folder: Path) -> Iterator[tuple[str, str]]:
    sampling, budget = prompt.sampling, prompt.budget
    yield "prompt", prompt.name + (f": {prompt.description}" if prompt.description else "")
    yield "digest", prompt.digest
    yield "contract", prompt.contract_digest
    limits = f"temperature {sampling.temperature:g}, top_p {sampling.top_p:g}"
    yield "model", f"{prompt.model_alias}: {limits}, at most {sampling.max_output_tokens} output tokens"
    for variable in prompt.variables:
        form = "passages" if variable.kind == "passages" else _schema_words(variable.schema)
        wanted = "required" if variable.required else f"default {json.dumps(variable.default)}"
        yield "input", f"{variable.name}: {form}; {wanted}; from {_SOURCES[prompt.trust[variable.name]]}"
    yield "output", "text" if prompt.output_schema is None else f"json {json.dumps(prompt.output_schema)}"
    for tool in prompt.tools:
        yield "tool", f"{tool.name}: {tool.description}" if tool.description else tool.name
    dropped = f", dropping {', then '.join(budget.drop)}" if budget.drop else ""
    yield "budget", f"{budget.max_prompt_tokens} tokens{dropped}"
    yield "history", "shown" if prompt.shows_history else "not shown"
    yield "file", str(folder / prompt.files[0])
    for name, digest in prompt.includes.items():
        yield "include", f"{folder / f'_{name}.md'} {digest[:SHOWN]}"
    yield "suites", ", ".join(prompt.suites) or "none"
    yield "owners", ", ".join(prompt.owners) or "none"


_SOURCES = {"user": "users", "retrieved": "documents", "operator": "the operator"}


def _schema_words(schema: "Mapping[str, Json]") -> str:
    """A schema as short as it can be said."""
    return str(schema["type"]) if [*schema] == ["type"] else json.dumps(schema)
