"""Where passages begin and end: arithmetic on character spans, knowing nothing of any vendor.

Parsers hand back pieces of a text with white space changed. What they never change is the order of the
other characters, so each piece is found by counting those, and a span is always exact.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

# A run of letters counts as one word for each 16 of them, a letter of a script without spaces as one, and the
# bars between the cells of a table not at all.
UNSPACED = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
LONGEST, BAR = 16, "|"
WORD = re.compile(rf"[{UNSPACED}]|(?!\|(?:\s|$))[^\s{UNSPACED}]{{1,{LONGEST}}}")
SPACELESS = re.compile(f"[{UNSPACED}]")
# A line that begins with a small letter goes on with the sentence of the line above it.
SENTENCE_END = re.compile(r"\n(?:\s*\n)+|\n(?!\s*[a-z])|(?<=[.!?。！？])[\"')\]”’*_`]*\s+")
LIST_NUMBER = re.compile(r"\s*\d+\.")
LETTER = re.compile(r"\S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A stretch of a document under one heading; `headings` ends with its own. `words` is its size."""

    start: int
    end: int
    words: int
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of text that becomes a passage."""

    start: int
    end: int


def count_words(text: str) -> int:
    """How much there is to read, for any script."""
    if BAR in text or SPACELESS.search(text):
        return len(WORD.findall(text))
    runs = text.split()
    return len(runs) + sum((len(run) - 1) // LONGEST for run in runs if len(run) > LONGEST)


def sentences_of(text: str) -> list[str]:
    """Sentences, list items and table rows; joined, they are the text."""
    sentences: list[str] = []
    start = 0
    for match in SENTENCE_END.finditer(text):
        if not LIST_NUMBER.fullmatch(text, start, match.start()):
            sentences.append(text[start : match.end()])
            start = match.end()
    return [*sentences, text[start:]] if start < len(text) else sentences


def lines_of(text: str) -> list[str]:
    """Lines with their ends; joined, they are the text."""
    return text.splitlines(keepends=True)


def locate(text: str, pieces: Sequence[str], offset: int = 0) -> tuple[Window, ...]:
    """The spans of consecutive pieces that cover `text` up to white space; `offset` is added to each.

    Raises ValueError when they do not: then a parser changed more than white space.
    """
    windows: list[Window] = []
    at = 0
    for piece in pieces:
        start, at = _follow(text, piece, at)
        if at > start:
            windows.append(Window(start=offset + start, end=offset + at))
    if rest := LETTER.search(text, at):
        raise ValueError(f"the parser lost the text from {text[rest.start() :][:40]!r} on")
    return tuple(windows)


def _follow(text: str, piece: str, at: int) -> tuple[int, int]:
    """Where the piece's first letter is and where its last one ends, reading on from `at`."""
    letter, bare = LETTER.search(text, at), piece.strip()
    if bare and letter is not None and text.startswith(bare, letter.start()):
        return letter.start(), letter.start() + len(bare)
    start = at
    for number, run in enumerate(piece.split()):
        letter = LETTER.search(text, at)
        if letter is None or not text.startswith(run, letter.start()):
            raise ValueError(f"the parser changed the text near {piece[:40]!r}")
        if number == 0:
            start = letter.start()
        at = letter.start() + len(run)
    return start, at


def join_small(sections: Sequence[Section], minimum_words: int) -> tuple[tuple[Section, ...], ...]:
    """Groups of neighbouring sections, none smaller than the minimum while there is another to join.

    A small section joins the neighbour it shares more headings with, the following one when equal: a title
    goes with the text below it, a short last section with the one before.
    """
    groups = [[section] for section in sections]
    sizes = [section.words for section in sections]
    at = 0
    while at < len(groups) and len(groups) > 1:
        if sizes[at] >= minimum_words:
            at += 1
            continue
        into = at if _belongs_forward(groups, at) else at - 1
        groups[into] += groups.pop(into + 1)
        sizes[into] += sizes.pop(into + 1)
        at = into
    return tuple(tuple(group) for group in groups)


def headings_over(window: Window, group: Sequence[Section]) -> tuple[str, ...]:
    """The headings that hold for a whole window. A title just above a section counts as that section's."""
    paths = [
        section.headings for section in group if section.start < window.end and section.end > window.start
    ]
    deepest = [path for path in paths if not any(_is_above(path, other) for other in paths)]
    return _shared(deepest)


def join_short_ends(
    windows: Sequence[Window], text: str, chunk_words: int, minimum: int
) -> tuple[Window, ...]:
    """Windows with one too short to stand alone put together with the one before it.

    It may then hold a quarter more than `chunk_words`, no further.
    """
    joined: list[Window] = []
    for window in windows:
        if joined and min(_size(window, text), _size(joined[-1], text)) < minimum:
            whole = replace(joined[-1], end=window.end)
            if _size(whole, text) <= chunk_words * 5 // 4:
                joined[-1] = whole
                continue
        joined.append(window)
    return tuple(joined)


def overlap(windows: Sequence[Window], text: str, overlap_words: int) -> tuple[Window, ...]:
    """Each window but the first begins with whole sentences of the text before it, up to the given words."""
    if not windows or overlap_words == 0:
        return tuple(windows)
    lowest = windows[0].start
    sentences = sentences_of(text[lowest : windows[-1].start])
    starts = [lowest]
    for sentence in sentences:
        starts.append(starts[-1] + len(sentence))
    return tuple(
        window
        if number == 0
        else _reached_back(window, windows[number - 1].start, text, starts, overlap_words)
        for number, window in enumerate(windows)
    )


def _reached_back(window: Window, after: int, text: str, starts: Sequence[int], overlap_words: int) -> Window:
    start = window.start
    at = bisect_left(starts, window.start) - 1
    while starts[at] > after and count_words(text[starts[at] : window.start]) <= overlap_words:
        start = starts[at]
        at -= 1
    while text[start].isspace():
        start += 1
    return replace(window, start=start)


def _belongs_forward(groups: Sequence[Sequence[Section]], at: int) -> bool:
    if at == 0 or at == len(groups) - 1:
        return at == 0
    before = _shared([groups[at - 1][-1].headings, groups[at][0].headings])
    after = _shared([groups[at][-1].headings, groups[at + 1][0].headings])
    return len(after) >= len(before)


def _is_above(path: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return len(path) < len(other) and other[: len(path)] == path


def _shared(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    if not paths:
        return ()
    shared = 0
    for names in zip(*paths, strict=False):
        if len(set(names)) > 1:
            break
        shared += 1
    return paths[0][:shared]


def _size(window: Window, text: str) -> int:
    return count_words(text[window.start : window.end])
