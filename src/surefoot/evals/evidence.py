"""Which passages hold which facts: decided by the span of a document, never by a passage's id.

Recipes cut documents differently, so an id says nothing across recipes. A fact names verbatim quotes of
documents, and a passage's text is exactly its span of its document: the two can be laid over each other.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cache

from surefoot.records import Case, Fact, Passage

# The share of a quote's characters that a passage must cover to hold it. A passage that begins or ends within
# a quote holds it when it has the larger half: then a cut through a quote leaves it with one side at least.
HELD_SHARE = 0.5


def holds(passage: Passage, fact: Fact) -> bool:
    """Whether the passage covers at least HELD_SHARE of the quote at one of the fact's places."""
    text = spaced(passage.text)
    for place in fact.places:
        if place.source == passage.source:
            quote = spaced(place.quote)
            if quote and covered_characters(quote, text) >= HELD_SHARE * len(quote):
                return True
    return False


def first_ranks(case: Case, passages: Sequence[Passage]) -> dict[int, int]:
    """The first rank, from 1, that holds a fact, by the fact's place in `case.facts`; held ones alone.

    A fact counts where it is first held, so passages that overlap never count it twice.
    """
    ranks: dict[int, int] = {}
    for rank, passage in enumerate(passages, 1):
        for number, fact in enumerate(case.facts):
            if number not in ranks and holds(passage, fact):
                ranks[number] = rank
    return ranks


def stands_in(quote: str, text: str) -> bool:
    """Whether the text holds the quote, with any run of white space as one space, and no word cut in two."""
    return _whole_in(spaced(quote), spaced(text))


def times_in(quote: str, text: str) -> int:
    """How often the text holds the quote, as `stands_in` looks for it; both are `spaced` already."""
    return sum(1 for _ in _wholes(quote, text))


def covered_characters(quote: str, text: str) -> int:
    """How many characters of the quote lie within the span whose text this is; both have single spaces.

    A span covers all of a quote, or lies within it, or begins or ends within it. A likeness in the middle of
    the text is none of these: "The default is 5 minutes" covers nothing of "The default is 30 days".
    """
    if _whole_in(quote, text):
        return len(quote)
    if text and text in quote:
        return len(text)
    for length in range(min(len(quote), len(text)) - 1, 0, -1):
        if _begins_at_end(quote[:length], text) or _ends_at_start(quote[-length:], text):
            return length
    return 0


def gain(held: Sequence[int]) -> float:
    """The gain of facts newly held at rank 1, 2 and so on: each counts 1 / log2(rank + 1)."""
    return sum(count / math.log2(rank + 1) for rank, count in enumerate(held, 1))


def ideal_gain(facts: Sequence[Fact]) -> float:
    """The highest gain that passages of any recipe can have: the best order of whole documents.

    A passage may hold several facts, but only of one document. So the best that could be shown is one
    document after the other, each as one passage, in the best order. It depends on the case alone, which
    keeps recipes comparable. Computed exactly over subsets of the facts, of which a case has few.
    """
    documents: dict[str, int] = {}
    for number, fact in enumerate(facts):
        for place in fact.places:
            documents[place.source] = documents.get(place.source, 0) | 1 << number
    choices = sorted(set(documents.values()))

    @cache
    def best(held: int, rank: int) -> float:
        new = {choice | held for choice in choices} - {held}
        return max(
            ((after ^ held).bit_count() / math.log2(rank + 1) + best(after, rank + 1) for after in new),
            default=0.0,
        )

    return best(0, 1)


def spaced(text: str) -> str:
    """The text with any run of white space as one space, and none at its ends."""
    return " ".join(text.split())


def _whole_in(quote: str, text: str) -> bool:
    return next(_wholes(quote, text), None) is not None


def _wholes(quote: str, text: str) -> Iterator[int]:
    """Where the quote begins in the text without a word cut in two."""
    at = text.find(quote) if quote else -1
    while at >= 0:
        if _apart(text, at, at + len(quote)):
            yield at
        at = text.find(quote, at + 1)


def _begins_at_end(beginning: str, text: str) -> bool:
    """The span ends within the quote, whose first word must begin there."""
    return text.endswith(beginning) and _apart(text, len(text) - len(beginning), len(text))


def _ends_at_start(ending: str, text: str) -> bool:
    """The span begins within the quote, whose last word must end there."""
    return text.startswith(ending) and _apart(text, 0, len(ending))


def _apart(text: str, start: int, end: int) -> bool:
    """Whether no word goes on across the edges: "30 days" does not stand in "130 days"."""
    return not (_word_at(text, start - 1) and _word_at(text, start)) and not (
        _word_at(text, end - 1) and _word_at(text, end)
    )


def _word_at(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] == "_")
