"""Documents read, cut into passages and looked over: what came of each, none of them dropped in silence."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from surefoot.records import Passage
from surefoot.retrieval.documents import DocumentFile, Scan, read_bytes
from surefoot.retrieval.ports import Engine, ParsedDocument
from surefoot.retrieval.recipes import Recipe
from surefoot.retrieval.scanning import suspicions_of


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
    """Read and cut them one after the other; `progress` hears of those done and of all.

    Raises SnapshotError when a document changed since it was scanned.
    """
    documents: list[ParsedDocument] = []
    unread: dict[str, str] = {}
    suspicions: dict[str, tuple[str, ...]] = {}
    for number, file in enumerate(scan.documents, 1):
        try:
            document, found = await asyncio.to_thread(_cut_one, file, recipe, engine)
            documents.append(document)
            suspicions |= {file.source: found} if found else {}
        except ValueError as reason:
            unread[file.source] = str(reason)
        progress(number, len(scan.documents))
    return Cut(documents=tuple(documents), unread=unread, suspicions=suspicions)


def _cut_one(file: DocumentFile, recipe: Recipe, engine: Engine) -> tuple[ParsedDocument, tuple[str, ...]]:
    """The document, and the rules that any of its passages meets. Raises ValueError with the reason."""
    read = engine.reader.read(read_bytes(file), file.path.name)
    parsed = engine.parser.parse(file.source, read, recipe.chunking)
    if not parsed.passages:
        raise ValueError("it has no readable text")
    passages = [_said_of(passage, file) for passage in parsed.passages]
    found = tuple(dict.fromkeys(name for passage in passages for name in passage.suspicions))
    if recipe.holds_back:
        passages = [passage for passage in passages if not passage.suspicions]
    if not passages:
        raise ValueError(f"it is held back: it looks like instructions to a model ({', '.join(found)})")
    return replace(parsed, passages=tuple(passages)), found


def _said_of(passage: Passage, file: DocumentFile) -> Passage:
    """The passage with what the corpus says of its document, and what a scan finds in it."""
    return replace(
        passage,
        metadata={**passage.metadata, **file.metadata},
        access=file.access,
        suspicions=suspicions_of(passage.text),
    )
