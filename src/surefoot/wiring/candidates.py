"""Which release is to be proven, what it is compared with, and where releases and receipts are found."""

from pathlib import Path

from surefoot.errors import NotFoundError, RefusedError
from surefoot.integrations.app_modules import load_entry
from surefoot.releases import AppFile
from surefoot.releases.bundles import (
    CODE,
    PROMPTS,
    RECIPE,
    SHORTEST_PREFIX,
    ReleaseBundle,
    find_release,
    list_releases,
    read_release,
    write_release,
)
from surefoot.releases.receipts import Receipt, list_receipts, read_receipt
from surefoot.wiring.project import Project
from surefoot.wiring.releasing import parts_of, present_manifest

PRODUCTION, FOUNDING = "production", "founding"


def baseline_of(project: Project, app: AppFile, against: str) -> ReleaseBundle | None:
    """What production is, of this app or of the one that `against` names; None for a founding gate.

    RefusedError where the one asked for cannot be.
    """
    others = [other.name for other in project.apps if other.name != app.name]
    compared = against if against in others else app.name
    serves = project.deployment.in_production(compared)
    if against == FOUNDING:
        if serves is not None:
            raise RefusedError(
                f"{app.name!r} has a production release, {serves.digest[:12]}: nothing is founded twice",
                remedy="compare with it: `surefoot gate run --against production`",
            )
        return None
    if against not in (PRODUCTION, *others):
        raise NotFoundError(
            f"a release is not compared with {against!r}",
            remedy=f"use one of: {', '.join((PRODUCTION, FOUNDING, *others))}",
        )
    if serves is None:
        raise RefusedError(
            f"no release of {compared!r} is in production yet, so there is nothing to compare with",
            remedy=f"found the first one: `surefoot gate run --app {compared} --against {FOUNDING}`",
        )
    return serves


def candidate_of(project: Project, app: AppFile, prefix: str | None) -> ReleaseBundle:
    """The release whose digest begins like this; without one, that of the working tree, made now."""
    bundle = (
        create_release(project, app) if prefix is None else find_release(project.deployment.folders, prefix)
    )
    if bundle.manifest.app != app.name:
        raise NotFoundError(
            f"{bundle.digest[:12]} is a release of {bundle.manifest.app!r}, not of {app.name!r}",
            remedy=f"give --app {bundle.manifest.app}",
        )
    if bundle.manifest.model != project.chat_identity():
        raise RefusedError(
            f"the release {bundle.digest[:12]} pins the model {bundle.manifest.model_alias!r} "
            f"({bundle.manifest.model[:12]}), and the one served here is {project.chat_identity()[:12]}",
            remedy="serve that model, or prove a release of the working tree",
        )
    return bundle


def create_release(project: Project, app: AppFile) -> ReleaseBundle:
    """The release of the working tree, in the state directory: its manifest, and the bytes of its files.

    SettingsError where the app's own code does not run.
    """
    code = parts_of(project, app).code
    if code is not None:
        load_entry(code)
    state, manifest = project.settings.folders.state, present_manifest(project, app)
    write_release(state / "releases", manifest, files_of(project, app))
    return read_release(state / "releases", manifest.digest)


def files_of(project: Project, app: AppFile) -> dict[str, bytes]:
    """The bytes of every file that a release of the working tree holds, by name."""
    folders, parts = project.settings.folders, parts_of(project, app)
    prompts = {name for prompt in (parts.prompt, *parts.prompts.values()) for name in prompt.files}
    code = {} if parts.code is None else parts.code.files
    return {
        RECIPE: (folders.serving / "recipes" / f"{app.recipe}.toml").read_bytes(),
        **{f"{PROMPTS}/{name}": (folders.prompts / name).read_bytes() for name in sorted(prompts)},
        **{f"{CODE}/{name}": content for name, content in code.items()},
    }


def found_receipt(project: Project, prefix: str) -> tuple[Receipt, tuple[Path, ...]]:
    """The one receipt whose digest begins like this, and the release folders that may hold its runs.

    NotFoundError for fewer than six digits, for none and for several.
    """
    releases = [
        folder / release for folder in project.deployment.folders for release in list_releases(folder)
    ]
    found = {
        receipt: release.name
        for release in releases
        for receipt in list_receipts(release)
        if len(prefix) >= SHORTEST_PREFIX and receipt.startswith(prefix)
    }
    if len(found) != 1:
        raise NotFoundError(
            f"{prefix!r} is the beginning of {len(found) or 'no'} receipt{'s' * (len(found) > 1)}",
            remedy=f"give at least {SHORTEST_PREFIX} digits of one that `surefoot release show` lists",
        )
    [(digest, release)] = found.items()
    folders = tuple(folder / release for folder in project.deployment.folders)
    holding = next(folder for folder in folders if digest in list_receipts(folder))
    return read_receipt(holding, digest), folders
