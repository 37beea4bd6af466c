"""The dense leg: an embedded Chroma collection of ids and vectors, in cosine space.

Chroma writes while it reads and is not process-safe (chroma #3792), so it is opened on a scratch copy only.
"""

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

import chromadb
import numpy
from chromadb.api.client import Client
from chromadb.api.types import QueryResult
from chromadb.config import Settings
from chromadb.errors import ChromaError
from numpy.typing import NDArray

COLLECTION = "passages"
# Wider than Chroma's own 100: near-duplicates crowd a neighbourhood, and recall is worth a millisecond.
BREADTH = 200
ROWS_PER_BATCH = 1_000


class ChromaVectors:
    """Builds and opens Chroma folders. Telemetry is off, and nothing is embedded by Chroma itself."""

    def write(
        self,
        folder: Path,
        ids: Sequence[str],
        vectors: NDArray[numpy.float32],
        told: Callable[[int, int], None],
    ) -> None:
        """Build the collection in an empty folder and let go of it. OSError for a disk that refuses."""
        with _told_as_os_error(), closing(_client(folder)) as client:
            collection = client.create_collection(
                COLLECTION,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine", "ef_construction": BREADTH, "ef_search": BREADTH}},
            )
            batch = min(client.get_max_batch_size(), ROWS_PER_BATCH)
            for start in range(0, len(ids), batch):
                end = min(start + batch, len(ids))
                collection.add(ids=list(ids[start:end]), embeddings=vectors[start:end])
                told(end, len(ids))

    def open(self, folder: Path) -> "OpenChroma":
        """Open a folder that belongs to this process alone. Raises OSError for a disk that refuses."""
        with _told_as_os_error():
            return OpenChroma(_client(folder))


class OpenChroma:
    """An open collection; `close` lets go of its files."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._collection = client.get_collection(COLLECTION, embedding_function=None)
        self._count = self._collection.count()

    def search(self, vector: NDArray[numpy.float32], limit: int) -> tuple[str, ...]:
        """Ids of the nearest passages, nearest first; equal distances by id."""
        found: QueryResult = self._collection.query(
            query_embeddings=vector.reshape(1, -1),
            n_results=min(limit, self._count),
            include=["distances"],
        )
        distances = (found["distances"] or [[]])[0]
        return tuple(found_id for _, found_id in sorted(zip(distances, found["ids"][0], strict=True)))

    def close(self) -> None:
        """Let go of the folder."""
        self._client.close()


@contextmanager
def _told_as_os_error() -> Iterator[None]:
    """Chroma tells of a full disk by errors of its own; here nothing else is asked of it than to write."""
    try:
        yield
    except ChromaError as problem:
        raise OSError(errno.EIO, f"Chroma's files: {problem}") from problem


def _client(folder: Path) -> Client:
    # _env_file: Chroma would read a .env of the folder surefoot happens to be started in.
    settings = Settings(_env_file=None, anonymized_telemetry=False)
    return cast(Client, chromadb.PersistentClient(path=str(folder), settings=settings))
