"""The same summary over time: a window cut into equal spans, each summed up per release. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from surefoot.traces.outline import Outline
from surefoot.traces.summary import ReleaseSummary, by_release, summarise_release


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One span of time, [since, until). Its summary may be of no requests: then all in it is Unscored."""

    since: datetime
    until: datetime
    summary: ReleaseSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One release over time; every series of one window has its points at the same moments."""

    app: str | None
    release: str | None
    points: tuple[Point, ...]


def series(
    outlines: Iterable[Outline], since: datetime, until: datetime, *, spans: int = 48
) -> tuple[Series, ...]:
    """Cut [since, until) into equal spans and sum each up per release, releases by their first request.

    Raises ValueError for an empty window or no spans.
    """
    if since >= until or spans < 1:
        raise ValueError(f"needs since < until and at least one span; got {since}, {until}, {spans!r}")
    inside = sorted(
        (short for short in outlines if since <= short.started_at < until),
        key=lambda short: short.started_at,
    )
    edges = [since + (until - since) * place / spans for place in range(spans + 1)]
    return tuple(_one_release(group, edges) for group in by_release(inside))


def _one_release(outlines: tuple[Outline, ...], edges: list[datetime]) -> Series:
    first, points, next_place = outlines[0], [], 0
    for since, until in pairwise(edges):
        start = next_place
        while next_place < len(outlines) and outlines[next_place].started_at < until:
            next_place += 1
        summary = summarise_release(outlines[start:next_place], named=first)
        points.append(Point(since=since, until=until, summary=summary))
    return Series(app=first.app, release=first.release, points=tuple(points))
