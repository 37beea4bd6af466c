"""`surefoot key`: who may call a service that others can reach."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run

app = typer.Typer(help="Make keys for callers.", no_args_is_help=True)


@app.callback()
def keys() -> None:
    """Make keys for callers."""


@app.command()
def create(
    key_id: Annotated[str, typer.Argument(help="Who or what the key is for; traces show it.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="What it may do: ask, feedback, read. Repeat for several.")
    ] = None,
    group: Annotated[
        list[str] | None, typer.Option(help="A group of the caller. Repeat for several.")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires; never by default.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="The file of hashed keys; the setting service.keys by default.")
    ] = None,
) -> None:
    """Make a key, keep its SHA-256, and print the key: this once."""
    run(_create(key_id, scope or ["ask", "feedback"], group or [], days, file))


async def _create(
    key_id: str, scopes: list[str], groups: list[str], days: int | None, file: Path | None
) -> None:
    from surefoot.api.keys import create_key
    from surefoot.settings import read_settings

    settings = read_settings(project_top())
    path = file or settings.service.keys or settings.folders.state / "keys.json"
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    secret = create_key(path, key_id, scopes, groups=groups, expires_at=expires_at)
    out.print(Text(secret))
    err.print(
        Text(
            f"Its SHA-256 is in {path}; the key itself is nowhere and cannot be shown again. "
            "Callers send it as `Authorization: Bearer ...`; the service reads the file service.keys names."
        )
    )
