"""What retrieval asks of the outside: an embedder, and the vendors that cut, store and search.

Each vendor is one file of this room; `wiring` puts them together into an `Engine`. numpy is named here for
type checkers alone, so importing the ports loads nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from surefoot.records import Passage
from surefoot.retrieval.recipes import Chunking, LexicalLeg, Named, NamedLeg

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Vectors: TypeAlias = NDArray[numpy.float32]

Structure = Literal["markdown", "text", "rows", "code"]


class Embedder(Protocol):
    """Turns texts into vectors of length 1. Equal `identity` means equal vectors, whoever computes them."""

    @property
    def identity(self) -> str:
        """Digest of everything that decides the vectors."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 of shape [texts, dimensions], rows normalised. Raises ModelError."""
        ...


class Reranker(Protocol):
    """Says how well texts answer a question, by reading each beside it."""

    @property
    def model(self) -> str:
        """What a recipe calls it."""
        ...

    @property
    def sha256(self) -> str:
        """Digest of everything that decides its scores, or nothing where a server does not say."""
        ...

    async def scores(self, question: str, texts: Sequence[str]) -> tuple[float, ...]:
        """A score for each text, in their order; higher answers better. Raises ModelError."""
        ...

    async def aclose(self) -> None:
        """Let go of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadText:
    """What a reader made of a file's bytes: its text, and what tells where to cut that.

    `structure` is how the text shows headings: in Markdown's way, underlined, or, for source code, by its
    syntax in `language`; `rows` are records apart by a blank line. `pages` has the offset where each page
    begins, and is empty where there are none. `metadata` is what the file says of itself.
    """

    text: str
    structure: Structure
    language: str = ""
    pages: tuple[int, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


class DocumentReader(Protocol):
    """Reads files."""

    def read(self, content: bytes, name: str, named: Named | None = None) -> ReadText:
        """The text of the file of that name, by a reader of LlamaIndex's where one is named.

        Raises ValueError with the reason when there is none.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDocument:
    """A document as it was read, and its passages in order. No passages: it holds no readable text."""

    source: str
    text: str
    passages: tuple[Passage, ...]


class Tokens(Protocol):
    """How an embedder sees text."""

    @property
    def most(self) -> int:
        """The most tokens of a text that it reads."""
        ...

    def spans(self, texts: Sequence[str]) -> Sequence[Sequence[tuple[int, int]]]:
        """Where each token of each text begins and ends, in characters and in order."""
        ...


class DocumentParser(Protocol):
    """Cuts a document's text into passages."""

    def parse(self, source: str, read: ReadText, chunking: Chunking) -> ParsedDocument:
        """The document with its passages. Raises ValueError with the reason when it cannot be cut."""
        ...


class OpenVectors(Protocol):
    """A dense index that is open."""

    def search(self, vector: Vectors, limit: int) -> tuple[str, ...]:
        """Ids of the nearest passages by cosine, nearest first."""
        ...

    def close(self) -> None:
        """Let go of its files."""
        ...


class VectorIndex(Protocol):
    """Builds and opens the dense leg."""

    def write(
        self, folder: Path, ids: Sequence[str], vectors: Vectors, told: Callable[[int, int], None]
    ) -> None:
        """Build the index in an empty folder; `vectors` has a row for each id.

        `told` hears how many rows of how many it has taken.
        """
        ...

    def open(self, folder: Path) -> OpenVectors:
        """Open a folder that this process owns: the vendor may write while it reads."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LexicalHit:
    """A passage's place in the snapshot, counted from 0, and its BM25 score."""

    position: int
    score: float


class OpenWords(Protocol):
    """A lexical index that is open."""

    def search(
        self, question: str, limit: int, *, within: NDArray[numpy.bool_] | None = None
    ) -> tuple[LexicalHit, ...]:
        """The best passages that share a word with the question, best first; equal scores by position.

        `within` says of each passage whether it takes part; all of them do without it.
        """
        ...


class OpenLeg(Protocol):
    """A further leg that is open to search."""

    async def search(self, question: str) -> tuple[str, ...]:
        """Ids of all that it finds, best first, whoever may read it. Raises SnapshotError."""
        ...


class NamedLegs(Protocol):
    """Opens the leg that a recipe names over the passages of a snapshot."""

    def open(
        self,
        leg: NamedLeg,
        passages: Sequence[Passage],
        texts: Sequence[str],
        vectors: Vectors,
        embedder: Embedder,
    ) -> OpenLeg:
        """The leg over these passages; of each `texts` is what is searched, and `vectors` has a row.

        Raises SettingsError.
        """
        ...


class LexicalIndex(Protocol):
    """Builds and opens the lexical leg."""

    def write(self, folder: Path, texts: Sequence[str], leg: LexicalLeg) -> None:
        """Build the index in an empty folder."""
        ...

    def open(self, folder: Path, leg: LexicalLeg) -> OpenWords:
        """Open it to read; nothing is written."""
        ...


class PassageFiles(Protocol):
    """Keeps passages and document texts on disk."""

    def write_passages(self, path: Path, passages: Sequence[Passage]) -> None:
        """Keep the passages, in their order."""
        ...

    def read_passages(self, path: Path) -> tuple[Passage, ...]:
        """The passages, in the order they were written."""
        ...

    def write_documents(self, path: Path, documents: Sequence[ParsedDocument]) -> None:
        """Keep the documents' texts, sorted by source."""
        ...

    def read_document(self, path: Path, source: str) -> str | None:
        """One document's text, or None when it is not there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRows:
    """The rows of a snapshot's dense leg. `vectors` has a row for each of `ids`, and may be mapped.

    `name` begins with the snapshot's digest and covers the rows: one name is the same rows for ever. `mark`
    is the digest of the ids in order, which a store keeps to say that it holds all of them.
    """

    name: str
    ids: tuple[str, ...]
    vectors: Vectors
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCollection:
    """A collection of ours in a vector store. One that is not whole was being filled, or its filler died."""

    name: str
    rows: int
    whole: bool


class VectorStore(Protocol):
    """Holds the dense leg elsewhere, in a collection for each snapshot. Raises SnapshotError alone."""

    def publish(self, rows: StoredRows, told: Callable[[int, int], None]) -> None:
        """Make sure that it holds all these rows; `told` hears how many of how many it has taken."""
        ...

    def open(self, rows: StoredRows) -> OpenVectors:
        """The collection of these rows, open to search; never one that lacks any."""
        ...

    def collections(self) -> tuple[StoredCollection, ...]:
        """Our collections, by name."""
        ...

    def remove(self, name: str) -> None:
        """Remove a collection of ours."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The vendors of this room, chosen by `wiring`.

    With a `store` the dense leg is there and in no snapshot; without one it is in `vectors`. A `reranker` is
    for the one snapshot that is opened with it, and closed with that. Documents are read and cut in up to
    `workers` processes, and as many batches embedded at once; with more than one, `reader` and `parser` can
    be pickled.
    """

    reader: DocumentReader
    parser: DocumentParser
    vectors: VectorIndex
    words: LexicalIndex
    files: PassageFiles
    named: NamedLegs
    store: VectorStore | None = None
    reranker: Reranker | None = None
    workers: int = 1
