"""What the tests of this room share: the real engine, a small embedder, and folders of documents."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy
from numpy.typing import NDArray
from tests.fakes.embedder import HashedWords
from tests.retrieval.deadly_reading import WholeDocuments

from surefoot.records import RankedPassage
from surefoot.retrieval import Corpus, Engine, Recipe, Source
from surefoot.retrieval.bm25s_lexical import Bm25sLexical
from surefoot.retrieval.build import BuildProgress, BuildReport, build_snapshot
from surefoot.retrieval.chroma_vectors import ChromaVectors
from surefoot.retrieval.llama_index_documents import LlamaIndexDocuments
from surefoot.retrieval.llama_index_legs import NamedRetrievers
from surefoot.retrieval.llama_index_readers import read_by_named
from surefoot.retrieval.passages_file import ParquetPassages
from surefoot.retrieval.ports import DocumentReader
from surefoot.retrieval.readers import FileReaders
from surefoot.retrieval.searching import open_snapshot

PROJECT = Path(__file__).parents[2]
RECIPE = Recipe(name="default")


class CountingWords(HashedWords):
    """Hashed words that keep what they were asked to embed, under an identity of one's choice."""

    def __init__(self, identity: str = "hashed-words-64", dimensions: int = 64) -> None:
        self.identity = identity
        self.dimensions = dimensions
        self.embedded: list[str] = []

    async def embed(self, texts: Sequence[str]) -> NDArray[numpy.float32]:
        self.embedded += texts
        return await super().embed(texts)


def real_engine() -> Engine:
    return Engine(
        reader=FileReaders(read_by_named),
        parser=LlamaIndexDocuments(),
        vectors=ChromaVectors(),
        words=Bm25sLexical(),
        files=ParquetPassages(),
        named=NamedRetrievers(),
    )


def write_documents(folder: Path, documents: Mapping[str, str | bytes]) -> Corpus:
    for name, content in documents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Corpus(name="notes", sources=(Source(path=folder),))


async def build(
    corpus: Corpus, folder: Path, embedder: CountingWords | None = None, recipe: Recipe = RECIPE
) -> BuildReport:
    return await build_snapshot(
        corpus, recipe, embedder or CountingWords(), folder, engine=real_engine(), progress=unheard
    )


async def build_with(reader: DocumentReader, corpus: Corpus, folder: Path, workers: int) -> BuildReport:
    """Build with another reader, each document a passage, in so many processes."""
    engine = replace(real_engine(), reader=reader, parser=WholeDocuments(), workers=workers)
    return await build_snapshot(corpus, RECIPE, CountingWords(), folder, engine=engine, progress=unheard)


async def found(
    snapshot: Path, question: str, scratch: Path, recipe: Recipe = RECIPE
) -> tuple[RankedPassage, ...]:
    opened = await open_snapshot(snapshot, recipe, CountingWords(), scratch, engine=real_engine())
    try:
        return await opened.search(question, limit=4)
    finally:
        await opened.aclose()


def unheard(progress: BuildProgress) -> None:
    """A listener for tests that do not listen."""
