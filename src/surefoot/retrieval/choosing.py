"""From what was found, what is shown: without repeats, not all from one document, and not all the same.

All of it is arithmetic over an order that is there already; nothing is searched again.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from surefoot.records import Passage
from surefoot.retrieval.recipes import Choice

SHINGLE = 3
WORD = re.compile(r"\w+")
Cosine = Callable[[str, str], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A passage that was found, with the score that ordered it."""

    passage: Passage
    score: float


def choose(
    found: Sequence[Candidate], choice: Choice, *, limit: int, cosine: Cosine
) -> tuple[Candidate, ...]:
    """At most `limit` of them, best first. `cosine` says how alike two passages are, by their ids.

    First whatever repeats a better one goes, then what is too many of one document; then they are picked
    one by one for their rank and, with `diversity`, for being unlike those picked before (maximal marginal
    relevance, Carbonell and Goldstein, SIGIR 1998).
    """
    left = _spread(_without_repeats(found, choice, limit), choice.per_document)
    if choice.diversity == 0 or len(left) <= 1:
        return tuple(left[:limit])
    return tuple(_diverse(left, choice.diversity, limit, cosine))


def shared_share(one: frozenset[str], other: frozenset[str]) -> float:
    """How much of the smaller text stands in the other too, from 0 to 1, by runs of three words."""
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0


def shingles(text: str) -> frozenset[str]:
    """A text's runs of three words, case-folded; a shorter text is one run."""
    words = WORD.findall(text.casefold())
    if len(words) <= SHINGLE:
        return frozenset([" ".join(words)]) if words else frozenset()
    return frozenset(" ".join(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1))


def _without_repeats(found: Sequence[Candidate], choice: Choice, limit: int) -> list[Candidate]:
    if choice.alike == 1:
        return list(found)
    kept: list[Candidate] = []
    seen: list[frozenset[str]] = []
    for one in found:
        runs = shingles(one.passage.text)
        if all(shared_share(runs, earlier) < choice.alike for earlier in seen):
            kept.append(one)
            seen.append(runs)
    return kept


def _spread(found: Sequence[Candidate], per_document: int) -> list[Candidate]:
    if per_document == 0:
        return list(found)
    taken: Counter[str] = Counter()
    kept: list[Candidate] = []
    for one in found:
        if taken[one.passage.source] < per_document:
            taken[one.passage.source] += 1
            kept.append(one)
    return kept


def _diverse(left: list[Candidate], diversity: float, limit: int, cosine: Cosine) -> list[Candidate]:
    """Relevance is the score as a share of the best one, so that it and a cosine are on one scale."""
    best = max(one.score for one in left) or 1.0
    picked = [left.pop(0)]
    nearest = [cosine(one.passage.id, picked[0].passage.id) for one in left]
    while left and len(picked) < limit:
        worth = [
            (1 - diversity) * one.score / best - diversity * near
            for one, near in zip(left, nearest, strict=True)
        ]
        at = worth.index(max(worth))
        picked.append(left.pop(at))
        nearest.pop(at)
        nearest = [
            max(near, cosine(one.passage.id, picked[-1].passage.id))
            for one, near in zip(left, nearest, strict=True)
        ]
    return picked
