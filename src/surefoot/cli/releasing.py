"""`surefoot release`: what could serve, what it pins, and what is in production."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.cli.progress import Steps, reporter
from surefoot.errors import SurefootError

if TYPE_CHECKING:
    from surefoot.records import Json
    from surefoot.releases import Receipt, ReleaseBundle
    from surefoot.releases.deployment import Found
    from surefoot.releases.differences import Difference
    from surefoot.releases.pointing import Moved
    from surefoot.wiring.project import Project

SHOWN = 12

app = typer.Typer(help="Create, compare, promote and roll back releases.", no_args_is_help=True)

AppName = Annotated[str | None, typer.Option("--app", help="The app; the first by default.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


@app.command()
def create(
    app_name: Annotated[
        str | None, typer.Argument(help="An app of serving/apps/; the first by default.")
    ] = None,
) -> None:
    """Make the release of the working tree, and print its digest. Nothing serves it yet."""
    run(_create(app_name))


@app.command("list")
def list_releases(as_json: AsJson = False) -> None:
    """List the releases there are, with their receipts and where each serves."""
    run(_list(as_json))


@app.command()
def show(
    release: Annotated[str, typer.Argument(help="A release, by its digest or the beginning of it.")],
    as_json: AsJson = False,
) -> None:
    """Show what a release pins, its receipts, and where it serves."""
    run(_show(release, as_json))


@app.command()
def diff(
    before: Annotated[str | None, typer.Argument(help="A release; production by default.")] = None,
    after: Annotated[str | None, typer.Argument(help="Another one; the working tree by default.")] = None,
    app_name: AppName = None,
    as_json: AsJson = False,
) -> None:
    """Show what one release pins otherwise than another: prompt and recipe line by line."""
    run(_diff(before, after, app_name, as_json))


@app.command()
def promote(
    release: Annotated[
        str | None,
        typer.Argument(help="A release, by how its digest begins; the working tree's by default."),
    ] = None,
    app_name: AppName = None,
) -> None:
    """Put a proven release into production, in one commit. Exits with 4 when it is not proven."""
    run(_promote(release, app_name))


@app.command()
def rollback(
    to: Annotated[
        str | None, typer.Option(help="A release to go back to; the one before by default.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it goes into the commit's message.")] = "",
    app_name: AppName = None,
) -> None:
    """Put the release before the present one back into production, in one commit."""
    run(_rollback(app_name, to, reason))


@app.command()
def key(
    name: Annotated[str, typer.Argument(help="Who signs, such as ci: the name in the trust file.")],
    file: Annotated[
        Path | None, typer.Option(help="Where to write the private key; the state directory by default.")
    ] = None,
) -> None:
    """Make a key to sign with, and print the trust file's line for its public half."""
    run(_key(name, file))


async def _create(app_name: str | None) -> None:
    from surefoot.releases.channels import read_channel
    from surefoot.wiring.project import open_project
    from surefoot.wiring.promoting import production_chosen, release_chosen

    project = open_project(project_top())
    chosen = project.app_named(app_name)
    bundle = release_chosen(project, None, chosen.name)
    if read_channel(project.settings.folders.serving, chosen.name) is None:
        said = f"nothing of {chosen.name} is in production yet: surefoot gate run --against founding"
    else:
        differing = _differences(production_chosen(project, chosen.name), bundle)
        parts = ", ".join(difference.part for difference in differing)
        said = f"new against production: {parts}" if parts else "it is what is in production"
    err.print(Text(said))
    out.print(Text(bundle.digest))


async def _list(as_json: bool) -> None:
    from surefoot.releases.standings import all_standings
    from surefoot.wiring.project import open_project

    project, standings = open_project(project_top()), []
    apps = [each.name for each in project.apps]
    for digest, standing in all_standings(project.deployment, apps).items():
        if isinstance(standing, SurefootError):
            err.print(Text(f"{digest} cannot be read: {_clean(str(standing))}"))
        else:
            standings.append(standing)
    if as_json:
        _print_json({"schema": 1, "releases": [standing.fields() for standing in standings]})
        return
    if not standings:
        err.print("There is no release yet: run `surefoot release create`.", markup=False)
    for standing in standings:
        newest = standing.receipts[0].receipt if standing.receipts else None
        proof = f"{newest.verdict.outcome} by {newest.suite}" if newest else "no receipt"
        words = (standing.bundle.digest, standing.bundle.manifest.app, standing.where(), proof)
        out.print(Text("  ".join(map(_clean, words))))


async def _show(prefix: str, as_json: bool) -> None:
    from surefoot.releases.standings import standing_of
    from surefoot.wiring.project import open_project

    project = open_project(project_top())
    standing = standing_of(project.deployment, [each.name for each in project.apps], prefix)
    if as_json:
        _print_json({"schema": 1, **standing.fields()})
        return
    manifest = standing.bundle.manifest
    rows = [
        ("release", standing.bundle.digest),
        ("app", manifest.app),
        ("where", standing.where()),
        ("prompt", f"{manifest.prompt_name}  {manifest.prompt}"),
        ("recipe", manifest.recipe),
        ("snapshot", manifest.snapshot),
        ("embedder", manifest.embedder),
        ("model", f"{manifest.model_alias}  {manifest.model}"),
        ("pipeline", manifest.pipeline),
        ("abstention", manifest.abstention),
        ("folder", str(standing.bundle.folder)),
    ]
    for name, value in rows:
        out.print(Text.assemble((f"{name:<11}", "dim"), _clean(value)))
    if not standing.receipts:
        out.print(Text("no receipt: run `surefoot gate run`"))
    for found in standing.receipts:
        out.print(Text.assemble((f"{'receipt':<11}", "dim"), _clean(_receipt_line(found))))


async def _diff(before: str | None, after: str | None, app_name: str | None, as_json: bool) -> None:
    from surefoot.records.encoding import plain
    from surefoot.wiring.project import open_project
    from surefoot.wiring.promoting import production_chosen, release_chosen

    project = open_project(project_top())
    if before is None:
        old = production_chosen(project, app_name)
    else:
        old = release_chosen(project, before, app_name)
    new = release_chosen(project, after, app_name or old.manifest.app)
    differing = _differences(old, new)
    if as_json:
        _print_json(
            {
                "schema": 1,
                "before": old.digest,
                "after": new.digest,
                "differences": [plain(difference) for difference in differing],
            }
        )
        return
    err.print(Text(f"{old.digest[:SHOWN]} to {new.digest[:SHOWN]}"))
    if not differing:
        err.print("They are the same release.", markup=False)
    for difference in differing:
        _print_difference(difference)


async def _promote(prefix: str | None, app_name: str | None) -> None:
    from surefoot.wiring.project import open_project
    from surefoot.wiring.promoting import promote_release

    project = open_project(project_top())
    with Steps() as steps:
        moved = await promote_release(project, prefix, app_name, reporter(steps))
    _print_moved(moved, "promoted")
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
        err.print(Text(_clean(said)))


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


def _receipt_line(found: "Found") -> str:
    receipt = found.receipt
    words = (
        found.digest,
        receipt.verdict.outcome,
        f"by {receipt.suite}",
        _compared_with(receipt),
        f"{receipt.made_at:%Y-%m-%d %H:%M %Z}",
        f"at {(receipt.revision or 'no commit')[:SHOWN]}",
        "over uncommitted files" if receipt.uncommitted else "",
    )
    return "  ".join(filter(None, words))


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
        err.print(Text(_clean(f"commit {moved.commit[:SHOWN]} on {where}; push it for others to serve it")))
    out.print(Text(release))


def _compared_with(receipt: "Receipt") -> str:
    if receipt.baseline is None:
        return "founding"
    whose = f"{receipt.baseline_app} " if receipt.compares_apps else ""
    return f"against {whose}{receipt.baseline[:SHOWN]}"


def _print_difference(difference: "Difference") -> None:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    if not difference.lines:
        out.print(Text(_clean(f"{difference.part}: {difference.before} -> {difference.after}")))
        return
    digests = difference.part in ("prompt", "recipe")  # the other parts with lines are named by more
    before, after = (
        pinned[:SHOWN] if digests else pinned for pinned in (difference.before, difference.after)
    )
    out.print(Text(_clean(f"{difference.part}: {before} -> {after}"), style="bold"))
    for line in difference.lines:
        out.print(Text(_clean(line), style=colours.get(line[:1], "")))


def _differences(before: "ReleaseBundle", after: "ReleaseBundle") -> "Sequence[Difference]":
    from surefoot.releases.differences import diff

    return diff(before, after)


def _clean(text: str) -> str:
    """Text of files, safe to print on one line of a terminal."""
    from surefoot.reports.printable import printable

    return printable(text).replace("\n", " ")


def _print_json(value: "Json") -> None:
    out.print_json(json.dumps(value))
