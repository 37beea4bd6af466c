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
    """Read and cut them, in several processes where that is quicker.

    What comes of it is the same however many there are, in the order of the scan; `progress` hears of the
    documents done and in all. Raises SnapshotError
    when a document changed since it was scanned.
    """
    cutter = Cutter(reader=engine.reader, parser=engine.parser, recipe=recipe)
    files, done = scan.documents, 0

    def one_more() -> None:
        nonlocal done
        done += 1
        progress(done, len(files))

    processes = processes_for(files, engine.workers)
    if processes > 1:
        outcomes = await cut_in_processes(files, cutter, processes, one_more)
    else:
        outcomes = []
        for file in files:
            outcomes.append(await asyncio.to_thread(cutter.cut, file))
            one_more()
    return _together(files, outcomes)


def processes_for(files: Sequence[DocumentFile], workers: int) -> int:
    """How many processes are worth their start, at most `workers`; 1 means this one alone."""
    seconds = sum(_size(file) / 1e6 * _seconds_per_megabyte(file) for file in files)
    return max(1, min(workers, len(files), int(seconds / SECONDS_TO_START)))


def _seconds_per_megabyte(file: DocumentFile) -> float:
    return SECONDS_OF_SLOW_KINDS.get(PurePath(file.path.name).suffix.lower(), SECONDS_PER_MEGABYTE)


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
