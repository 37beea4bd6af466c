"""Make an app of a release's parts: the one place where a pipeline is chosen."""

import asyncio

from surefoot.answering import App, ChatModel, Pipeline, Retriever, TokenCounter
from surefoot.errors import SettingsError
from surefoot.prompts import Prompt
from surefoot.records import Manifest
from surefoot.releases import REWRITE, AppCode, ReleaseParts

# What a prompt that makes follow-up questions whole is given.
REWRITE_TAKES = {"question", "turns"}


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
        rewrite=None if parts.code is not None else _rewriting(manifest.app, parts),
        pipeline=None if parts.code is None else await asyncio.to_thread(own_pipeline, parts.code),
    )


def _rewriting(app: str, parts: ReleaseParts) -> Prompt | None:
    """The prompt that makes follow-up questions whole. SettingsError for one that takes something else."""
    prompt = parts.prompts.get(REWRITE)
    if prompt is None:
        return None
    takes = {variable.name for variable in prompt.variables}
    if takes != REWRITE_TAKES:
        raise SettingsError(
            f"the app {app!r} has the prompt {prompt.name!r} for {REWRITE!r}, which takes "
            f"{', '.join(sorted(takes)) or 'nothing'}",
            remedy=f"let it take {' and '.join(sorted(REWRITE_TAKES))}, as prompts/rewrite.prompt.md does",
        )
    return prompt
