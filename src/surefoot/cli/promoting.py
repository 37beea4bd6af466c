"""`surefoot release promote | break-glass | rollback | key`: what changes production, one commit each."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.cli.progress import Steps, reporter
from surefoot.cli.releasing import SHOWN, AppName, clean

if TYPE_CHECKING:
    from surefoot.releases.pointing import Moved
    from surefoot.wiring.project import Project


def promote(
    release: Annotated[
        str | None,
        typer.Argument(help="A release, by how its digest begins; the working tree's by default."),
    ] = None,
    app_name: AppName = None,
) -> None:
    """Put a proven release into production, in one commit. Exits with 4 when it is not proven."""
    run(_promote(release, app_name))


def break_glass(
    release: Annotated[str, typer.Argument(help="A release, by how its digest begins.")],
    by: Annotated[str, typer.Option("--by", help="Who does it.")],
    reason: Annotated[str, typer.Option(help="Why it cannot wait for a proof.")],
    signing_key: Annotated[
        Path | None, typer.Option(help="A break-glass key that the trust file lists, where it lists keys.")
    ] = None,
    app_name: AppName = None,
) -> None:
    """Put a release into production that nothing proves, in one commit. Who and why is shown with it."""
    run(_break_glass(release, app_name, by, reason, signing_key))


def rollback(
    to: Annotated[
        str | None, typer.Option(help="A release to go back to; the one before by default.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it goes into the commit's message.")] = "",
    app_name: AppName = None,
) -> None:
    """Put the release before the present one back into production, in one commit."""
    run(_rollback(app_name, to, reason))


def key(
    name: Annotated[str, typer.Argument(help="Who signs, such as ci: the name in the trust file.")],
    file: Annotated[
        Path | None, typer.Option(help="Where to write the private key; the state directory by default.")
    ] = None,
) -> None:
    """Make a key to sign with, and print the trust file's line for its public half."""
    run(_key(name, file))


async def _promote(prefix: str | None, app_name: str | None) -> None:
    from surefoot.wiring.project import open_project
    from surefoot.wiring.promoting import promote_release

    project = open_project(project_top())
    with Steps() as steps:
        moved = await promote_release(project, prefix, app_name, reporter(steps))
    _print_moved(moved, "promoted")
    await _mirror(project, moved.app)


async def _break_glass(
    prefix: str, app_name: str | None, by: str, reason: str, signing_key: Path | None
) -> None:
    from surefoot.releases.promotion import Emergency
    from surefoot.wiring.project import open_project
    from surefoot.wiring.promoting import open_unproven

    project = open_project(project_top())
    emergency = Emergency(by=by, reason=reason, signing_key=signing_key)
    with Steps() as steps:
        moved = await open_unproven(project, prefix, app_name, emergency, reporter(steps))
    _print_moved(moved, "UNPROVEN, by break-glass")
    await _mirror(project, moved.app)


async def _rollback(app_name: str | None, to: str | None, reason: str) -> None:
    from surefoot.wiring.project import open_project
    from surefoot.wiring.promoting import rollback_release

    project = open_project(project_top())
    with Steps() as steps:
        moved = await rollback_release(project, app_name, to, reason, reporter(steps))
    _print_moved(moved, "rolled back")
    await _mirror(project, moved.app)


async def _mirror(project: "Project", app_name: str) -> None:
    """Tell PromptLayer, where that is on: what is committed stays so, whatever comes of it."""
    from surefoot.wiring.promptlayer import mirror_now

    if said := await mirror_now(project, app_name):
        err.print(Text(clean(said)))


async def _key(name: str, file: Path | None) -> None:
    from surefoot.wiring.project import open_project
    from surefoot.wiring.promoting import make_signing_key

    private, line = make_signing_key(open_project(project_top()), name, file)
    out.print(Text(line))
    err.print(
        Text(
            f"The private key is {private}: keep it out of Git. The line goes into the trust file: below "
            "[keys] for receipts, below [break_glass] for promotions without one, or below [approvals.keys], "
            "with an email in place of the name."
        )
    )


def _print_moved(moved: "Moved", done: str) -> None:
    """What production is now, and what to do with the commit."""
    release = moved.pointer.release
    if moved.commit is None and moved.replaced in (None, release):
        err.print(Text(f"{release[:SHOWN]} is in production of {moved.app} already"))
        out.print(Text(release))
        return
    before = f", which replaces {moved.replaced[:SHOWN]}" if moved.replaced else ", the first"
    err.print(Text(f"{done}: production of {moved.app} is {release[:SHOWN]}{before}"))
    where = moved.branch.removeprefix("refs/heads/") if moved.branch else "a detached HEAD"
    if moved.commit:
        err.print(Text(clean(f"commit {moved.commit[:SHOWN]} on {where}; push it for others to serve it")))
    out.print(Text(release))
