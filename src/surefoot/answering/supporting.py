"""Which span of a passage supports a sentence that cites it, by words alone: no model is asked.

A sentence is supported as far as its telling words stand in the passages it cites, rare words counting more,
and not at all where it has a number that they lack. That tells made-up names and numbers; it cannot tell a
sentence that turns what the passage says around. docs/reference/citation-support.md says what it is worth.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from surefoot.records import Citation, Passage, Support
from surefoot.retrieval.analysis import index_words
from surefoot.retrieval.spans import sentences_of

# The share of a sentence's weight that its passages must hold. `tests.benchmarks.support` measures it: the
# highest at which three of four sentences that are supported stay unmarked.
ENOUGH = 0.35
MARK = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
# Where a sentence ends: behind its citation marks, or with its line.
END = re.compile(r"[.!?。！？][\"')”’*_]*(?:\s*\[\d{1,3}(?:\s*,\s*\d{1,3})*\])*(?=\s|$)|\n+")
NUMBER = re.compile(r"\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A sentence of an answer that cites: its span there, its text without marks, and what it cites."""

    start: int
    end: int
    words: str
    numbers: tuple[int, ...]


def cited_sentences(text: str, start: int = 0) -> Iterator[Cited]:
    """Every sentence from `start` on that cites, in order."""
    for begin, end in sentence_spans(text, start):
        marks = MARK.findall(text[begin:end])
        numbers = tuple(dict.fromkeys(int(number) for mark in marks for number in mark.split(",")))
        if numbers:
            yield Cited(start=begin, end=end, words=MARK.sub(" ", text[begin:end]), numbers=numbers)


def sentence_spans(text: str, start: int = 0) -> Iterator[tuple[int, int]]:
    """The spans of the text's sentences from `start` on, without the white space around them."""
    at = start
    for end in [*(found.end() for found in END.finditer(text, start)), len(text)]:
        piece = text[at:end]
        if piece.strip():
            yield at + len(piece) - len(piece.lstrip()), at + len(piece.rstrip())
        at = end


def whole_until(text: str) -> int:
    """How far a text that goes on consists of whole sentences: a mark may still follow the last stop."""
    ends = [found.end() for found in END.finditer(text)]
    settled = [end for end in ends if text[end:].lstrip() and not text[end:].lstrip().startswith("[")]
    return settled[-1] if settled else 0


class Supporting:
    """The passages an answer was shown, by their numbers, to hold its sentences against."""

    def __init__(self, shown: Sequence[Passage]) -> None:
        self._shown = shown
        self._pieces: dict[int, list[tuple[int, int, frozenset[str]]]] = {}
        seen: Counter[str] = Counter()
        for number, passage in enumerate(shown, 1):
            self._pieces[number] = pieces = list(_pieces(passage.text))
            for _, _, words in pieces:
                seen.update(words)
        self._weights: Mapping[str, float] = {word: 1 / (1 + math.log(count)) for word, count in seen.items()}

    def supports(self, cited: Cited) -> dict[int, Support]:
        """What supports the sentence in each shown passage that it cites, by the passage's number."""
        numbers = [number for number in cited.numbers if number in self._pieces]
        words = telling(cited.words)
        share = self.share(words, numbers)
        found = {}
        for number in numbers:
            start, end, own = self._best_window(words, number)
            passage = self._shown[number - 1]
            found[number] = Support(
                start=cited.start,
                end=cited.end,
                source_start=passage.start + start,
                source_end=passage.start + end,
                share=round(share, 4),
                supported=share >= ENOUGH and own > 0,
            )
        return found

    def share(self, words: frozenset[str], numbers: Sequence[int]) -> float:
        """How much of the words' weight stands in the passages of these numbers, from 0 to 1."""
        there = {word for number in numbers for _, _, piece in self._pieces[number] for word in piece}
        if not words or any(NUMBER.search(word) for word in words - there):
            return 0.0
        return self._weight(words & there) / self._weight(words)

    def _best_window(self, words: frozenset[str], number: int) -> tuple[int, int, float]:
        """The shortest of one or two sentences that hold most of the words, and the weight they hold."""
        pieces = self._pieces[number]
        pairs = [(one[0], other[1], one[2] | other[2]) for one, other in pairwise(pieces)]
        best = max(
            [*pieces, *pairs],
            key=lambda window: (round(self._weight(words & window[2]), 6), window[0] - window[1]),
            default=(0, 0, frozenset[str]()),
        )
        return best[0], best[1], self._weight(words & best[2])

    def _weight(self, words: frozenset[str] | set[str]) -> float:
        return math.fsum(self._weights.get(word, 1.0) for word in words)


def supported_citations(
    text: str, citations: Sequence[Citation], supporting: Supporting
) -> tuple[Citation, ...]:
    """The citations with what supports each sentence that makes them, in the answer's order."""
    found: dict[int, list[Support]] = {}
    for cited in cited_sentences(text):
        for number, support in supporting.supports(cited).items():
            found.setdefault(number, []).append(support)
    return tuple(replace(citation, supports=tuple(found.get(citation.number, ()))) for citation in citations)


def telling(text: str) -> frozenset[str]:
    """The words that say something: no common ones, and each without its ending."""
    return frozenset(index_words(text, "english"))


def _pieces(text: str) -> Iterator[tuple[int, int, frozenset[str]]]:
    """The text's sentences: where each begins and ends in it, and its telling words."""
    at = 0
    for sentence in sentences_of(text):
        body = sentence.strip()
        if body:
            start = at + sentence.index(body[0])
            yield start, start + len(body), telling(body)
        at += len(sentence)
