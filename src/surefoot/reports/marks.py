"""Split an answer's text at its [n] marks, so that each can become a link to its passage."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MARK = re.compile(r"\[\d{1,3}(?:\s*,\s*\d{1,3})*\]")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of text; `number` is the passage it points to, or None for plain text."""

    text: str
    number: int | None = None


def pieces(text: str, passages: int) -> tuple[Piece, ...]:
    """The text in order and whole; numbers beyond `passages` stay plain text, as nothing is behind them."""
    return tuple(_pieces(text, passages))


def _pieces(text: str, passages: int) -> Iterator[Piece]:
    done = 0
    for mark in _MARK.finditer(text):
        for digits in _NUMBER.finditer(text, mark.start(), mark.end()):
            number = int(digits.group())
            if 1 <= number <= passages:
                yield from _plain(text[done : digits.start()])
                yield Piece(text=digits.group(), number=number)
                done = digits.end()
    yield from _plain(text[done:])


def _plain(text: str) -> Iterator[Piece]:
    if text:
        yield Piece(text=text)
