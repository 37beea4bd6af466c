"""`surefoot release pack | push | pull | verify`: what a channel serves, as one bundle in a folder."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.cli.progress import Steps, reporter

if TYPE_CHECKING:
    from surefoot.records import Json
    from surefoot.releases.oci import Layout, Packed

REGISTRY = "oci://"

Here = Annotated[
    Path | None, typer.Option("--bundle", help="The bundle here; by default bundle/ in the state directory.")
]


def pack(
    to: Here = None,
    app_name: Annotated[
        str | None, typer.Option("--app", help="One app; by default all that are in production.")
    ] = None,
) -> None:
    """Make one bundle of what production serves, and print its digest. Equal releases make equal bytes."""
    run(_pack(to, app_name))


def push(
    to: Annotated[str, typer.Argument(help="A folder, or oci://HOST/REPOSITORY of a registry.")],
    here: Here = None,
) -> None:
    """Copy the bundle here to a folder or a registry, whose tag moves in one step once all of it is there."""
    run(_push(here, to))


def pull(
    source: Annotated[str, typer.Argument(help="A folder, or oci://HOST/REPOSITORY of a registry.")],
    here: Here = None,
) -> None:
    """Copy a bundle from a folder or a registry to here, every byte checked; the tag here moves last."""
    run(_pull(source, here))


def verify(
    bundle: Annotated[
        Path | None, typer.Argument(help="A bundle; by default bundle/ in the state directory.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Check all of a bundle, and say what it proves. Exits with 4 and names the blob that is wrong."""
    run(_verify(bundle, as_json))


async def _pack(to: Path | None, app_name: str | None) -> None:
    from surefoot.wiring.bundling import pack_production
    from surefoot.wiring.project import open_project

    project = open_project(project_top())
    layout = _layout(to or project.settings.folders.state / "bundle")
    with Steps() as steps:
        packed = await pack_production(project, layout, app_name, reporter(steps))
    _print(packed, str(layout.path))


async def _push(here: Path | None, to: str) -> None:
    from surefoot.releases.channels import PRODUCTION
    from surefoot.releases.oci import copy_bundle
    from surefoot.releases.trust import read_trust
    from surefoot.settings import read_settings

    settings = read_settings(project_top())
    source, trust = _layout(here or settings.folders.state / "bundle"), read_trust(settings.trust.file)
    with Steps() as steps:
        report = reporter(steps)
        if to.startswith(REGISTRY):
            from surefoot.releases.oci.registry import Registry, parse_address
            from surefoot.releases.oci.registry_copying import push_bundle

            async with Registry(parse_address(to)) as registry:
                pushed = await push_bundle(source, registry, PRODUCTION, trust=trust, report=report)
        else:
            pushed = await copy_bundle(source, _layout(Path(to)), PRODUCTION, trust=trust, report=report)
    _print(pushed, to)


async def _pull(source: str, here: Path | None) -> None:
    from surefoot.releases.channels import PRODUCTION
    from surefoot.releases.oci import copy_bundle
    from surefoot.releases.trust import read_trust
    from surefoot.settings import read_settings

    settings = read_settings(project_top())
    target, trust = _layout(here or settings.folders.state / "bundle"), read_trust(settings.trust.file)
    with Steps() as steps:
        report = reporter(steps)
        if source.startswith(REGISTRY):
            from surefoot.releases.oci.registry import Registry, parse_address
            from surefoot.releases.oci.registry_copying import pull_bundle

            async with Registry(parse_address(source)) as registry:
                pulled = await pull_bundle(registry, target, PRODUCTION, trust=trust, report=report)
        else:
            pulled = await copy_bundle(_layout(Path(source)), target, PRODUCTION, trust=trust, report=report)
    _print(pulled, str(target.path))


async def _verify(bundle: Path | None, as_json: bool) -> None:
    from surefoot.records.encoding import plain
    from surefoot.releases.channels import PRODUCTION
    from surefoot.releases.oci import verify_bundle
    from surefoot.releases.trust import read_trust
    from surefoot.settings import read_settings

    settings = read_settings(project_top())
    layout = _layout(bundle or settings.folders.state / "bundle")
    found = verify_bundle(layout, layout.bundle(PRODUCTION), trust=read_trust(settings.trust.file))
    if as_json:
        said: Json = {"schema": 1, "bundle": plain(found), "proven": [*found.words()]}
        out.print_json(json.dumps(said))
        return
    for line in found.words():
        out.print(Text(line))


def _layout(folder: Path) -> "Layout":
    from surefoot.releases.oci import Layout

    return Layout(path=folder.expanduser().absolute())


def _print(packed: "Packed", where: str) -> None:
    from surefoot.local.space import human

    found = packed.verified
    for one in found.releases:
        err.print(Text(f"{found.channel} of {one.app}: release {one.release}"))
    moved = "now names it" if packed.moved else "named it already"
    err.print(
        Text(
            f"{found.files} files, {human(found.size)}, of which {human(packed.written)} were copied; "
            f"{found.channel} of {where} {moved}"
        )
    )
    out.print(Text(found.bundle))
