"""Reciprocal rank fusion: one order from several, by ranks alone, so that unlike scores need no scaling.

Cormack, Clarke and Büttcher, SIGIR 2009: score(d) = sum over legs of weight / (k + rank), ranks from 1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """What one leg found, best first, each id once."""

    ids: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fused:
    """An id with its fused score."""

    id: str
    score: float


def fuse(rankings: Sequence[Ranking], *, rrf_k: int) -> tuple[Fused, ...]:
    """Every id that was found, best first. Equal scores are ordered by the best single rank, then by id.

    The order of the legs does not matter; a leg of weight 0 adds nothing, not even its ids.
    """
    parts: dict[str, list[float]] = {}
    best_rank: dict[str, int] = {}
    for ranking in rankings:
        if ranking.weight == 0:
            continue
        for rank, found in enumerate(ranking.ids, 1):
            parts.setdefault(found, []).append(ranking.weight / (rrf_k + rank))
            best_rank[found] = min(rank, best_rank.get(found, rank))
    fused = [Fused(id=found, score=math.fsum(scores)) for found, scores in parts.items()]
    fused.sort(key=lambda one: (-one.score, best_rank[one.id], one.id))
    return tuple(fused)
