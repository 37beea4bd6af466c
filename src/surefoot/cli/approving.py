"""`surefoot release approve`: somebody other than the author lets a release in, for some days."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.cli.progress import Steps, reporter
from surefoot.cli.releasing import SHOWN, AppName, clean


def approve(
    release: Annotated[str, typer.Argument(help="A release, by how its digest begins.")],
    by: Annotated[str, typer.Option("--as", help="Who approves, by email address.")],
    expires: Annotated[str, typer.Option(help="How long it holds, as in 36h or 7d.")] = "7d",
    reason: Annotated[str, typer.Option(help="Why; one printable line.")] = "",
    signing_key: Annotated[
        Path | None,
        typer.Option(help="The approver's private key, where the trust file has their public one."),
    ] = None,
    app_name: AppName = None,
) -> None:
    """Approve one release for promotion, in one commit. Exits with 4 when the approval would not count."""
    run(_approve(release, app_name, by, expires, reason, signing_key))


async def _approve(
    prefix: str, app_name: str | None, by: str, expires: str, reason: str, signing_key: Path | None
) -> None:
    from surefoot.releases.approving import Assent
    from surefoot.wiring.project import open_project
    from surefoot.wiring.promoting import approve_release

    assent = Assent(by=by, expires=expires, reason=reason, signing_key=signing_key)
    with Steps() as steps:
        approved = await approve_release(
            open_project(project_top()), prefix, app_name, assent, reporter(steps)
        )
    approval = approved.approval
    until = f"{approval.expires_at:%Y-%m-%d %H:%M} UTC"
    err.print(
        Text(f"approved: {approval.release[:SHOWN]} of {approval.app}, by {clean(approval.by)} until {until}")
    )
    if approved.commit:
        err.print(Text(f"commit {approved.commit[:SHOWN]}; push it for whoever promotes"))
    out.print(Text(approved.digest))
