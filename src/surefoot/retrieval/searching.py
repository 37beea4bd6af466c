"""Open a snapshot and search it: by meaning and by words at once, fused by rank."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy
from numpy.typing import NDArray

from surefoot.errors import InputError, NotFoundError, SnapshotError
from surefoot.records import EVERYBODY, Passage, RankedPassage, Reach
from surefoot.retrieval.choosing import Candidate, choose
from surefoot.retrieval.embeddings import checked
from surefoot.retrieval.folders import cannot_write, owned_folder, remove_abandoned
from surefoot.retrieval.fusion import Ranking, fuse
from surefoot.retrieval.keeping import held_open
from surefoot.retrieval.ports import (
    Embedder,
    Engine,
    LexicalHit,
    OpenLeg,
    OpenVectors,
    OpenWords,
)
from surefoot.retrieval.readership import Readership, Within
from surefoot.retrieval.recipes import Recipe
from surefoot.retrieval.reranking import check_reranker
from surefoot.retrieval.snapshots import (
    CHROMA,
    DOCUMENTS,
    PASSAGES,
    WORDS,
    SnapshotInfo,
    file_digests,
    verify_snapshot,
)
from surefoot.retrieval.stored_rows import rows_of
from surefoot.retrieval.vector_texts import passage_of_row, search_text
from surefoot.retrieval.vectors_file import StoredVectors
from surefoot.retrieval.widening import widened

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
    """A snapshot that is open. `digest` is its name; `passages_digest` covers what can be found in it.

    `recipe_digest` is that of the recipe it is searched by.
    """

    def __init__(
        self,
        info: SnapshotInfo,
        recipe: Recipe,
        embedder: Embedder,
        *,
        engine: Engine,
        passages: Sequence[Passage],
        vectors: OpenVectors,
        words: OpenWords,
        folders: ExitStack,
    ) -> None:
        self._reranker = engine.reranker
        self.digest = info.digest
        self.passages_digest = info.passages_digest
        self.recipe_digest = recipe.digest
        self._documents_path = info.path / DOCUMENTS
        self._recipe = recipe
        self._embedder = embedder
        self._files = engine.files
        self._passages = passages
        self._positions: Mapping[str, int] = {one.id: at for at, one in enumerate(self._passages)}
        self._stored = StoredVectors(info.path)
        self._readership = Readership(self._passages)
        self._named = self._opened_leg(engine)
        self._vectors = vectors
        self._words = words
        self._folders = folders
        self._open = True

    async def search(
        self, question: str, *, limit: int, reach: Reach = EVERYBODY
    ) -> tuple[RankedPassage, ...]:
        """At most `limit` passages, best first; none for a blank question. Any text may be asked.

        Only passages within `reach` take part: others change neither what is found nor its scores' order.
        Raises InputError for a limit below 1, SnapshotError once closed, and what the embedder raises.
        """
        if limit < 1:
            raise InputError(f"limit is {limit!r}", remedy="Ask for at least 1 passage.")
        if not self._open:
            raise SnapshotError(f"the snapshot {self.digest!r} is closed", remedy="Open it again.")
        asked = question.encode(errors="replace").decode()  # half a surrogate pair is no text
        if not asked.strip():
            return ()
        within = self._readership.within(reach)
        (vector, near), hits, others = await asyncio.gather(
            self._by_meaning(asked, within), self._by_words(asked, within), self._by_named(asked, within)
        )
        worded = {self._passages[hit.position].id: hit.score for hit in hits}
        rankings = [
            Ranking(ids=near, weight=self._recipe.dense.weight),
            Ranking(ids=tuple(worded), weight=self._recipe.lexical.weight),
        ]
        if self._recipe.named is not None:
            rankings.append(Ranking(ids=others, weight=self._recipe.named.weight))
        fused = fuse(rankings, rrf_k=self._recipe.rrf_k)
        candidates = [Candidate(passage=self.passage(one.id), score=one.score) for one in fused]
        chosen = choose(
            await self._reranked(asked, candidates),
            self._recipe.choice,
            limit=limit,
            cosine=self._cosine_of,
        )
        shown = await self._widened([one.passage for one in chosen])
        return tuple(
            RankedPassage(
                passage=passage,
                score=one.score,
                similarity=None if vector is None else self._similarity(one.passage.id, vector),
                lexical_score=worded.get(one.passage.id),
            )
            for one, passage in zip(chosen, shown, strict=True)
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
            if self._reranker is not None:
                await self._reranker.aclose()
            await asyncio.to_thread(self._folders.close)

    def _opened_leg(self, engine: Engine) -> OpenLeg | None:
        if self._recipe.named is None:
            return None
        texts = [search_text(one, self._recipe.chunking.headers) for one in self._passages]
        return engine.named.open(
            self._recipe.named, self._passages, texts, self._stored.firsts(), self._embedder
        )

    async def _reranked(self, question: str, found: Sequence[Candidate]) -> Sequence[Candidate]:
        """The first of them in the reranker's order, with its scores; as they are without one."""
        if self._reranker is None or self._recipe.rerank is None:
            return found
        first = found[: self._recipe.rerank.candidates]
        texts = [search_text(one.passage, self._recipe.chunking.headers) for one in first]
        scores = await self._reranker.scores(question, texts)
        order = sorted(range(len(first)), key=lambda at: (-scores[at], at))
        return [Candidate(passage=first[at].passage, score=scores[at]) for at in order]

    async def _widened(self, found: Sequence[Passage]) -> tuple[Passage, ...]:
        """Each with what stands around it, if the recipe asks for it, none of it twice."""
        reach = self._recipe.choice.neighbours
        if reach == 0:
            return tuple(found)
        places = [self._positions[one.id] for one in found]
        texts = {one.source: await self.document_text(one.source) for one in found}
        return widened(self._passages, places, reach, texts)

    async def _by_meaning(
        self, question: str, within: Within | None
    ) -> tuple[Vectors | None, tuple[str, ...]]:
        """The nearest passages, each once: where it has several vectors, by the nearest of them.

        Among some passages alone every one is compared, so that none is missed for those out of reach.
        """
        if self._recipe.dense.weight == 0:
            return None, ()
        vector = checked(await self._embedder.embed([question]), 1, self._embedder)[0]
        wanted = self._recipe.dense.candidates
        if within is not None:
            places = await asyncio.to_thread(self._stored.nearest, vector, within, wanted)
            return vector, tuple(self._passages[place].id for place in places)
        rows = await asyncio.to_thread(self._vectors.search, vector, wanted * self._stored.most_rows)
        return vector, tuple(dict.fromkeys(map(passage_of_row, rows)))[:wanted]

    async def _by_words(self, question: str, within: Within | None) -> tuple[LexicalHit, ...]:
        if self._recipe.lexical.weight == 0:
            return ()
        return await asyncio.to_thread(
            self._words.search, question, self._recipe.lexical.candidates, within=within
        )

    async def _by_named(self, question: str, within: Within | None) -> tuple[str, ...]:
        """What the recipe's own leg finds of the passages that are there and within reach."""
        if self._named is None or self._recipe.named is None:
            return ()
        found = [one for one in await self._named.search(question) if one in self._positions]
        readable = [one for one in found if within is None or within[self._positions[one]]]
        return tuple(readable[: self._recipe.named.candidates])

    def _similarity(self, passage_id: str, vector: Vectors) -> float:
        """The cosine, from the stored vectors, so that both legs' passages have it."""
        return self._stored.cosine(self._positions[passage_id], vector)

    def _cosine_of(self, one: str, other: str) -> float:
        return self._stored.likeness(self._positions[one], self._positions[other])


def _open(
    path: Path, recipe: Recipe, embedder: Embedder, scratch: Path, engine: Engine
) -> SearchableSnapshot:
    with ExitStack() as opening:
        opening.enter_context(held_open(path))
        info = verify_snapshot(path)
        _check_fit(info, recipe, embedder)
        check_reranker(recipe, engine.reranker)
        passages = engine.files.read_passages(path / PASSAGES)
        if engine.store is None:
            vectors = _open_own(info, passages, scratch, engine, opening)
        else:
            vectors = engine.store.open(rows_of(info, passages))
        opening.callback(vectors.close)
        words = engine.words.open(path / WORDS, recipe.lexical)
        return SearchableSnapshot(
            info,
            recipe,
            embedder,
            engine=engine,
            passages=passages,
            vectors=vectors,
            words=words,
            folders=opening.pop_all(),
        )


def _open_own(
    info: SnapshotInfo, passages: Sequence[Passage], scratch: Path, engine: Engine, opening: ExitStack
) -> OpenVectors:
    """The snapshot's own index, from a copy that lives as long as `opening`.

    A snapshot that was built for a vector store elsewhere has none: it is made here, of the vectors it has.
    """
    try:
        remove_abandoned(scratch, SCRATCH)
        copy = opening.enter_context(owned_folder(scratch, SCRATCH)) / CHROMA
        if any(name.startswith(f"{CHROMA}/") for name in file_digests(info.path)):
            shutil.copytree(info.path / CHROMA, copy, copy_function=shutil.copyfile)
        else:
            copy.mkdir()
            rows = rows_of(info, passages)
            engine.vectors.write(copy, rows.ids, rows.vectors, lambda done, total: None)
        return engine.vectors.open(copy)
    except OSError as problem:
        raise cannot_write(problem, scratch) from problem


def _check_fit(info: SnapshotInfo, recipe: Recipe, embedder: Embedder) -> None:
    if (info.embedder, info.dimensions) != (embedder.identity, embedder.dimensions):
        raise SnapshotError(
            f"the snapshot {info.digest[:12]!r} was built with the embedder {info.embedder!r} of "
            f"{info.dimensions} dimensions, and this one is {embedder.identity!r} of {embedder.dimensions}",
            remedy="Use the embedder it was built with, or run `surefoot index build` with this one.",
        )
    if info.recipe != recipe.index_digest:
        raise SnapshotError(
            f"the snapshot {info.digest[:12]!r} was not cut and indexed as the recipe {recipe.name!r} says",
            remedy="Use the recipe it was built with, or run `surefoot index build` with this one.",
        )
