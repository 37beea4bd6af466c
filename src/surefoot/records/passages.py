"""Pieces of documents, and what a search says of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a source document.

    `start` and `end` are character offsets into the document's text as it was read: `text` is exactly
    that slice. `id` is the digest of source, span and text. `headings` is the path of headings above it.
    `page` is where it begins, counted from 1, in a document that has pages. `metadata` is what the corpus or
    the document says of itself, such as title and time. `access` names the groups that may read it; with none
    everybody may. `suspicions` names what a scan of the document took for instructions to a model.
    """

    id: str
    source: str
    start: int
    end: int
    text: str
    headings: tuple[str, ...] = ()
    page: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)
    access: tuple[str, ...] = ()
    suspicions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a search may find. Without a word about it: what everybody may read.

    `groups` are the reader's: a passage with access labels is found by a reader of one of those groups alone.
    `where` narrows by metadata: each name with the values that are let through.
    """

    groups: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def holds(self, passage: Passage) -> bool:
        """Whether this reader may find the passage."""
        readable = not passage.access or bool(set(passage.access) & set(self.groups))
        return readable and all(passage.metadata.get(name) in values for name, values in self.where.items())


EVERYBODY = Reach()


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPassage:
    """A passage that a search returned, best first.

    `score` is the fused score that ordered it. `similarity` is the cosine to the question in [-1, 1] and
    `lexical_score` the BM25 score, each None when that leg did not return the passage.
    """

    passage: Passage
    score: float
    similarity: float | None
    lexical_score: float | None
