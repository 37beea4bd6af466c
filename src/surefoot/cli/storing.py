"""`surefoot index collections`: what a vector store elsewhere holds of ours."""

from typing import Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.errors import SettingsError


def collections(
    remove: Annotated[
        list[str] | None, typer.Option(help="Remove the collection of this name. Repeat for several.")
    ] = None,
) -> None:
    """List the collections in the vector store that the settings choose, and the snapshot each is for."""
    run(_collections(tuple(remove or ())))


async def _collections(remove: tuple[str, ...]) -> None:
    from surefoot.retrieval.snapshots import list_snapshots
    from surefoot.wiring.project import open_project
    from surefoot.wiring.stores import store_of

    project = open_project(project_top())
    store = store_of(project.settings.index)
    if store is None:
        raise SettingsError(
            "index.store is 'chroma': each snapshot has its own index, and there are no collections",
            remedy="`surefoot index list` lists the snapshots; set index.store for collections",
        )
    for name in remove:
        store.remove(name)
        err.print(Text(f"removed {name}"))
    found = list_snapshots(project.snapshots) if project.snapshots.is_dir() else ()
    here = {snapshot.digest[:32]: snapshot for snapshot in found}
    for held in store.collections():
        snapshot = here.get(held.name.removeprefix("partial-").split("-")[1])
        where = "no snapshot here"
        if snapshot is not None:
            where = ", ".join(snapshot.live_for) or "not live here"
        state = where if held.whole else "being filled, or what a killed build left"
        out.print(Text(f"{held.name}  {held.rows} rows  {state}"))
