"""`surefoot release create | list | show | diff`: what could serve, what it pins, where it stands."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.errors import SurefootError

if TYPE_CHECKING:
    from surefoot.records import Json
    from surefoot.releases import Receipt, ReleaseBundle
    from surefoot.releases.deployment import Found
    from surefoot.releases.differences import Difference

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
            err.print(Text(f"{digest} cannot be read: {clean(str(standing))}"))
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
        out.print(Text("  ".join(map(clean, words))))


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
        out.print(Text.assemble((f"{name:<11}", "dim"), clean(value)))
    if not standing.receipts:
        out.print(Text("no receipt: run `surefoot gate run`"))
    for record in standing.broken:
        words = f"{record.digest}  {record.made_at:%Y-%m-%d %H:%M %Z}  by {record.by}: {record.reason}"
        out.print(Text.assemble((f"{'glass':<11}", "dim"), clean(words)))
    for given in standing.approvals:
        said = f"by {given.approval.by} until {given.approval.expires_at:%Y-%m-%d %H:%M %Z}"
        why = given.approval.reason and f": {given.approval.reason}"
        fault = given.fault and f"  does not count: {given.fault}"
        out.print(Text.assemble((f"{'approval':<11}", "dim"), clean(f"{said}{why}{fault}")))
    for found in standing.receipts:
        out.print(Text.assemble((f"{'receipt':<11}", "dim"), clean(_receipt_line(found))))


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


def _compared_with(receipt: "Receipt") -> str:
    if receipt.baseline is None:
        return "founding"
    whose = f"{receipt.baseline_app} " if receipt.compares_apps else ""
    return f"against {whose}{receipt.baseline[:SHOWN]}"


def _print_difference(difference: "Difference") -> None:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    if not difference.lines:
        out.print(Text(clean(f"{difference.part}: {difference.before} -> {difference.after}")))
        return
    digests = difference.part in ("prompt", "recipe")  # the other parts with lines are named by more
    before, after = (
        pinned[:SHOWN] if digests else pinned for pinned in (difference.before, difference.after)
    )
    out.print(Text(clean(f"{difference.part}: {before} -> {after}"), style="bold"))
    for line in difference.lines:
        out.print(Text(clean(line), style=colours.get(line[:1], "")))


def _differences(before: "ReleaseBundle", after: "ReleaseBundle") -> "Sequence[Difference]":
    from surefoot.releases.differences import diff

    return diff(before, after)


def clean(text: str) -> str:
    """Text of files, safe to print on one line of a terminal."""
    from surefoot.reports.printable import printable

    return printable(text).replace("\n", " ")


def _print_json(value: "Json") -> None:
    out.print_json(json.dumps(value))
