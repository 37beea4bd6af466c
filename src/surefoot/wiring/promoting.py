"""Promoting, going back and comparing, over the files and settings of a project."""

from collections.abc import Sequence
from pathlib import Path

from surefoot.errors import NotFoundError
from surefoot.evals.suites import Suite
from surefoot.local import Report
from surefoot.releases import AppFile, Receipt, ReleaseBundle, find_release
from surefoot.releases.approving import Approved, Assent, approve
from surefoot.releases.channels import read_channel
from surefoot.releases.conditions import Candidate, Recheck
from surefoot.releases.pointing import Moved
from surefoot.releases.promotion import Emergency, break_glass, promote, rollback
from surefoot.releases.reading import checked_name
from surefoot.releases.signatures import new_key
from surefoot.releases.taken_back import refuse_taken_back
from surefoot.releases.trust import key_text
from surefoot.wiring.candidates import create_release
from surefoot.wiring.guarding import suites_guarding
from surefoot.wiring.project import Project
from surefoot.wiring.releasing import parts_of

SIGNING = "signing"


def release_chosen(project: Project, prefix: str | None, app_name: str | None) -> ReleaseBundle:
    """The release whose digest begins like this; without one, that of the working tree, made now."""
    if prefix is None:
        return create_release(project, project.app_named(app_name))
    return _of_app(project.deployment.find(prefix), app_name)


def production_chosen(project: Project, app_name: str | None) -> ReleaseBundle:
    """The release that is in production. NotFoundError when there is none."""
    app, place = project.app_named(app_name), project.deployment
    pointer = read_channel(place.serving, app.name)
    if pointer is None:
        raise NotFoundError(
            f"no release of {app.name!r} is in production yet, so there is nothing to compare with",
            remedy="name two releases; `surefoot release list` has those that are there",
        )
    return find_release((place.promoted,), pointer.release)


async def promote_release(
    project: Project, prefix: str | None, app_name: str | None, report: Report
) -> Moved:
    """Put a release into production, that of the working tree without a digest. Raises RefusedError.

    What was taken out of production goes back only when it is named.
    """
    release = release_chosen(project, prefix, app_name)
    app = project.app_named(release.manifest.app)
    if prefix is None:
        refuse_taken_back(project.deployment, app.name, release.digest)
    suites = suites_guarding(project, app)
    candidate = Candidate(
        release=release,
        suites={suite.name: suite.digest for suite in suites},
        deciding=_deciding(project, app, suites),
        recheck=_recheck(project, report),
    )
    return await promote(project.deployment, candidate, report=report)


async def approve_release(
    project: Project, prefix: str, app_name: str | None, assent: Assent, report: Report
) -> Approved:
    """Approve a release in somebody's name. Raises InputError, and RefusedError where it would not count."""
    release = release_chosen(project, prefix, app_name)
    app = project.app_named(release.manifest.app)
    deciding = _deciding(project, app, suites_guarding(project, app))
    return await approve(project.deployment, release, assent, deciding=deciding, report=report)


async def open_unproven(
    project: Project, prefix: str, app_name: str | None, emergency: Emergency, report: Report
) -> Moved:
    """Put a release into production without proof, under somebody's name. Raises RefusedError."""
    release = release_chosen(project, prefix, app_name)
    return await break_glass(project.deployment, release, emergency, report=report)


async def rollback_release(
    project: Project, app_name: str | None, to: str | None, reason: str, report: Report
) -> Moved:
    """Point production back: to what the present release replaced, or to the one named."""
    app, place = project.app_named(app_name), project.deployment
    target = None if to is None else find_release((place.promoted,), to)
    return await rollback(place, app.name, to=target, reason=reason, report=report)


def make_signing_key(project: Project, name: str, file: Path | None) -> tuple[Path, str]:
    """A new key pair: the private key's file, in the state directory unless said, and a trust file's line."""
    checked_name(name, what="a key")
    private = file or project.settings.folders.state / SIGNING / f"{name}.key"
    return private, f'{name} = "{key_text(new_key(private))}"'


def _of_app(bundle: ReleaseBundle, app_name: str | None) -> ReleaseBundle:
    if app_name not in (None, bundle.manifest.app):
        raise NotFoundError(
            f"{bundle.digest[:12]} is a release of {bundle.manifest.app!r}, not of {app_name!r}",
            remedy=f"give --app {bundle.manifest.app}, or another digest",
        )
    return bundle


def _deciding(project: Project, app: AppFile, suites: Sequence[Suite]) -> tuple[Path, ...]:
    """The files that say what the app is and what it has to meet."""
    folders, parts = project.settings.folders, parts_of(project, app)
    prompts = (parts.prompt, *parts.prompts.values())
    return (
        *(folders.prompts / name for prompt in prompts for name in prompt.files),
        *(folders.evals / suite.name for suite in suites),
        folders.serving / "apps" / f"{app.name}.toml",
    )


def _recheck(project: Project, report: Report) -> Recheck:
    """Scores and verdict computed again, with the embedder loaded only once there is something to compute."""

    async def recheck(receipt: Receipt, folders: tuple[Path, ...]) -> None:
        # Seconds of vendors' imports, which nobody should wait for who lists, compares or rolls back.
        from surefoot.wiring.indexing import embedder_of
        from surefoot.wiring.verifying import verify_receipt

        async with embedder_of(project) as embedder:
            await verify_receipt(project, receipt, folders, embedder=embedder, report=report)

    return recheck
