"""The order in which a page is read, from where its words stand: columns one after another, top to bottom.

Recursive XY-cut (Nagy and Seth, 1984): a block is cut along an empty strip, from top to bottom before from
left to right, until none is left. Arithmetic on boxes alone; lengths are in points, y grows downwards.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# An empty strip this wide parts columns; between words of one line there is less.
GUTTER = 9.0
# Two words this near, in letter heights, have a space between them.
SPACE = 0.8
# Lines further apart than so many line heights are of two paragraphs.
PARAGRAPH_GAP = 0.65
# A column has at least so many lines; two words far apart on one line are no columns.
COLUMN_LINES = 3
DEEPEST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word and its box. `size` is the height of its letters."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """Words of one line, from left to right."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The line's words."""
        return " ".join(word.text for word in self.words if word.text)

    @property
    def size(self) -> float:
        """The height of most of its letters."""
        return statistics.median(word.size for word in self.words)

    @property
    def top(self) -> float:
        """Where it begins."""
        return min(word.top for word in self.words)

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return max(word.bottom for word in self.words)


def in_order(words: Sequence[Word]) -> list[list[TextLine]]:
    """The page's paragraphs in reading order, each as its lines."""
    return [paragraph for block in _blocks(list(words), 0) for paragraph in _paragraphs(lines_of(block))]


def lines_of(words: Sequence[Word]) -> list[TextLine]:
    """Words on one height are one line; lines from top to bottom."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda word: ((word.top + word.bottom) / 2, word.left)):
        middle = (word.top + word.bottom) / 2
        if lines and lines[-1][0].top <= middle <= lines[-1][0].bottom:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [TextLine(words=tuple(sorted(line, key=lambda word: word.left))) for line in lines]


def _blocks(words: list[Word], depth: int) -> list[list[Word]]:
    if len(words) < 2 or depth > DEEPEST:
        return [words] if words else []
    parts = _columns(words) or _halves(words)
    if parts is None:
        return [words]
    return [block for part in parts for block in _blocks(part, depth + 1)]


def _columns(words: list[Word]) -> tuple[list[Word], list[Word]] | None:
    """Cut at the widest strip that no word crosses, where there are columns on both sides of it."""
    runs = [run for line in lines_of(words) for run in _runs(line)]
    strips = _strips(runs, GUTTER)
    for _, at in sorted(strips, reverse=True):
        left = [word for word in words if word.right <= at]
        right = [word for word in words if word.left >= at]
        if min(len(lines_of(left)), len(lines_of(right))) >= COLUMN_LINES:
            return left, right
    return None


def _runs(line: TextLine) -> list[tuple[float, float]]:
    """Where the line's words stand, those together that only a space parts."""
    runs: list[tuple[float, float]] = []
    for word in line.words:
        if runs and word.left - runs[-1][1] < SPACE * word.size:
            runs[-1] = (runs[-1][0], max(runs[-1][1], word.right))
        else:
            runs.append((word.left, word.right))
    return runs


def _halves(words: list[Word]) -> tuple[list[Word], list[Word]] | None:
    """Cut at the highest strip between two lines, if a column may begin or end there."""
    height = statistics.median(word.bottom - word.top for word in words)
    strips = _strips([(word.top, word.bottom) for word in words], height * PARAGRAPH_GAP)
    if not strips:
        return None
    _, at = max(strips)
    return [word for word in words if word.bottom <= at], [word for word in words if word.top >= at]


def _strips(spans: list[tuple[float, float]], least: float) -> list[tuple[float, float]]:
    """The empty strips of at least that width, each as its width and its middle."""
    strips: list[tuple[float, float]] = []
    reached = None
    for start, end in sorted(spans):
        if reached is not None and start - reached >= least:
            strips.append((start - reached, (start + reached) / 2))
        reached = end if reached is None else max(reached, end)
    return strips


def _paragraphs(lines: list[TextLine]) -> list[list[TextLine]]:
    """Lines of one size that follow closely are one paragraph."""
    paragraphs: list[list[TextLine]] = []
    for line in lines:
        before = paragraphs[-1][-1] if paragraphs else None
        if before is not None and _goes_on(before, line):
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
    return paragraphs


def _goes_on(before: TextLine, line: TextLine) -> bool:
    close = line.top - before.bottom < PARAGRAPH_GAP * max(before.size, line.size)
    return close and abs(before.size - line.size) < 0.15 * max(before.size, line.size)
