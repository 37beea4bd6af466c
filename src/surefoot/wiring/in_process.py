"""An app in your own process: its prompt, search and model for a script, a notebook or another framework."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from surefoot.answering import App
from surefoot.models import verify
from surefoot.wiring.indexing import embedder_of, open_pinned
from surefoot.wiring.opening import app_of
from surefoot.wiring.project import open_project
from surefoot.wiring.releasing import channel_of, in_production, production_pointer, working_tree
from surefoot.wiring.serving import expectation_of, model_of


@asynccontextmanager
async def open_app(top: Path, name: str | None = None) -> AsyncIterator[App]:
    """An app of the project at `top`, at its production release; the first app without a name.

    Where the setting `service.unproven` says so it is the working tree's. The model server must run, and is
    checked to serve the pinned weights. Raises SurefootError with what to do.
    """
    project = open_project(top)
    app = project.app_named(name)
    if channel_of(project) == "production":
        chosen = in_production(project, app, production_pointer(project, app))
    else:
        chosen = working_tree(project, app)
    async with embedder_of(project) as embedder, model_of(project) as model:
        await verify(model.chat, expectation_of(project))
        manifest = chosen.manifest
        snapshot = await open_pinned(project, manifest.snapshot, chosen.parts.recipe, embedder)
        try:
            yield await app_of(
                manifest, chosen.parts, retriever=snapshot, model=model.chat, counter=model.counter
            )
        finally:
            await snapshot.aclose()
