"""Put a trial project's working tree into production, by a receipt that was made up and not earned."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from tests.releases.examples import receipt_for

from surefoot.records import Manifest
from surefoot.releases import AppFile, Pointer, read_channel, write_receipt, write_release
from surefoot.releases.channels import write_channel
from surefoot.retrieval import Embedder
from surefoot.wiring.candidates import files_of
from surefoot.wiring.indexing import build_index, embedder_of
from surefoot.wiring.project import Project, open_project
from surefoot.wiring.releasing import present_manifest


def released(top: Path, app_name: str = "answers", embedder: Embedder | None = None) -> Pointer:
    """The working tree as a release with a passing receipt, which no channel names yet.

    It is founded where nothing is in production, else compared with what is. The index is built by
    `embedder`, or by the project's own.
    """
    project = open_project(top)
    (app,) = [app for app in project.apps if app.name == app_name]
    asyncio.run(_built(project, app, embedder))
    return written(project, app, present_manifest(project, app))


def written(project: Project, app: AppFile, manifest: Manifest) -> Pointer:
    """A release of this manifest, with the working tree's files, and a passing receipt."""
    serving = project.settings.folders.serving
    folder = write_release(serving / "releases", manifest, files_of(project, app))
    before = read_channel(serving, app.name)
    baseline = before.release if before and before.release != manifest.digest else None
    receipt = write_receipt(folder, receipt_for(manifest, baseline=baseline))
    return Pointer(release=manifest.digest, receipt=receipt)


def point(top: Path, pointer: Pointer, app_name: str = "answers") -> None:
    """Let production name a release."""
    write_channel(top / "serving", app_name, pointer)


def promoted(top: Path, app_name: str = "answers", embedder: Embedder | None = None) -> Pointer:
    """The working tree as the production release."""
    pointer = released(top, app_name, embedder)
    point(top, pointer, app_name)
    return pointer


def reword(top: Path, words: str) -> None:
    """Let the working tree's prompt end its house rules with these words."""
    rules = top / "prompts" / "_house-rules.md"
    rules.write_text(f"{rules.read_text().partition(chr(10) * 3)[0].rstrip()}\n\n\n{words}\n")


async def _built(project: Project, app: AppFile, embedder: Embedder | None) -> None:
    async with AsyncExitStack() as stack:
        if embedder is None:
            embedder = await stack.enter_async_context(embedder_of(project))
        await build_index(project, app, embedder, lambda progress: None)
