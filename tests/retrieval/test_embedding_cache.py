"""The cache of vectors, as several builds meet in it."""

import asyncio
from pathlib import Path

from tests.fakes.embedder import HashedWords

from surefoot.retrieval.embeddings import embed_texts


def test_many_builds_may_begin_a_cache_at_once(tmp_path: Path) -> None:
    async def begin(cache: Path) -> None:
        several = [
            embed_texts([f"text {number}"], HashedWords(), cache, progress=lambda done, total: None)
            for number in range(8)
        ]
        await asyncio.gather(*several)

    for number in range(25):
        asyncio.run(begin(tmp_path / f"{number}.sqlite"))
