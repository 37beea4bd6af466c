"""The lexical leg: BM25 over our own index words, by bm25s, all of it in memory."""

import json
from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy
from numpy.typing import NDArray

from surefoot.retrieval.analysis import index_words
from surefoot.retrieval.ports import LexicalHit
from surefoot.retrieval.recipes import LexicalLeg

NO_WORDS = "no-words.json"


class Bm25sLexical:
    """Builds and opens bm25s folders; Lucene's BM25, numpy alone, no pickles."""

    def write(self, folder: Path, texts: Sequence[str], leg: LexicalLeg) -> None:
        """Index the texts; position n is the n-th of them."""
        words = [index_words(text, leg.analyser) for text in texts]
        if not any(words):  # bm25s cannot index nothing
            (folder / NO_WORDS).write_text(json.dumps({"passages": len(texts)}))
            return
        index = bm25s.BM25(k1=leg.k1, b=leg.b, method="lucene", backend="numpy")
        index.index(words, show_progress=False)
        index.save(folder, allow_pickle=False, show_progress=False)

    def open(self, folder: Path, leg: LexicalLeg) -> "OpenBm25s":
        """Open the index to read; the analyser is the recipe's."""
        if (folder / NO_WORDS).exists():
            return OpenBm25s(None, leg.analyser)
        index = bm25s.BM25.load(folder, mmap=False, allow_pickle=False, show_progress=False, verbosity=0)
        return OpenBm25s(index, leg.analyser)


class OpenBm25s:
    """An open index; searching only reads, so threads may share it."""

    def __init__(self, index: bm25s.BM25 | None, analyser: str) -> None:
        self._index = index
        self._analyser = analyser

    def search(
        self, question: str, limit: int, *, within: NDArray[numpy.bool_] | None = None
    ) -> tuple[LexicalHit, ...]:
        """The best passages that share a word with the question; equal scores by position."""
        if self._index is None:
            return ()
        words = self._index.get_tokens_ids(index_words(question, self._analyser))
        if not words:
            return ()
        scores = self._index.get_scores_from_ids(words)
        if within is not None:
            scores = numpy.where(within, scores, 0)
        return tuple(LexicalHit(position=int(at), score=float(scores[at])) for at in _highest(scores, limit))


def _highest(scores: NDArray[numpy.float32], limit: int) -> NDArray[numpy.intp]:
    """Positions of the highest scores above zero, equal ones by position; the others are put in no order."""
    some = numpy.flatnonzero(scores > 0)
    if len(some) > limit:
        lowest = numpy.partition(scores[some], -limit)[-limit]
        some = some[scores[some] >= lowest]
    return some[numpy.argsort(-scores[some], kind="stable")][:limit]
