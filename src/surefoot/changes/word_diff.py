"""How two texts differ, word by word: what a reader of prose wants, where a diff of lines shows too much."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from surefoot.changes.matching import Steps, changes

Kind = Literal["same", "removed", "added"]

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
# A block of lines with more words than this is shown as removed and added whole.
_MOST_WORDS = 4_000
_CONTEXT_LINES = 1
_SLIGHT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of text that is in both, or in one of them."""

    kind: Kind
    text: str


def word_diff(before: str, after: str, steps: Steps | None = None) -> tuple[Piece, ...]:
    """The pieces in order. Without what was added they make `before`, without what was removed `after`.

    `steps` bound the work, of several such diffs where they share them.
    """
    return tuple(_joined(_by_lines(_LINE.findall(before), _LINE.findall(after), steps or Steps())))


def shortened(pieces: Sequence[Piece], *, context: int = _CONTEXT_LINES) -> tuple[Piece, ...]:
    """The same with long unchanged runs cut to the lines next to a change; `…` stands for the rest."""
    last = len(pieces) - 1
    return tuple(
        piece if piece.kind != "same" else Piece(kind="same", text=_cut(piece.text, number, last, context))
        for number, piece in enumerate(pieces)
    )


def marked(pieces: Sequence[Piece]) -> str:
    """The pieces as plain text, marked as Git marks words: [-removed-]{+added+}."""
    signs = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
    return "".join(f"{signs[piece.kind][0]}{piece.text}{signs[piece.kind][1]}" for piece in pieces)


def in_lines(pieces: Sequence[Piece]) -> tuple[tuple[Piece, ...], ...]:
    """The pieces of each line, without its end. A line end that is new or gone is shown as `⏎`."""
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        *whole, rest = piece.text.split("\n")
        for part in whole:
            end = "" if piece.kind == "same" or part else "⏎"
            lines[-1].append(Piece(kind=piece.kind, text=part + end))
            lines.append([])
        lines[-1].append(Piece(kind=piece.kind, text=rest))
    return tuple(tuple(piece for piece in line if piece.text) for line in lines)


def _by_lines(before: list[str], after: list[str], steps: Steps) -> Iterator[Piece]:
    for tag, one, two, three, four in changes(before, after, steps):
        old, new = "".join(before[one:two]), "".join(after[three:four])
        if tag == "equal":
            yield Piece(kind="same", text=old)
        else:
            yield from _by_words(_WORD.findall(old), _WORD.findall(new), steps)


def _by_words(before: list[str], after: list[str], steps: Steps) -> Iterator[Piece]:
    if len(before) + len(after) > _MOST_WORDS:
        yield Piece(kind="removed", text="".join(before))
        yield Piece(kind="added", text="".join(after))
        return
    for tag, one, two, three, four in changes(before, after, steps):
        if tag == "equal":
            yield Piece(kind="same", text="".join(before[one:two]))
            continue
        yield Piece(kind="removed", text="".join(before[one:two]))
        yield Piece(kind="added", text="".join(after[three:four]))


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Without empty pieces; next to nothing between two changes belongs to both, so phrases stay whole."""
    removed, added, held = "", "", ""
    for piece in pieces:
        if not piece.text:
            continue
        if piece.kind == "same":
            if (removed or added) and not held and _slight(piece.text):
                held = piece.text
                continue
            yield from _change(removed, added)
            if held or piece.text:
                yield Piece(kind="same", text=held + piece.text)
            removed, added, held = "", "", ""
            continue
        removed += held + (piece.text if piece.kind == "removed" else "")
        added += held + (piece.text if piece.kind == "added" else "")
        held = ""
    yield from _change(removed, added)
    if held:
        yield Piece(kind="same", text=held)


def _slight(text: str) -> bool:
    """Whether what two changes leave between them is a space, a comma or a word such as "of"."""
    return len(text.strip()) <= _SLIGHT and "\n" not in text.strip(" ")


def _change(removed: str, added: str) -> Iterator[Piece]:
    if removed:
        yield Piece(kind="removed", text=removed)
    if added:
        yield Piece(kind="added", text=added)


def _cut(text: str, number: int, last: int, context: int) -> str:
    """An unchanged run, without the lines that stand far from what changed before or behind it."""
    lines = text.splitlines(keepends=True)
    head = context + 1 if number > 0 else 0
    tail = context + 1 if number < last else 0
    if len(lines) <= head + tail + 1:
        return text
    left_out = len(lines) - head - tail
    end = lines[len(lines) - tail :] if tail else []
    return "".join([*lines[:head], f"… {left_out} lines as before\n", *end])
