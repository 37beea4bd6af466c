"""Releases share an open snapshot where they search alike, and never where they do not."""

import asyncio
from dataclasses import replace
from pathlib import Path

from tests.retrieval.fixtures import RECIPE, CountingWords, build, real_engine, write_documents

from surefoot.retrieval import Recipe
from surefoot.retrieval.searching import SearchableSnapshot, open_snapshot
from surefoot.wiring.snapshot_shelf import SnapshotShelf

DOCUMENTS = {"fish.md": "Fish swim. Herrings swim north.", "fox.md": "A fox eats fish."}


def test_recipes_that_search_otherwise_have_the_snapshot_open_each_by_its_own(tmp_path: Path) -> None:
    by_words = replace(RECIPE, dense=replace(RECIPE.dense, weight=0))

    async def story() -> None:
        report = await build(write_documents(tmp_path / "docs", DOCUMENTS), tmp_path / "out")

        async def opened(digest: str, recipe: Recipe) -> SearchableSnapshot:
            return await open_snapshot(
                tmp_path / "out" / digest, recipe, CountingWords(), tmp_path / "s", engine=real_engine()
            )

        shelf, digest = SnapshotShelf(opened), report.snapshot.digest
        both, again = await shelf.take(digest, RECIPE), await shelf.take(digest, RECIPE)
        words = await shelf.take(digest, by_words)
        assert both is again and words is not both and len(shelf) == 2

        assert (await both.search("fish", limit=1))[0].similarity is not None
        assert (await words.search("fish", limit=1))[0].similarity is None

        shelf.give_back(both)
        assert len(shelf) == 2, "one user is left"
        shelf.give_back(both)
        shelf.give_back(words)
        assert len(shelf) == 0
        await shelf.aclose()

    asyncio.run(story())
