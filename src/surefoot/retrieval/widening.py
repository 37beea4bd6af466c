"""A passage with what stands around it: small passages are found better, wider ones answer better."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from surefoot.records import Passage


def widened(
    passages: Sequence[Passage], places: Sequence[int], neighbours: int, texts: Mapping[str, str]
) -> tuple[Passage, ...]:
    """The passages at `places`, best first, each with up to `neighbours` on either side of it.

    `passages` are all of a snapshot in order, `texts` the documents by source. No neighbour goes to two, and
    none that was itself found goes to a better one: nothing is shown twice. A widened passage keeps the id of
    the one that was found; its span and text are wider, and so is what it is suspected of.
    """
    taken = set(places)
    shown: list[Passage] = []
    for place in places:
        first = _reach(passages, place, -1, neighbours, taken)
        last = _reach(passages, place, 1, neighbours, taken)
        shown.append(_joined(passages, place, first, last, texts))
    return tuple(shown)


def _reach(passages: Sequence[Passage], place: int, step: int, most: int, taken: set[int]) -> int:
    """How far the passage may go in this direction; what it goes over is taken from then on."""
    at = place
    for _ in range(most):
        following = at + step
        there = 0 <= following < len(passages) and passages[following].source == passages[place].source
        if not there or following in taken:
            break
        taken.add(following)
        at = following
    return at


def _joined(
    passages: Sequence[Passage], place: int, first: int, last: int, texts: Mapping[str, str]
) -> Passage:
    if first == last:
        return passages[place]
    parts, found = passages[first : last + 1], passages[place]
    start, end = min(part.start for part in parts), max(part.end for part in parts)
    suspicions = dict.fromkeys(name for part in parts for name in part.suspicions)
    return replace(
        found,
        start=start,
        end=end,
        text=texts[found.source][start:end],
        page=parts[0].page,
        suspicions=tuple(suspicions),
    )
