"""The release an app would be now: the manifest of its present prompt, recipe, snapshot and model."""

from surefoot.errors import SnapshotError
from surefoot.prompts import Prompt, load_prompt
from surefoot.records import Manifest
from surefoot.releases import AppFile, Parts, manifest_of
from surefoot.retrieval.snapshots import read_live, read_snapshot
from surefoot.wiring.project import Project


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
    return manifest_of(
        app,
        Parts(
            prompt=prompt_of(project, app).digest,
            recipe=project.recipe_of(app).digest,
            snapshot=snapshot.digest,
            passages=snapshot.passages_digest,
            embedder=project.embedder_identity(),
            model_alias=project.chat_alias(),
            model=project.chat_identity(),
        ),
    )
