"""Documents read, cut into passages and looked over: what came of each, none of them dropped in silence."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from surefoot.retrieval.cut_document import CutDocument, Cutter, Outcome
from surefoot.retrieval.cutting_processes import cut_in_processes
from surefoot.retrieval.documents import DocumentFile, Scan
from surefoot.retrieval.ports import Engine, ParsedDocument
from surefoot.retrieval.recipes import Recipe

# Seconds of one core: to start a process that reads and cuts, and for a megabyte of each kind of document.
SECONDS_TO_START = 3.0
SECONDS_PER_MEGABYTE = 1.0
SECONDS_OF_SLOW_KINDS = {".pdf": 15.0, ".html": 2.0, ".htm": 2.0, ".rst": 2.0, ".docx": 5.0}
# One of these may never be done with, or end the process that reads it.
RISKY_KINDS = frozenset({".pdf", ".docx"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The documents that have passages, and the reason for each that has none.

    `suspicions` has by source the rules that any passage meets, whether that is marked or held back.
    """

    documents: tuple[ParsedDocument, ...]
    unread: Mapping[str, str]
    suspicions: Mapping[str, tuple[str, ...]]


async def cut_documents(
    scan: Scan, recipe: Recipe, engine: Engine, progress: Callable[[int, int], None]
) -> Cut:
    """Read and cut them, in processes of their own where that is quicker, or safer.

    What comes of it is the same however many there are, in the order of the scan; `progress` hears of the
    documents done and in all. Raises SnapshotError when a document changed since it was scanned.
    """
    cutter = Cutter(reader=engine.reader, parser=engine.parser, recipe=recipe)
    files, done = scan.documents, 0

    def one_more() -> None:
        nonlocal done
        done += 1
        progress(done, len(files))

    processes = processes_for(files, recipe, engine.workers)
    if processes:
        outcomes = await cut_in_processes(files, cutter, processes, one_more)
    else:
        outcomes = []
        for file in files:
            outcomes.append(await asyncio.to_thread(cutter.cut, file))
            one_more()
    return _together(files, outcomes)


def processes_for(files: Sequence[DocumentFile], recipe: Recipe, workers: int) -> int:
    """How many processes are worth their start, at most `workers`; 0 means that this one reads by itself.

    One is always worth it for documents that could take it along, but where `workers` is 1.
    """
    if workers == 1:
        return 0
    seconds = sum(_size(file) / 1e6 * _seconds_per_megabyte(file) for file in files)
    wanted = min(workers, len(files), int(seconds / SECONDS_TO_START))
    kinds = {_kind(file) for file in files}
    return wanted if wanted > 1 else int(not kinds.isdisjoint(RISKY_KINDS | recipe.readers.keys()))


def _seconds_per_megabyte(file: DocumentFile) -> float:
    return SECONDS_OF_SLOW_KINDS.get(_kind(file), SECONDS_PER_MEGABYTE)


def _kind(file: DocumentFile) -> str:
    return PurePath(file.path.name).suffix.lower()


def _size(file: DocumentFile) -> int:
    try:
        return file.path.stat().st_size
    except OSError:  # who reads it says so
        return 0


def _together(files: Sequence[DocumentFile], outcomes: Sequence[Outcome]) -> Cut:
    documents: list[ParsedDocument] = []
    unread: dict[str, str] = {}
    suspicions: dict[str, tuple[str, ...]] = {}
    for file, outcome in zip(files, outcomes, strict=True):
        if isinstance(outcome, CutDocument):
            documents.append(outcome.document)
            suspicions |= {file.source: outcome.suspicions} if outcome.suspicions else {}
        else:
            unread[file.source] = outcome.reason
    return Cut(documents=tuple(documents), unread=unread, suspicions=suspicions)
