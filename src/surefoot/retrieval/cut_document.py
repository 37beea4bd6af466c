"""One document read, cut into passages and looked over: in this process or in another."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from surefoot.records import Passage
from surefoot.retrieval.documents import DocumentFile, read_bytes
from surefoot.retrieval.ports import DocumentParser, DocumentReader, ParsedDocument
from surefoot.retrieval.recipes import Recipe
from surefoot.retrieval.scanning import suspicions_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CutDocument:
    """A document with its passages, and the rules that any of them meets."""

    document: ParsedDocument
    suspicions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Why a document has no passages."""

    reason: str


Outcome: TypeAlias = CutDocument | Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutter:
    """What a document is read and cut with; whole, it can be sent to another process."""

    reader: DocumentReader
    parser: DocumentParser
    recipe: Recipe

    def cut(self, file: DocumentFile) -> Outcome:
        """What becomes of the document. Raises SnapshotError when it changed since it was scanned."""
        try:
            return self._cut(file)
        except ValueError as reason:
            return Unread(reason=str(reason))

    def _cut(self, file: DocumentFile) -> CutDocument:
        named = self.recipe.readers.get(file.path.suffix.lower())
        read = self.reader.read(read_bytes(file), file.path.name, named)
        parsed = self.parser.parse(file.source, read, self.recipe.chunking)
        if not parsed.passages:
            raise ValueError("it has no readable text")
        passages = [_said_of(passage, file) for passage in parsed.passages]
        found = tuple(dict.fromkeys(name for passage in passages for name in passage.suspicions))
        if self.recipe.holds_back:
            passages = [passage for passage in passages if not passage.suspicions]
        if not passages:
            raise ValueError(f"it is held back: it looks like instructions to a model ({', '.join(found)})")
        return CutDocument(document=replace(parsed, passages=tuple(passages)), suspicions=found)


def _said_of(passage: Passage, file: DocumentFile) -> Passage:
    """The passage with what the corpus says of its document, and what a scan finds in it."""
    metadata: Mapping[str, str] = {**passage.metadata, **file.metadata}
    return replace(passage, metadata=metadata, access=file.access, suspicions=suspicions_of(passage.text))
