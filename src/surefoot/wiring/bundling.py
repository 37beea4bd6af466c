"""Pack what production serves into a bundle, out of a project and its state directory."""

from pathlib import Path

from surefoot.local import Report
from surefoot.releases.channels import PRODUCTION, channel_file
from surefoot.releases.oci import Layout, Packed, files_of_release, pack_bundle
from surefoot.retrieval.snapshots import verify_snapshot
from surefoot.wiring.project import Project
from surefoot.wiring.releasing import never_released


async def pack_production(project: Project, layout: Layout, app_name: str | None, report: Report) -> Packed:
    """Make the bundle of what production names, for one app or for all that are in production.

    RefusedError where nothing is, or where what is there is not proven; SnapshotError for an index that is
    not here.
    """
    serving = project.settings.folders.serving
    chosen = project.apps if app_name is None else (project.app_named(app_name),)
    files = {name: serving / name for name in ("settings.toml", "models.toml") if (serving / name).exists()}
    releases: dict[str, str] = {}
    for app in chosen:
        release = project.deployment.in_production(app.name)
        if release is None:
            continue
        releases[app.name] = release.digest
        for path in (serving / "apps" / f"{app.name}.toml", channel_file(serving, app.name)):
            files[path.relative_to(serving).as_posix()] = path
        files |= files_of_release(serving, release.digest)
        files |= files_of_snapshot(project.snapshots, release.manifest.snapshot)
    if not releases:
        raise never_released(chosen[0])
    return await pack_bundle(
        layout,
        channel=PRODUCTION,
        releases=releases,
        files=files,
        trust=project.deployment.trust,
        report=report,
    )


def files_of_snapshot(snapshots: Path, digest: str) -> dict[str, Path]:
    """The files of a snapshot by their names in a bundle. SnapshotError when it is not there, or damaged."""
    folder = verify_snapshot(snapshots / digest).path
    return {
        f"snapshots/{digest}/{path.relative_to(folder).as_posix()}": path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
