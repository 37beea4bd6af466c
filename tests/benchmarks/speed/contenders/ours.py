# mypy: disable-error-code="import-not-found"
"""Surefoot's own way: a snapshot with both legs, hashed and flushed, then searched by the default recipe."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import numpy
from embedding import DIMENSIONS, WARM_UP, Job, Shared, asked, tell, timed

from surefoot.models.onnx_embedder import OnnxEmbedder
from surefoot.retrieval import Corpus, Embedder, Recipe, Source
from surefoot.retrieval.build import BuildProgress, build_snapshot
from surefoot.retrieval.recipes import Chunking
from surefoot.retrieval.searching import open_snapshot
from surefoot.wiring.indexing import engine

PARAGRAPHS = 500
GIVEN = Chunking(limit_words=60, minimum_words=0, overlap_words=0)


class SharedEmbedder:
    """The shared embedder behind surefoot's port."""

    identity = "e" * 64
    dimensions = DIMENSIONS
    max_tokens = 256

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def embed(self, texts: Sequence[str]) -> numpy.ndarray:
        """A row for each text."""
        return await asyncio.to_thread(self._shared, texts)


def quiet(progress: BuildProgress) -> None:
    """Progress that nobody watches."""


async def main(job: Job) -> None:
    """Do it, and tell."""
    work, recipe = Path(job.work), Recipe(name="default", chunking=Chunking() if job.documents else GIVEN)
    embedder: Embedder = SharedEmbedder(Shared(job))
    if job.documents and job.embedder:
        embedder = OnnxEmbedder(Path(job.embedder), "e" * 64)
    documents = Path(job.documents) if job.documents else _written(job.texts, work / "documents")
    corpus = Corpus(name="documents", sources=(Source(path=documents),))
    parts = engine()

    # The part of the build that is Chroma's own.
    into_chroma = parts.vectors.write

    def add(
        folder: Path, ids: Sequence[str], vectors: numpy.ndarray, told: Callable[[int, int], None]
    ) -> None:
        with timed() as adding:
            into_chroma(folder, ids, vectors, told)
        chroma.append(adding.seconds)

    chroma: list[float] = []
    parts.vectors.write = add  # type: ignore[method-assign]

    async def build() -> tuple[float, int, Path]:
        with timed() as building:
            report = await build_snapshot(
                corpus, recipe, embedder, work / "snapshots", engine=parts, progress=quiet
            )
        assert not report.snapshot.unread, report.snapshot.unread
        return building.seconds, report.snapshot.passages, report.snapshot.path

    seconds, passages, path = await build()
    again, _, _ = await build()
    bytes_kept = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    measured = {
        "passages": passages,
        "seconds": seconds,
        "rebuild_seconds": again,
        "bytes": bytes_kept,
        "chroma_seconds": sum(chroma),
    }
    if job.documents:
        tell(**measured)
        return
    snapshot = await open_snapshot(path, recipe, embedder, work / "scratch", engine=parts)
    try:
        taken = []
        for at, query in enumerate([*job.queries[:WARM_UP], *job.queries]):
            with timed() as watch:
                found = await snapshot.search(query, limit=job.shown)
            assert len(found) == job.shown, f"{len(found)} passages for {query!r}"
            if at >= WARM_UP:
                taken.append(watch.seconds)
    finally:
        await snapshot.aclose()
    tell(**measured, latencies=taken)


def _written(texts: Sequence[str], folder: Path) -> Path:
    """The passages as paragraphs of files: each is cut as it is, as two are more than a passage takes."""
    folder.mkdir(parents=True)
    for at in range(0, len(texts), PARAGRAPHS):
        file = folder / f"{at:07}.txt"
        file.write_text("\n\n".join(texts[at : at + PARAGRAPHS]) + "\n", encoding="utf-8")
    return folder


if __name__ == "__main__":
    asyncio.run(main(asked()))
