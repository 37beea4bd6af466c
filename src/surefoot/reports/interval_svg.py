"""Draw a rule's interval as one self-contained SVG: as wide as its place, without stretching what is in it.

Places along the axis are percentages, heights are pixels: a wide page and a telephone both show round dots.
Colours come from the page by class: `worse`, `axis`, `limit`, `zero`, `bounds`, `estimate`.
"""

from surefoot.reports.intervals import Interval
from surefoot.reports.svg import safe

HEIGHT = 34
_MIDDLE = HEIGHT / 2
_EDGE = 3.0  # percent of air on each side, for the dots at the ends


def draw_interval(interval: Interval, description: str) -> str:
    """The `<svg>` element; `description` says in words what is seen."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="interval" width="100%" height="{HEIGHT}" role="img">'
        f"<title>{safe(description)}</title>{_ground(interval)}{_bounds(interval)}</svg>"
    )


def draw_axis(interval: Interval) -> str:
    """The names of minus the margin and of zero above their places, for the head of a column of intervals.

    Empty in a founding verdict, where each rule has a floor of its own.
    """
    if interval.limit is None or interval.zero is None:
        return ""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="interval" width="100%" height="16" '
        'aria-hidden="true">'
        f'<text x="{_percent(interval.limit)}" y="12" text-anchor="end">−margin</text>'
        f'<text x="{_percent(interval.zero)}" y="12" text-anchor="middle">0</text></svg>'
    )


def _ground(interval: Interval) -> str:
    parts = []
    if interval.limit is not None:
        if interval.worse_left:
            parts.append(
                f'<rect class="worse" x="0" y="0" width="{_percent(interval.limit)}" height="100%"/>'
            )
        else:
            parts.append(
                f'<rect class="worse" x="{_percent(interval.limit)}" y="0" width="100%" height="100%"/>'
            )
    parts.append(f'<line class="axis" x1="0" x2="100%" y1="{_MIDDLE}" y2="{_MIDDLE}"/>')
    parts += [
        f'<line class="{name}" x1="{_percent(place)}" x2="{_percent(place)}" y1="0" y2="100%"/>'
        for name, place in (("limit", interval.limit), ("zero", interval.zero))
        if place is not None
    ]
    return "".join(parts)


def _bounds(interval: Interval) -> str:
    if interval.gone:
        path = "M30 0H0M7 -6L0 0L7 6" if interval.beyond_left else "M-30 0H0M-7 -6L0 0L-7 6"
        return _end("0.6%" if interval.beyond_left else "99.4%", path)
    parts = []
    if interval.lower is not None and interval.upper is not None:
        left, right = _percent(interval.lower), _percent(interval.upper)
        parts.append(f'<line class="bounds" x1="{left}" x2="{right}" y1="{_MIDDLE}" y2="{_MIDDLE}"/>')
        parts.append(_end(left, "M7 -6L0 0L7 6" if interval.beyond_left else "M0 -6V6"))
        parts.append(_end(right, "M-7 -6L0 0L-7 6" if interval.beyond_right else "M0 -6V6"))
    if interval.estimate is not None:
        parts.append(f'<circle class="estimate" cx="{_percent(interval.estimate)}" cy="{_MIDDLE}" r="5"/>')
    return "".join(parts)


def _end(place: str, path: str) -> str:
    """An end of the interval; its path is in pixels, from its place."""
    return f'<svg x="{place}" y="{_MIDDLE}" overflow="visible"><path class="bounds" d="{path}"/></svg>'


def _percent(place: float) -> str:
    return f"{_EDGE + place * (100 - 2 * _EDGE):.2f}%"
