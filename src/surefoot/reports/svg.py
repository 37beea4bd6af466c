"""Draw lines over time as one self-contained SVG: no script, no style sheet, no font of its own.

Everything but the lines takes the page's text colour, so it reads on light and on dark. Lines differ in
colour and in dashes, and each is said in words in `<desc>`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 360, 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 352, 10, 98

# Middle tones with at least 3:1 against white and against near-black.
_COLOURS = ("#2f7fd6", "#d0661f", "#2b9a5c", "#b04fc4", "#8a7a1c")
_DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One named line; None is a gap, where nothing was measured. All lines share the same moments."""

    label: str
    values: tuple[float | None, ...]


def colour(place: int) -> str:
    """The colour of the line at a place, for a legend outside the drawing."""
    return _COLOURS[place % len(_COLOURS)]


def draw(
    title: str, description: str, lines: Sequence[Line], moments: Sequence[datetime], *, top: float
) -> str:
    """The plot as an `<svg>` element. `moments` holds a moment per value; the axis runs from 0 to `top`."""
    spacing = (_RIGHT - _LEFT) / max(1, len(moments) - 1)
    drawn = "".join(_line(line, place, spacing, top) for place, line in enumerate(lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" fill="none" font-size="10">'
        f"<title>{safe(title)}</title><desc>{safe(description)}</desc>{_axes(moments, top)}{drawn}</svg>"
    )


def brief(value: float) -> str:
    """A number in at most a few digits: 0.071, 1.2, 240."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _axes(moments: Sequence[datetime], top: float) -> str:
    grid = "".join(
        f'<path d="M{_LEFT} {y}H{_RIGHT}" stroke="currentColor" stroke-opacity="{opacity}"/>'
        for y, opacity in ((_TOP, 0.15), ((_TOP + _BOTTOM) / 2, 0.15), (_BOTTOM, 0.5))
    )
    form = "%H:%M" if moments and (moments[-1] - moments[0]).days < 2 else "%d %b"
    words = [
        (_LEFT - 4, _TOP + 4, "end", brief(top)),
        (_LEFT - 4, _BOTTOM + 3, "end", "0"),
        *((_LEFT, _BOTTOM + 14, "start", moment.strftime(form)) for moment in moments[:1]),
        *((_RIGHT, _BOTTOM + 14, "end", moment.strftime(f"{form} %Z")) for moment in moments[1:][-1:]),
    ]
    return grid + "".join(
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="currentColor" fill-opacity="0.75">'
        f"{safe(text)}</text>"
        for x, y, anchor, text in words
    )


def _line(line: Line, place: int, spacing: float, top: float) -> str:
    stroke = f'stroke="{colour(place)}" stroke-width="1.8" stroke-linejoin="round" stroke-linecap="round"'
    dashes = _DASHES[place % len(_DASHES)]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    parts = []
    for run in _runs(line.values):
        points = [(_LEFT + at * spacing, _height(value / top)) for at, value in run]
        if len(points) == 1:
            (x, y), *_ = points
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{colour(place)}"/>')
        else:
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            parts.append(f'<polyline points="{path}" {stroke}{dashed}/>')
    return "".join(parts)


def _height(share: float) -> float:
    """Where a share of the axis lies; what is beyond the axis lies on its end."""
    return _BOTTOM - (_BOTTOM - _TOP) * min(max(share, 0.0), 1.0)


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Neighbouring measured values, with their places; a gap parts two runs."""
    runs: list[list[tuple[int, float]]] = [[]]
    for at, value in enumerate(values):
        if value is not None:
            runs[-1].append((at, value))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def safe(text: str) -> str:
    """Text for XML: escaped, and without the characters that XML cannot hold."""
    return escape("".join(letter for letter in text if letter.isprintable()), {'"': "&quot;", "'": "&#39;"})
