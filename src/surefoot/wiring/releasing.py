"""What an app may serve: the release that production names, proven; or the working tree as it is now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from surefoot.errors import RefusedError, SnapshotError, SurefootError
from surefoot.prompts import Prompt, load_prompt
from surefoot.records import Manifest, PinnedPrompt, VerdictKind
from surefoot.releases import (
    BUILT_IN_IDENTITY,
    AppFile,
    BreakGlass,
    Entry,
    Parts,
    Pointer,
    ReleaseParts,
    check_entry,
    load_parts,
    manifest_of,
    read_channel,
    read_code,
    read_release,
)
from surefoot.retrieval.snapshots import read_live, read_snapshot
from surefoot.wiring.project import Project

Channel = Literal["production", "working tree"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A release with its parts read: all that serves but the open snapshot.

    `pointer` is what production named, and `entry` what let it in; both are None for the working tree, which
    nothing proves.
    """

    manifest: Manifest
    parts: ReleaseParts
    pointer: Pointer | None
    entry: Entry | None


def channel_of(project: Project) -> Channel:
    """Where this deployment's releases come from."""
    return "working tree" if project.settings.serves_unproven else "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Production:
    """What production names for an app, as far as it can be read; `refused` is why it may not serve.

    `kind` is that of its receipt's verdict; `break_glass` is there in place of a receipt. `release` is None
    where production names nothing.
    """

    app: str
    release: str | None = None
    receipt: str | None = None
    kind: VerdictKind | None = None
    break_glass: BreakGlass | None = None
    model_alias: str | None = None
    model: str | None = None
    refused: SurefootError | None = None


def production_of(project: Project, app: AppFile) -> Production:
    """What production names for the app, whether or not it may serve. Raises nothing for what is broken."""
    found = Production(app=app.name)
    try:
        pointer = read_production(project, app)
        if pointer is None:
            return found
        found = replace(found, release=pointer.release, receipt=pointer.receipt)
        bundle = read_release(_releases(project), pointer.release)
        manifest = bundle.manifest
        found = replace(found, model_alias=manifest.model_alias, model=manifest.model)
        entry = check_entry(bundle, pointer, trust=project.deployment.trust)
        if isinstance(entry, BreakGlass):
            found = replace(found, break_glass=entry)
        else:
            found = replace(found, kind=entry.verdict.kind)
        in_production(project, app, pointer)
    except SurefootError as error:
        return replace(found, refused=error)
    return found


def read_production(project: Project, app: AppFile) -> Pointer | None:
    """What production names for the app; None when it names nothing yet."""
    return read_channel(project.settings.folders.serving, app.name)


def production_pointer(project: Project, app: AppFile) -> Pointer:
    """What production names for the app. RefusedError when it names nothing yet."""
    pointer = read_production(project, app)
    if pointer is None:
        raise never_released(app)
    return pointer


def never_released(app: AppFile) -> RefusedError:
    """The error for an app that production names no release of."""
    return RefusedError(
        f"no release of {app.name!r} is in production yet",
        remedy="prove one with `surefoot gate run --against founding`, then `surefoot release promote`; "
        "to try the working tree as it is, set SUREFOOT_SERVICE_UNPROVEN=true",
    )


def in_production(project: Project, app: AppFile, pointer: Pointer) -> Chosen:
    """The release that the pointer names, with every digest and what let it in checked.

    RefusedError, or the error of a file that cannot be read, says what does not hold. The snapshot is not
    looked at: that is for whoever opens it.
    """
    bundle = read_release(_releases(project), pointer.release)
    manifest = bundle.manifest
    if manifest.app != app.name:
        raise RefusedError(
            f"production of {app.name!r} names {pointer.release[:12]!r}, a release of {manifest.app!r}",
            remedy=f"promote a release of {app.name!r}",
        )
    entry = check_entry(bundle, pointer, trust=project.deployment.trust)
    parts = load_parts(bundle)
    _refuse_another_deployment(project, manifest)
    return Chosen(manifest=manifest, parts=parts, pointer=pointer, entry=entry)


def working_tree(project: Project, app: AppFile) -> Chosen:
    """The app's parts as they are now, proven or not."""
    return Chosen(
        manifest=present_manifest(project, app), parts=parts_of(project, app), pointer=None, entry=None
    )


def parts_of(project: Project, app: AppFile) -> ReleaseParts:
    """The app's prompts, recipe and code as their files are now."""
    folders = project.settings.folders
    return ReleaseParts(
        prompt=prompt_of(project, app),
        recipe=project.recipe_of(app),
        prompts={use: load_prompt(folders.prompts, name) for use, name in app.prompts.items()},
        code=None if app.entry is None else read_code(folders.serving / "apps", app.entry),
    )


def prompt_of(project: Project, app: AppFile) -> Prompt:
    """The app's prompt as its file is now."""
    return load_prompt(project.settings.folders.prompts, app.prompt)


def live_snapshot_of(project: Project, app: AppFile) -> str:
    """The digest of the live snapshot of the app's documents. SnapshotError when none was built."""
    corpus, recipe = project.corpus_of(app), project.recipe_of(app)
    live = read_live(project.snapshots, corpus.name, recipe.name)
    if live is None:
        raise SnapshotError(
            f"no index of the corpus {corpus.name!r} by the recipe {recipe.name!r} was built yet",
            remedy=f"run `surefoot index build {app.name}`",
        )
    return live


def present_manifest(project: Project, app: AppFile) -> Manifest:
    """The manifest of the app's parts as they are now; its digest is the release that would serve."""
    snapshot = read_snapshot(project.snapshots / live_snapshot_of(project, app))
    parts = parts_of(project, app)
    return manifest_over(project, app, parts, snapshot=snapshot.digest, passages=snapshot.passages_digest)


def manifest_over(
    project: Project, app: AppFile, parts: ReleaseParts, *, snapshot: str, passages: str
) -> Manifest:
    """The manifest of an app of these parts over a snapshot, by its digest and that of its passages."""
    return manifest_of(
        app,
        Parts(
            pipeline=BUILT_IN_IDENTITY if parts.code is None else parts.code.identity,
            prompt=parts.prompt.digest,
            prompts=tuple(
                PinnedPrompt(use=use, name=prompt.name, digest=prompt.digest)
                for use, prompt in parts.prompts.items()
            ),
            recipe=parts.recipe.digest,
            snapshot=snapshot,
            passages=passages,
            embedder=project.embedder_identity(),
            model_alias=project.chat_alias(),
            model=project.chat_identity(),
        ),
    )


def _releases(project: Project) -> Path:
    return project.settings.folders.serving / "releases"


def _refuse_another_deployment(project: Project, manifest: Manifest) -> None:
    """A release was proven with one pipeline, model and embedder, and counts with no other."""
    release = manifest.digest[:12]
    identity = project.chat_identity()
    if manifest.model != identity:
        raise RefusedError(
            f"the release {release!r} pins the model {manifest.model_alias!r} ({manifest.model[:12]}), "
            f"and this deployment serves {_model_served(project)} ({identity[:12]})",
            remedy=_ways_to_the_model(project),
        )
    embedder = project.embedder_identity()
    if manifest.embedder != embedder:
        raise RefusedError(
            f"the release {release!r} pins the embedder {manifest.embedder[:12]!r}, "
            f"and this deployment embeds with {embedder[:12]!r}",
            remedy="take the settings [embedder] back to those the release was proven with, or prove the "
            "present state with `surefoot gate run`",
        )


def _model_served(project: Project) -> str:
    declared = project.settings.chat.model
    return f"{declared!r}, declared by chat.model" if declared else repr(project.chat_alias())


def _ways_to_the_model(project: Project) -> str:
    chat = project.settings.chat
    chosen: Mapping[str, str | None] = {"chat.alias": chat.alias, "chat.model": chat.model}
    ways = [f"unset {name}" for name, value in chosen.items() if value]
    ways = ways or ["run `surefoot up`, which starts the service over the present serving/models.toml"]
    return (
        f"{' and '.join(ways)}; or prove a release with this model by `surefoot gate run`; or set "
        "SUREFOOT_SERVICE_UNPROVEN=true to try it without proof"
    )
