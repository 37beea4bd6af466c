"""Make an app of a release's parts: the one place where a pipeline is chosen."""

from surefoot.answering import App, ChatModel, Retriever, TokenCounter
from surefoot.errors import SettingsError
from surefoot.records import Manifest
from surefoot.releases import ReleaseParts


def app_of(
    manifest: Manifest,
    parts: ReleaseParts,
    *,
    retriever: Retriever,
    model: ChatModel,
    counter: TokenCounter,
) -> App:
    """The app that answers by what the manifest pins, and by nothing else."""
    if parts.code is not None:
        raise SettingsError(
            f"the app {manifest.app!r} runs code of its own, which this surefoot cannot",
            remedy='let its file say pipeline = "answers"',
        )
    return App(
        manifest=manifest,
        prompt=parts.prompt,
        retriever=retriever,
        model=model,
        counter=counter,
        passages_shown=parts.recipe.limit,
    )
