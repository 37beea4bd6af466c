"""Pieces of documents, and what a search says of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a source document.

    `start` and `end` are character offsets into the document's text as it was read: `text` is exactly
    that slice. `id` is the digest of source, span and text. `headings` is the path of headings above it.
    """

    id: str
    source: str
    start: int
    end: int
    text: str
    headings: tuple[str, ...] = ()


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
