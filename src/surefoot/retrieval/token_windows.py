"""Where passages begin and end by an embedder's own tokens: none is longer than what it reads.

A cut goes between sentences where one ends in the second half of a passage, else between words, and into a
word only where that is longer than half a passage.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from surefoot.errors import SettingsError
from surefoot.retrieval.ports import Tokens
from surefoot.retrieval.recipes import Chunking
from surefoot.retrieval.spans import Section, Window

WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A stretch of text that is not cut, as a rule a word; `opens` says that a sentence begins with it."""

    start: int
    end: int
    tokens: int
    opens: bool


def cut_by_tokens(
    text: str,
    group: Sequence[Section],
    chunking: Chunking,
    tokens: Tokens | None,
    sentences: Callable[[str], Sequence[str]],
) -> tuple[Window, ...]:
    """The windows of sections that are cut together; `sentences` joined are their text.

    What stands above a passage when it is embedded counts too, up to half of the limit. Raises SettingsError
    where there is no tokenizer, or a limit beyond what the embedder reads.
    """
    if tokens is None:
        raise SettingsError(
            "the recipe cuts by the embedder's tokens, and no tokenizer of it is here",
            remedy="cut by structure or sentence, or embed in-process: unset embedder.url",
        )
    if chunking.limit_tokens > tokens.most:
        raise SettingsError(
            f"the recipe's chunking.limit_tokens is {chunking.limit_tokens}, and the embedder reads "
            f"{tokens.most} tokens of a text",
            remedy=f"give at most {tokens.most}",
        )
    above = ["\n".join(section.headings) for section in group] if chunking.headers == "path" else []
    most_above = max(map(len, tokens.spans(above)), default=0)
    limit = chunking.limit_tokens - min(most_above, chunking.limit_tokens // 2)
    start, end = group[0].start, group[-1].end
    overlap = min(chunking.overlap_tokens, limit // 2)
    return token_windows(text[start:end], start, sentences, tokens, limit=limit, overlap=overlap)


def token_windows(
    text: str,
    offset: int,
    sentences: Callable[[str], Sequence[str]],
    tokens: Tokens,
    *,
    limit: int,
    overlap: int,
) -> tuple[Window, ...]:
    """Windows of at most `limit` tokens over the whole text, each with up to `overlap` of the one before.

    `overlap` is at most half of `limit`; `offset` is added to each.
    """
    units = list(_units(text, sentences, tokens, limit // 2))
    sums = [0, *accumulate(unit.tokens for unit in units)]
    windows: list[Window] = []
    first = reached = 0
    while reached < len(units):
        last = _furthest(text, units, sums, first, tokens, limit)
        if last <= reached:  # what is repeated leaves no room
            first = reached
            last = _furthest(text, units, sums, first, tokens, limit)
        if last < len(units):
            last = _at_a_sentence(units, sums, first, last, reached, limit)
        windows.append(Window(start=offset + units[first].start, end=offset + units[last - 1].end))
        first, reached = _repeated(units, sums, first, last, overlap), last
    return tuple(windows)


def _furthest(
    text: str, units: Sequence[Unit], sums: Sequence[int], first: int, tokens: Tokens, limit: int
) -> int:
    """The end of the longest run of units from `first` that has no more than `limit` tokens, at least one."""
    last = max(first + 1, bisect_right(sums, sums[first] + limit) - 1)
    # Where a word was cut its parts may have more tokens together than apart.
    while last > first + 1 and _count(text[units[first].start : units[last - 1].end], tokens) > limit:
        last -= 1
    return last


def _at_a_sentence(
    units: Sequence[Unit], sums: Sequence[int], first: int, last: int, reached: int, limit: int
) -> int:
    """The last beginning of a sentence, if that leaves half a window with something new in it."""
    for at in range(last, max(first, reached), -1):
        if sums[at] - sums[first] < limit // 2:
            break
        if units[at].opens:
            return at
    return last


def _repeated(units: Sequence[Unit], sums: Sequence[int], first: int, last: int, overlap: int) -> int:
    """Where the next window begins: as far back as it may, at the beginning of a sentence if there is one."""
    furthest = last
    while furthest - 1 > first and sums[last] - sums[furthest - 1] <= overlap:
        furthest -= 1
    return next((at for at in range(furthest, last) if units[at].opens), furthest)


def _units(text: str, sentences: Callable[[str], Sequence[str]], tokens: Tokens, most: int) -> Iterator[Unit]:
    """Words with the punctuation at them. What a tokenizer leaves out goes with the word behind it."""
    pieces = sentences(text)
    start = 0
    for piece, spans in zip(pieces, tokens.spans(pieces), strict=True):
        opens = True
        for unit in _words(piece, spans):
            for part in _parts(piece[unit.start : unit.end], unit.tokens, tokens, most):
                at = start + unit.start
                yield Unit(start=at + part.start, end=at + part.end, tokens=part.tokens, opens=opens)
                opens = False
        start += len(piece)


def _words(piece: str, spans: Sequence[tuple[int, int]]) -> Iterator[Unit]:
    at = 0
    for word in WORD.finditer(piece):
        before = bisect_left(spans, (word.end(), 0))
        yield Unit(start=word.start(), end=word.end(), tokens=before - at, opens=False)
        at = before


def _parts(word: str, count: int, tokens: Tokens, most: int) -> Iterator[Unit]:
    """The word, in parts where it has too many tokens."""
    at = 0
    while count > most:
        spans = tokens.spans([word[at:]])[0]
        count = len(spans)
        if count <= most:
            break
        end = at + max(1, spans[most][0])
        yield Unit(start=at, end=end, tokens=most, opens=False)
        at = end
    if at < len(word):
        yield Unit(start=at, end=len(word), tokens=count, opens=False)


def _count(text: str, tokens: Tokens) -> int:
    return len(tokens.spans([text])[0])
