"""`surefoot model`: the catalogue, and weights on this machine."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from surefoot.cli.console import out, project_top, run
from surefoot.cli.progress import Steps, reporter

app = typer.Typer(help="Fetch, list and verify model weights.", no_args_is_help=True)

Aliases = Annotated[
    list[str] | None, typer.Argument(help="Aliases of models.toml; what the apps need by default.")
]


@app.command()
def fetch(
    aliases: Aliases = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Take the models.toml of this bundle; no project is needed then.")
    ] = None,
) -> None:
    """Bring weights into the cache folder, check their SHA-256, and convert them for serving."""
    run(_fetch(aliases, bundle))


@app.command("list")
def list_models() -> None:
    """List the models of serving/models.toml: identity, size, licence, and whether they are here."""
    run(_list())


@app.command()
def verify(aliases: Aliases = None) -> None:
    """Read the weights on this machine again, and hold every file to its SHA-256."""
    run(_verify(aliases))


async def _fetch(aliases: list[str] | None, bundle: Path | None) -> None:
    from surefoot.wiring.machine import Machine
    from surefoot.wiring.replica import project_to_serve

    project, _ = project_to_serve(project_top(), bundle)
    with Steps() as steps:
        machine = Machine(project, reporter(steps))
        for alias in aliases or [project.chat_alias(), "embedder"]:
            spec = project.models.named(alias)
            folder = await machine.bring(spec)
            steps.ended(f"model {alias}", f"{spec.title}, in {folder}")


async def _list() -> None:
    from surefoot.local.space import human
    from surefoot.wiring.machine import Machine
    from surefoot.wiring.project import open_project

    project = open_project(project_top())
    with Steps() as steps:
        machine = Machine(project, reporter(steps))
        for alias in project.models.aliases:
            spec = project.models.named(alias)
            size = human(sum(file.size_bytes for file in spec.files))
            here = "here" if await machine.weights_of(spec) is not None else "not fetched"
            shared = f", the same as {spec.same_as}" if spec.same_as else ""
            out.print(
                Text.assemble(
                    (f"{alias:<9}", "bold"), f"{spec.title}, {size}, {spec.licence}, {here}{shared}"
                )
            )
            out.print(Text(f"{'':<9}identity {spec.identity}", style="dim"))


async def _verify(aliases: list[str] | None) -> None:
    from surefoot.wiring.machine import Machine
    from surefoot.wiring.project import open_project

    project = open_project(project_top())
    with Steps() as steps:
        machine = Machine(project, reporter(steps))
        for alias in aliases or [project.chat_alias(), "embedder"]:
            count = await machine.verify(project.models.named(alias))
            steps.ended(f"model {alias}", f"{count} files are what they were pinned and converted to")
