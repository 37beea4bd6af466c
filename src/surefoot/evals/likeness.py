"""Which questions ask the same in other words, and which texts share no word: told by the words alone."""

import difflib
import re
from collections.abc import Iterator, Sequence

from surefoot.records import Case

# Of the words of two questions that rest on the same facts, the share that makes them alike.
ALIKE_SHARE = 0.75
# How alike two words are spelt that one may be a slip of the other.
SLIP_SHARE = 0.8
SHORTEST_SLIP = 5

_WORD = re.compile(r"\w+")
# Words that most sentences have, whatever they are about. What a question asks for is not among them: "when"
# and "who" ask different things.
_COMMON = frozenset(
    "a an and any are as at be been by can could did do does for from get had has have i if in into is it "
    "its may me must my of on or our shall should so such than that the their them then there these they "
    "this to was we were will with would you your".split()
)


def content_words(text: str) -> frozenset[str]:
    """The words that say what a text is about, without case and plural; all of its words where none does."""
    words = [word.casefold() for word in _WORD.findall(text)]
    return frozenset(_singular(word) for word in words if word not in _COMMON) or frozenset(words)


def near_duplicates(cases: Sequence[Case]) -> Iterator[tuple[int, int]]:
    """Pairs of places in `cases` whose questions are alike, the later one first; each with one earlier one.

    Alike are those of the same words in any order, those that differ in the spelling of one word, and those
    that rest on the same facts and share most of their words. Cases whose history, reader or planted text
    differs ask something else.
    """
    asked = [(case.history, case.groups, case.planted) for case in cases]
    words = [content_words(case.question) for case in cases]
    by_words: dict[object, int] = {}
    by_all_but_one: dict[object, list[tuple[int, str]]] = {}
    by_facts: dict[object, list[int]] = {}
    for at, case in enumerate(cases):
        context = asked[at]
        found = by_words.setdefault((context, words[at]), at)
        if found == at:
            found = _misspelt(by_all_but_one, context, words[at], at)
        rivals = by_facts.setdefault((context, frozenset(case.facts)), [])
        if found == at and case.facts:
            found = next((other for other in rivals if _share(words[other], words[at]) >= ALIKE_SHARE), at)
        rivals.append(at)
        if found != at:
            yield at, found


def _misspelt(
    known: dict[object, list[tuple[int, str]]], context: object, words: frozenset[str], at: int
) -> int:
    """An earlier question that differs in one word, and that only as slips do; else `at` itself."""
    found = at
    for word in words:
        places = known.setdefault((context, words - {word}), [])
        found = next((other for other, theirs in places if _slip(word, theirs)), found)
        places.append((at, word))
    return found


def _slip(one: str, other: str) -> bool:
    long_enough = min(len(one), len(other)) >= SHORTEST_SLIP
    spelt = one.isalpha() and other.isalpha()
    return long_enough and spelt and difflib.SequenceMatcher(None, one, other).ratio() >= SLIP_SHARE


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
