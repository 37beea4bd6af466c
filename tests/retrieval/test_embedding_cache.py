"""The cache of vectors, as several builds meet in it."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy
import pytest
from numpy.typing import NDArray
from tests.fakes.embedder import HashedWords

from surefoot.errors import ModelUnreachableError
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


class Together(HashedWords):
    """Counts how many batches it embeds at once; with `breaks` it fails at that one."""

    def __init__(self, breaks: int | None = None) -> None:
        self.now = self.most = self.batches = 0
        self._breaks = breaks

    async def embed(self, texts: Sequence[str]) -> NDArray[numpy.float32]:
        self.now += 1
        self.batches += 1
        self.most = max(self.most, self.now)
        if self.batches == self._breaks:
            raise ModelUnreachableError("it is gone", remedy="start it")
        await asyncio.sleep(0)
        self.now -= 1
        return await super().embed(texts)


TEXTS = [f"harbour {number} of ships" for number in range(200)]


def test_batches_are_embedded_at_once_and_each_text_has_its_own_vector(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []

    def embed(cache: str, embedder: HashedWords, at_once: int) -> NDArray[numpy.float32]:
        return asyncio.run(
            embed_texts(
                TEXTS,
                embedder,
                tmp_path / cache,
                progress=lambda done, total: heard.append((done, total)),
                at_once=at_once,
            )
        )

    three = Together()
    assert numpy.array_equal(embed("one", Together(), 1), embed("three", three, 3))
    assert (three.most, three.batches) == (3, 7)
    assert heard[-1] == (200, 200)
    embed("three", again := Together(), 3)
    assert again.batches == 0


def test_a_batch_that_fails_among_others_raises_its_own_error_and_what_was_embedded_stays(
    tmp_path: Path,
) -> None:
    def embed(embedder: HashedWords) -> None:
        asyncio.run(
            embed_texts(TEXTS, embedder, tmp_path / "c", progress=lambda done, total: None, at_once=2)
        )

    with pytest.raises(ModelUnreachableError, match="it is gone"):
        embed(Together(breaks=5))

    embed(rest := Together())
    assert 0 < rest.batches < 7
