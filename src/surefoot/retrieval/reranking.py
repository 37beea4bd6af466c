"""Whether the reranker that is there is the one that a recipe, and so a release, was proven with."""

from surefoot.errors import SettingsError
from surefoot.retrieval.ports import Reranker
from surefoot.retrieval.recipes import Recipe


def check_reranker(recipe: Recipe, reranker: Reranker | None) -> None:
    """Raises SettingsError where the recipe reranks with another model, or with other files of it."""
    wanted = recipe.rerank
    if wanted is None:
        return
    there = None if reranker is None else reranker.model
    if reranker is None or wanted.model != there:
        raise SettingsError(
            f"the recipe {recipe.name!r} reranks with {wanted.model!r}, and the settings give {there!r}",
            remedy="set reranker.url to a server of that model or reranker.folder to its files, "
            "or take [rerank] out of the recipe",
        )
    if wanted.sha256 == reranker.sha256:
        return
    if not reranker.sha256:
        raise SettingsError(
            f"the recipe {recipe.name!r} reranks with the files {wanted.sha256[:12]!r}, and the server of "
            "reranker.url does not say which it has",
            remedy="set reranker.folder to these files in its place, or take sha256 out of [rerank]",
        )
    raise SettingsError(
        f"the recipe {recipe.name!r} reranks with the files {wanted.sha256[:12] or None!r}, and those in "
        f"reranker.folder are {reranker.sha256[:12]!r}",
        remedy=f'put those files there, or write sha256 = "{reranker.sha256}" into [rerank]: '
        "that is another recipe, to be proven anew",
    )
