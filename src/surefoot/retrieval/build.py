"""Build a snapshot beside the old ones and swap it in whole: a failed or killed build loses nothing."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy

from surefoot.errors import SnapshotError
from surefoot.records import Json, Passage, digest
from surefoot.retrieval.corpora import Corpus
from surefoot.retrieval.cutting import cut_documents
from surefoot.retrieval.documents import (
    DocumentReport,
    Scan,
    nothing_to_read,
    scan_corpus,
)
from surefoot.retrieval.embeddings import embed_texts
from surefoot.retrieval.folders import cannot_write, owned_folder, publish, remove_abandoned, settle
from surefoot.retrieval.ports import Embedder, Engine
from surefoot.retrieval.recipes import Recipe
from surefoot.retrieval.snapshots import (
    CHROMA,
    DOCUMENTS,
    OWNERS,
    PASSAGES,
    VECTORS,
    WORDS,
    SnapshotInfo,
    point_live,
    read_snapshot,
    snapshot_inputs,
    verify_snapshot,
    write_manifest,
)
from surefoot.retrieval.stored_rows import rows_of
from surefoot.retrieval.vector_texts import row_ids, search_text, vector_texts

BUILDING = ".building-"
CACHE = "embeddings.sqlite"

Stage = Literal["bring", "read", "cut", "embed", "index", "store"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildProgress:
    """How far a stage is. `done` and `total` count documents.

    `bring` counts the pages and repositories of a source, `embed` passages, `index` and `store` vectors.
    """

    stage: Stage
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What a build led to. `reused` says that the snapshot was there already.

    `documents` has a line for every document, taken or skipped; hidden and unmatched files are only counted.
    `notes` says what lies elsewhere and could not be brought anew, so that its earlier copy was read.
    """

    snapshot: SnapshotInfo
    reused: bool
    documents: tuple[DocumentReport, ...]
    hidden: int
    unmatched: int
    notes: tuple[str, ...] = ()


Listener = Callable[[BuildProgress], None]


async def build_snapshot(
    corpus: Corpus, recipe: Recipe, embedder: Embedder, folder: Path, *, engine: Engine, progress: Listener
) -> BuildReport:
    """Make the snapshot of the corpus as it is now, and make it live for this corpus and recipe.

    One that exists and is whole is used as it is. Until the last step the old one stays live. `progress` is
    called on the event loop. Raises SnapshotError, and what the embedder raises.
    """
    progress(BuildProgress(stage="read", done=0, total=0))
    scan = await asyncio.to_thread(scan_corpus, corpus)
    progress(BuildProgress(stage="read", done=len(scan.documents), total=len(scan.documents)))
    inputs = snapshot_inputs(scan, recipe, embedder)
    target = folder / digest(inputs)
    try:
        snapshot = await asyncio.to_thread(_whole_snapshot, target)
        reused = snapshot is not None
        if snapshot is None:
            await asyncio.to_thread(remove_abandoned, folder, BUILDING)
            snapshot = await _build(corpus, scan, recipe, embedder, target, inputs, engine, progress)
        await _store(snapshot, engine, progress)
        await asyncio.to_thread(point_live, folder, corpus.name, recipe.name, snapshot.digest)
    except OSError as problem:
        raise cannot_write(problem, folder) from problem
    return BuildReport(
        snapshot=snapshot,
        reused=reused,
        documents=_reports(scan, snapshot),
        hidden=scan.hidden,
        unmatched=scan.unmatched,
    )


def passages_digest(passages: tuple[Passage, ...]) -> str:
    """What can be retrieved, whatever built it: the digest of the passages' ids in order."""
    return digest([passage.id for passage in passages])


async def _build(
    corpus: Corpus,
    scan: Scan,
    recipe: Recipe,
    embedder: Embedder,
    target: Path,
    inputs: Mapping[str, Json],
    engine: Engine,
    progress: Listener,
) -> SnapshotInfo:
    cut = await cut_documents(
        scan,
        recipe,
        engine,
        lambda done, total: progress(BuildProgress(stage="cut", done=done, total=total)),
    )
    documents = cut.documents
    passages = tuple(passage for document in documents for passage in document.passages)
    if not passages:
        raise nothing_to_read(corpus, scan, cut.unread)
    headers = recipe.chunking.headers
    texts = [search_text(passage, headers) for passage in passages]
    embedded, owners = vector_texts(passages, recipe.dense.window_words, headers)
    target.parent.mkdir(parents=True, exist_ok=True)
    loop = asyncio.get_running_loop()
    vectors = await embed_texts(
        embedded,
        embedder,
        target.parent / CACHE,
        progress=lambda done, total: progress(BuildProgress(stage="embed", done=done, total=total)),
        at_once=engine.workers,
    )

    def indexed(done: int, total: int) -> None:
        if done < total:  # the last is told once the snapshot is there
            loop.call_soon_threadsafe(progress, BuildProgress(stage="index", done=done, total=total))

    def write(folder: Path) -> None:
        engine.files.write_passages(folder / PASSAGES, passages)
        engine.files.write_documents(folder / DOCUMENTS, documents)
        numpy.save(folder / VECTORS, vectors, allow_pickle=False)
        numpy.save(folder / OWNERS, owners, allow_pickle=False)
        for leg in (WORDS, CHROMA):
            (folder / leg).mkdir()
        engine.words.write(folder / WORDS, texts, recipe.lexical)
        if engine.store is None:
            rows = row_ids([passage.id for passage in passages], owners)
            engine.vectors.write(folder / CHROMA, rows, vectors, indexed)
        write_manifest(
            folder,
            inputs,
            dimensions=embedder.dimensions,
            document_passages={document.source: len(document.passages) for document in documents},
            unread=cut.unread,
            suspicions=cut.suspicions,
            passages_digest=passages_digest(passages),
        )
        settle(folder)
        _swap_in(folder, target)

    progress(BuildProgress(stage="index", done=0, total=len(vectors)))
    with owned_folder(target.parent, f"{BUILDING}{target.name[:16]}-") as folder:
        await asyncio.to_thread(write, folder)
    progress(BuildProgress(stage="index", done=len(vectors), total=len(vectors)))
    return read_snapshot(target)


async def _store(snapshot: SnapshotInfo, engine: Engine, progress: Listener) -> None:
    """Fill the vector store elsewhere, where there is one, before the snapshot is live."""
    store, loop = engine.store, asyncio.get_running_loop()
    if store is None:
        return

    def told(done: int, total: int) -> None:
        loop.call_soon_threadsafe(progress, BuildProgress(stage="store", done=done, total=total))

    def publish() -> None:
        store.publish(rows_of(snapshot, engine.files.read_passages(snapshot.path / PASSAGES)), told)

    await asyncio.to_thread(publish)


def _whole_snapshot(target: Path) -> SnapshotInfo | None:
    """The snapshot if it is there and whole; None when it must be built."""
    try:
        return verify_snapshot(target)
    except SnapshotError:
        return None


def _swap_in(folder: Path, target: Path) -> None:
    """Publish; where another build was quicker its snapshot is used, unless that is a damaged one."""
    if publish(folder, target) or _whole_snapshot(target):
        return
    with owned_folder(target.parent, BUILDING) as aside:
        target.rename(aside / "damaged")
        publish(folder, target)


def _reports(scan: Scan, snapshot: SnapshotInfo) -> tuple[DocumentReport, ...]:
    read = [
        DocumentReport(source=source, outcome="taken", passages=count)
        for source, count in snapshot.document_passages.items()
    ]
    unread = [
        DocumentReport(source=source, outcome="skipped", reason=reason)
        for source, reason in snapshot.unread.items()
    ]
    return tuple(sorted([*read, *unread, *scan.skipped], key=lambda report: report.source))
