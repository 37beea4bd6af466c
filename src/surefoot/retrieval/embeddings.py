"""Vectors by content: what was embedded once, by the same embedder, is never embedded again.

The cache is an SQLite file beside the snapshots, written batch by batch, so a build that is killed or whose
documents were edited goes on from there. It can be deleted at any time.
"""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy
from numpy.typing import NDArray

from surefoot.errors import SnapshotError
from surefoot.records import digest_bytes
from surefoot.retrieval.at_once import at_the_same_time
from surefoot.retrieval.ports import Embedder

Vectors = NDArray[numpy.float32]
BATCH = 32
LOOKUP = 500
WAIT_SECONDS = 60
TABLE = """
CREATE TABLE IF NOT EXISTS embeddings (
    embedder TEXT NOT NULL, text TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (embedder, text)
) WITHOUT ROWID
"""


async def embed_texts(
    texts: Sequence[str],
    embedder: Embedder,
    cache: Path,
    *,
    progress: Callable[[int, int], None],
    at_once: int = 1,
) -> Vectors:
    """A vector for each text, float32 [texts, dimensions]; `progress` hears of texts done and in all.

    Up to `at_once` batches are embedded at the same time; which texts share one does not hang on that.
    Raises SnapshotError when the embedder returns another shape than it promised.
    """
    digests = [digest_bytes(text.encode()) for text in texts]
    connection = await asyncio.to_thread(_open, cache)
    try:
        known = await asyncio.to_thread(_known, connection, embedder, digests)
        missing = {key: text for key, text in zip(digests, texts, strict=True) if key not in known}
        # Texts of like length share a batch: padding costs as much as text.
        waiting = sorted(missing, key=lambda key: (len(missing[key]), key))
        done = len(texts) - len(waiting)
        progress(done, len(texts))
        batches = iter([waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH)])
        writing = asyncio.Lock()

        async def work() -> None:
            nonlocal done
            for batch in batches:
                vectors = checked(await embedder.embed([missing[key] for key in batch]), len(batch), embedder)
                fresh = dict(zip(batch, vectors, strict=True))
                async with writing:
                    await asyncio.to_thread(_keep, connection, embedder, fresh)
                known.update(fresh)
                done += len(batch)
                progress(done, len(texts))

        await at_the_same_time(work, at_once)
    finally:
        await asyncio.to_thread(connection.close)
    return numpy.stack([known[key] for key in digests])


def checked(vectors: Vectors, rows: int, embedder: Embedder) -> Vectors:
    """The vectors as float32, if they have the promised shape and are numbers."""
    if vectors.shape != (rows, embedder.dimensions) or not numpy.isfinite(vectors).all():
        raise SnapshotError(
            f"the embedder {embedder.identity!r} returned vectors of shape {vectors.shape}, or not all "
            f"numbers; {(rows, embedder.dimensions)} was promised",
            remedy="Check the embedder's weights and settings; nothing was stored.",
        )
    return numpy.ascontiguousarray(vectors, dtype=numpy.float32)


def _open(cache: Path) -> sqlite3.Connection:
    """One process after the other: SQLite does not wait when two change a file's journal mode at once."""
    folder = os.open(cache.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        return _connect(cache)
    except sqlite3.OperationalError as problem:
        raise _cannot_cache(cache, problem) from problem
    except sqlite3.DatabaseError:  # damaged: it holds nothing that cannot be made again
        cache.unlink(missing_ok=True)
        return _connect(cache)
    finally:
        os.close(folder)


def _connect(cache: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(cache, timeout=WAIT_SECONDS, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(TABLE)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _known(connection: sqlite3.Connection, embedder: Embedder, digests: Sequence[str]) -> dict[str, Vectors]:
    known: dict[str, Vectors] = {}
    for start in range(0, len(digests), LOOKUP):
        some = digests[start : start + LOOKUP]
        marks = ", ".join("?" * len(some))
        query = f"SELECT text, vector FROM embeddings WHERE embedder = ? AND text IN ({marks})"  # noqa: S608 (only question marks go in)
        for text, blob in connection.execute(query, (embedder.identity, *some)):
            if len(blob) == embedder.dimensions * 4:
                known[text] = numpy.frombuffer(blob, dtype="<f4")
    return known


def _keep(connection: sqlite3.Connection, embedder: Embedder, vectors: Mapping[str, Vectors]) -> None:
    rows = [(embedder.identity, text, vector.astype("<f4").tobytes()) for text, vector in vectors.items()]
    try:
        with connection:
            connection.executemany("INSERT OR REPLACE INTO embeddings VALUES (?, ?, ?)", rows)
    except sqlite3.OperationalError as problem:
        raise _cannot_cache(Path("embeddings.sqlite"), problem) from problem


def _cannot_cache(cache: Path, problem: sqlite3.Error) -> SnapshotError:
    return SnapshotError(
        f"the embedding cache {str(cache)!r} cannot be written: {problem}",
        remedy="Free disk space, or let this user write there; then build again.",
    )
