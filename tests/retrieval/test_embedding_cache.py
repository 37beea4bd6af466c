"""The cache of vectors, as several builds meet in it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from tests.fakes.embedder import HashedWords

from surefoot.retrieval.embeddings import embed_texts

AT_ONCE = 8


def test_many_builds_may_begin_a_cache_at_once(tmp_path: Path) -> None:
    together = Barrier(AT_ONCE)

    def begin(cache: Path) -> tuple[int, ...]:
        together.wait()
        texts = [f"text {cache.stem}"]
        return asyncio.run(embed_texts(texts, HashedWords(), cache, progress=lambda done, total: None)).shape

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(60):  # SQLite gives up about once in seventy
            caches = [tmp_path / f"{number}.sqlite"] * AT_ONCE
            assert set(pool.map(begin, caches)) == {(1, HashedWords.dimensions)}
