"""Make an app of a release's parts: the one place where a pipeline is chosen."""

import asyncio

from surefoot.answering import App, ChatModel, Pipeline, Retriever, TokenCounter
from surefoot.errors import SettingsError
from surefoot.records import Manifest
from surefoot.releases import AppCode, ReleaseParts


async def app_of(
    manifest: Manifest,
    parts: ReleaseParts,
    *,
    retriever: Retriever,
    model: ChatModel,
    counter: TokenCounter,
) -> App:
    """The app that answers by what the manifest pins, and by nothing else.

    SettingsError for an app whose own code does not run; it runs in a thread, as it may take its time.
    """
    home = asyncio.get_running_loop()

    def own_pipeline(code: AppCode) -> Pipeline:
        # A second of imports, and an extra that may be missing: both for these apps alone.
        try:
            from surefoot.integrations.langchain_app import ModelBehind, build_pipeline
        except ModuleNotFoundError as missing:
            raise SettingsError(
                f"the app {manifest.app!r} runs code of its own, and {missing.name} is not installed",
                remedy="pip install 'surefoot[langchain]'",
            ) from missing
        return build_pipeline(
            code,
            parts,
            retriever=retriever,
            behind=ModelBehind(model=model, counter=counter, home=home),
            abstention=manifest.abstention,
        )

    return App(
        manifest=manifest,
        prompt=parts.prompt,
        retriever=retriever,
        model=model,
        counter=counter,
        passages_shown=parts.recipe.limit,
        least_similarity=parts.recipe.least_similarity,
        pipeline=None if parts.code is None else await asyncio.to_thread(own_pipeline, parts.code),
    )
