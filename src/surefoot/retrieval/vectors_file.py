"""The vectors of a snapshot as they were stored: what a cosine is computed from, whichever leg found it."""

from pathlib import Path

import numpy
from numpy.typing import NDArray

from surefoot.retrieval.snapshots import OWNERS, VECTORS

Vectors = NDArray[numpy.float32]


class StoredVectors:
    """One or more rows for each passage, in the passages' order; mapped, so only what is needed is read."""

    def __init__(self, snapshot: Path) -> None:
        self._matrix: Vectors = numpy.load(snapshot / VECTORS, mmap_mode="r", allow_pickle=False)
        owners = numpy.load(snapshot / OWNERS, allow_pickle=False)
        passages = int(owners[-1]) + 1 if len(owners) else 0
        self._starts = numpy.searchsorted(owners, numpy.arange(passages + 1))
        self.most_rows = int(numpy.diff(self._starts).max(initial=1))

    def cosine(self, passage: int, vector: Vectors) -> float:
        """How near the passage at that place is to a vector of length 1, in [-1, 1]: by its nearest row."""
        return _bounded(float((self._rows(passage) @ vector).max()))

    def nearest(self, vector: Vectors, within: NDArray[numpy.bool_], limit: int) -> tuple[int, ...]:
        """The places of the nearest passages among those within, nearest first; equal ones by place."""
        nearness = numpy.maximum.reduceat(self._matrix @ vector, self._starts[:-1])
        nearness[~within] = -numpy.inf
        best = numpy.argsort(-nearness, kind="stable")[: min(limit, int(within.sum()))]
        return tuple(int(place) for place in best)

    def likeness(self, one: int, other: int) -> float:
        """The cosine of two passages, in [-1, 1], by their nearest rows."""
        return _bounded(float((self._rows(one) @ self._rows(other).T).max()))

    def firsts(self) -> Vectors:
        """The first row of each passage, float32 [passages, dimensions]."""
        return numpy.asarray(self._matrix[self._starts[:-1]])

    def _rows(self, passage: int) -> Vectors:
        return self._matrix[self._starts[passage] : self._starts[passage + 1]]


def _bounded(cosine: float) -> float:
    return max(-1.0, min(1.0, cosine))
