"""`surefoot key`: who may call a service that others can reach, by keys and by signed tokens."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run

app = typer.Typer(help="Make keys and signed tokens for callers.", no_args_is_help=True)


@app.callback()
def keys() -> None:
    """Make keys and signed tokens for callers."""


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


@app.command()
def issuer(
    name: Annotated[str, typer.Argument(help="What to call it: callers are shown as NAME:subject.")],
    public_key: Annotated[
        Path | None,
        typer.Option(help="An identity provider's public key in PEM; a pair of our own is made by default."),
    ] = None,
    iss: Annotated[str | None, typer.Option(help="What its tokens have as `iss`; NAME by default.")] = None,
    audience: Annotated[str, typer.Option(help="What its tokens have as `aud`.")] = "surefoot",
    group: Annotated[
        list[str] | None, typer.Option(help="A group it may vouch for; any by default. Repeat for several.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="The file of issuers; the setting service.tokens by default.")
    ] = None,
) -> None:
    """Trust an issuer of signed tokens: list its public key in the file of issuers."""
    run(_issuer(name, public_key, iss or name, audience, tuple(group or ()), file))


async def _issuer(
    name: str, public_key: Path | None, iss: str, audience: str, groups: tuple[str, ...], file: Path | None
) -> None:
    from surefoot.api.issuers import add_issuer, read_pem
    from surefoot.api.token_signatures import ed25519_pem
    from surefoot.releases.signatures import new_key
    from surefoot.settings import read_settings

    settings = read_settings(project_top())
    path = file or settings.service.tokens or settings.folders.state / "issuers.toml"
    private = settings.folders.state / "issuers" / f"{name}.pem"
    pem = ed25519_pem(new_key(private)) if public_key is None else read_pem(public_key)
    add_issuer(path, name, issuer=iss, audience=audience, pem=pem, groups=groups)
    out.print(Text(f"{path} trusts {name!r}; the service reads the file that service.tokens names."))
    if public_key is None:
        err.print(Text(f"Its private key is {private}: `surefoot key token` signs with it."))


@app.command()
def token(
    caller: Annotated[str, typer.Argument(help="Whom the token speaks of; traces show it.")],
    issuer: Annotated[str, typer.Option(help="The issuer, as `surefoot key issuer` named it.")],
    group: Annotated[
        list[str] | None, typer.Option(help="A group of the caller. Repeat for several.")
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it may do: ask, feedback, read. All its issuer's may, by default."),
    ] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 366, help="Hours until it expires.")] = 8,
    audience: Annotated[str, typer.Option(help="The service it is for.")] = "surefoot",
    iss: Annotated[
        str | None, typer.Option(help="What stands as `iss`; the issuer's name by default.")
    ] = None,
    signing_key: Annotated[
        Path | None, typer.Option(help="The issuer's private key; where `key issuer` put it by default.")
    ] = None,
) -> None:
    """Print a signed token for a caller. It is kept nowhere, and holds until it expires."""
    claims: dict[str, str | float | list[str]] = {"sub": caller, "iss": iss or issuer, "aud": audience}
    claims["groups"] = sorted(set(group or ()))
    if scope:
        claims["surefoot_scopes"] = scope
    run(_token(claims, issuer, hours, signing_key))


async def _token(
    claims: dict[str, str | float | list[str]], issuer: str, hours: float, signing_key: Path | None
) -> None:
    from surefoot.api.tokens import signed_token
    from surefoot.releases.signatures import sign
    from surefoot.settings import read_settings

    private = signing_key or read_settings(project_top()).folders.state / "issuers" / f"{issuer}.pem"
    now = int(datetime.now(UTC).timestamp())
    times = {"iat": now, "exp": now + int(hours * 3600)}
    out.print(Text(signed_token({**claims, **times}, lambda content: sign(content, private))), soft_wrap=True)
