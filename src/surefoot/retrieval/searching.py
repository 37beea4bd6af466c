"""Open a snapshot and search it: by meaning and by words at once, fused by rank."""

import asyncio
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy
from numpy.typing import NDArray

from surefoot.errors import InputError, NotFoundError, SnapshotError
from surefoot.records import Passage, RankedPassage
from surefoot.retrieval.embeddings import checked
from surefoot.retrieval.folders import cannot_write, owned_folder, remove_abandoned
from surefoot.retrieval.fusion import Ranking, fuse
from surefoot.retrieval.ports import Embedder, Engine, LexicalHit, OpenVectors, OpenWords, PassageFiles
from surefoot.retrieval.recipes import Recipe
from surefoot.retrieval.snapshots import (
    CHROMA,
    DOCUMENTS,
    PASSAGES,
    VECTORS,
    WORDS,
    SnapshotInfo,
    verify_snapshot,
)

Vectors = NDArray[numpy.float32]
SCRATCH = "chroma-"


async def open_snapshot(
    path: Path, recipe: Recipe, embedder: Embedder, scratch: Path, *, engine: Engine
) -> "SearchableSnapshot":
    """Open a snapshot to search it, with the recipe and the embedder it was built with.

    Every file is checked first. `scratch` is a folder for this process's copy of the Chroma folder; copies
    that dead processes left there are removed. Raises SnapshotError.
    """
    return await asyncio.to_thread(_open, path, recipe, embedder, scratch, engine)


class SearchableSnapshot:
    """A snapshot that is open. `digest` is its name; `passages_digest` covers what can be found in it."""

    def __init__(
        self,
        info: SnapshotInfo,
        recipe: Recipe,
        embedder: Embedder,
        *,
        files: PassageFiles,
        vectors: OpenVectors,
        words: OpenWords,
        folders: ExitStack,
    ) -> None:
        self.digest = info.digest
        self.passages_digest = info.passages_digest
        self._documents_path = info.path / DOCUMENTS
        self._recipe = recipe
        self._embedder = embedder
        self._files = files
        self._passages = files.read_passages(info.path / PASSAGES)
        self._positions: Mapping[str, int] = {one.id: at for at, one in enumerate(self._passages)}
        self._matrix: Vectors = numpy.load(info.path / VECTORS, mmap_mode="r", allow_pickle=False)
        self._vectors = vectors
        self._words = words
        self._folders = folders
        self._open = True

    async def search(self, question: str, *, limit: int) -> tuple[RankedPassage, ...]:
        """At most `limit` passages, best first; none for a blank question. Any text may be asked.

        Raises InputError for a limit below 1, SnapshotError once closed, and what the embedder raises.
        """
        if limit < 1:
            raise InputError(f"limit is {limit!r}", remedy="Ask for at least 1 passage.")
        if not self._open:
            raise SnapshotError(f"the snapshot {self.digest!r} is closed", remedy="Open it again.")
        asked = question.encode(errors="replace").decode()  # half a surrogate pair is no text
        if not asked.strip():
            return ()
        (vector, near), hits = await asyncio.gather(self._by_meaning(asked), self._by_words(asked))
        worded = {self._passages[hit.position].id: hit.score for hit in hits}
        rankings = [
            Ranking(ids=near, weight=self._recipe.dense.weight),
            Ranking(ids=tuple(worded), weight=self._recipe.lexical.weight),
        ]
        return tuple(
            RankedPassage(
                passage=self.passage(fused.id),
                score=fused.score,
                similarity=self._similarity(fused.id, vector),
                lexical_score=worded.get(fused.id),
            )
            for fused in fuse(rankings, rrf_k=self._recipe.rrf_k, limit=limit)
        )

    def passage(self, passage_id: str) -> Passage:
        """The passage of this id. Raises NotFoundError."""
        position = self._positions.get(passage_id)
        if position is None:
            raise NotFoundError(
                f"the snapshot {self.digest[:12]!r} has no passage {passage_id!r}",
                remedy="Ids change with a document's text: search again.",
            )
        return self._passages[position]

    async def document_text(self, source: str) -> str:
        """A document's whole text, into which passages' spans point. Raises NotFoundError."""
        text = await asyncio.to_thread(self._files.read_document, self._documents_path, source)
        if text is None:
            raise NotFoundError(
                f"the snapshot {self.digest[:12]!r} has no document {source!r}",
                remedy="Use the source of one of its passages.",
            )
        return text

    async def aclose(self) -> None:
        """Let go of the scratch copy. Closing twice is fine."""
        if self._open:
            self._open = False
            await asyncio.to_thread(self._folders.close)

    async def _by_meaning(self, question: str) -> tuple[Vectors | None, tuple[str, ...]]:
        if self._recipe.dense.weight == 0:
            return None, ()
        vector = checked(await self._embedder.embed([question]), 1, self._embedder)[0]
        near = await asyncio.to_thread(self._vectors.search, vector, self._recipe.dense.candidates)
        return vector, near

    async def _by_words(self, question: str) -> tuple[LexicalHit, ...]:
        if self._recipe.lexical.weight == 0:
            return ()
        return await asyncio.to_thread(self._words.search, question, self._recipe.lexical.candidates)

    def _similarity(self, passage_id: str, vector: Vectors | None) -> float | None:
        """The cosine, from the stored vectors, so that both legs' passages have it."""
        if vector is None:
            return None
        cosine = float(numpy.dot(self._matrix[self._positions[passage_id]], vector))
        return max(-1.0, min(1.0, cosine))


def _open(
    path: Path, recipe: Recipe, embedder: Embedder, scratch: Path, engine: Engine
) -> SearchableSnapshot:
    info = verify_snapshot(path)
    _check_fit(info, recipe, embedder)
    with ExitStack() as opening:
        try:
            remove_abandoned(scratch, SCRATCH)
            copy = opening.enter_context(owned_folder(scratch, SCRATCH)) / CHROMA
            shutil.copytree(path / CHROMA, copy, copy_function=shutil.copyfile)
        except OSError as problem:
            raise cannot_write(problem, scratch) from problem
        vectors = engine.vectors.open(copy)
        opening.callback(vectors.close)
        words = engine.words.open(path / WORDS, recipe.lexical)
        return SearchableSnapshot(
            info,
            recipe,
            embedder,
            files=engine.files,
            vectors=vectors,
            words=words,
            folders=opening.pop_all(),
        )


def _check_fit(info: SnapshotInfo, recipe: Recipe, embedder: Embedder) -> None:
    if (info.embedder, info.dimensions) != (embedder.identity, embedder.dimensions):
        raise SnapshotError(
            f"the snapshot {info.digest[:12]!r} was built with the embedder {info.embedder!r} of "
            f"{info.dimensions} dimensions, and this one is {embedder.identity!r} of {embedder.dimensions}",
            remedy="Use the embedder it was built with, or run `surefoot index build` with this one.",
        )
    if info.recipe != recipe.digest:
        raise SnapshotError(
            f"the snapshot {info.digest[:12]!r} was built with the recipe {info.recipe[:12]!r}, "
            f"and {recipe.name!r} is {recipe.digest[:12]!r}",
            remedy="Use the recipe it was built with, or run `surefoot index build` with this one.",
        )
