"""The four small plots of the console page: first token, speed, quality and errors, per release."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from surefoot.records import Score, Scored
from surefoot.reports.svg import Line, brief, colour, draw
from surefoot.traces import Point, ReleaseSummary, Series

_MOST_LINES = 5  # more cannot be told apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One plot. `svg` is a whole, safe `<svg>` element, to be placed in a page as it is.

    `legend` has a (colour, label) per line, to be written beside it: labels are text, not markup.
    """

    title: str
    svg: str
    legend: tuple[tuple[str, str], ...]


def quality_plots(series: Sequence[Series], *, score: str = "citations_valid") -> tuple[Plot, ...]:
    """First-token seconds, tokens a second, one score's mean, and error rate; none without a series.

    At most five releases are drawn, those that started last.
    """
    drawn = series[-_MOST_LINES:]
    if not drawn:
        return ()
    return (
        _plot("First token, median seconds", drawn, lambda one: one.first_token_seconds.p50),
        _plot("Tokens a second, median", drawn, lambda one: one.output_tokens_per_second.p50),
        _plot(f"{score.replace('_', ' ').capitalize()}, mean", drawn, lambda one: one.score(score), top=1.0),
        _plot("Error rate", drawn, lambda one: one.error_rate, top=1.0),
    )


def _plot(
    title: str,
    series: Sequence[Series],
    measure: Callable[[ReleaseSummary], Score],
    *,
    top: float | None = None,
) -> Plot:
    lines = [Line(label=_label(one), values=_values(one.points, measure)) for one in series]
    highest = max((value for line in lines for value in line.values if value is not None), default=0.0)
    moments = [point.since for point in series[0].points]
    description = "; ".join(_said(line) for line in lines)
    return Plot(
        title=title,
        svg=draw(title, description, lines, moments, top=top or _round_top(highest)),
        legend=tuple((colour(place), line.label) for place, line in enumerate(lines)),
    )


def _round_top(highest: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is no lower; 1 for nothing."""
    if highest < 1e-9:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    return next(factor * power for factor in (1, 2, 5, 10, 100) if factor * power >= highest)


def _values(points: Sequence[Point], measure: Callable[[ReleaseSummary], Score]) -> tuple[float | None, ...]:
    scores = [measure(point.summary) for point in points]
    return tuple(score.value if isinstance(score, Scored) else None for score in scores)


def _label(one: Series) -> str:
    if one.app is None:
        return "plain chat"
    return f"{one.app} {one.release[:12] if one.release else 'not open'}"


def _said(line: Line) -> str:
    values = [value for value in line.values if value is not None]
    if not values:
        return f"{line.label}: not measured"
    return (
        f"{line.label}: latest {brief(values[-1])}, lowest {brief(min(values))}, highest {brief(max(values))}"
    )
