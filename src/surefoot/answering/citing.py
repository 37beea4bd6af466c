"""Read an answer's [n] marks and its abstention."""

import re
from collections.abc import Sequence

from surefoot.records import Citation, RankedPassage

_MARK = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_WORD = re.compile(r"[^\W_]+", re.UNICODE)


def cited_numbers(text: str) -> tuple[int, ...]:
    """Every number the text cites as [2] or [1, 3], in order of first mention, each once."""
    numbers = [int(number) for mark in _MARK.findall(text) for number in mark.split(",")]
    return tuple(dict.fromkeys(numbers))


def citations_in(text: str, shown: Sequence[RankedPassage]) -> tuple[Citation, ...]:
    """The passages the text cites. Numbers that no shown passage has are left out: see `quality`."""
    return tuple(
        citation(number, shown[number - 1]) for number in cited_numbers(text) if 1 <= number <= len(shown)
    )


def citation(number: int, ranked: RankedPassage) -> Citation:
    """The citation of one shown passage under its number."""
    passage = ranked.passage
    return Citation(
        number=number,
        passage_id=passage.id,
        source=passage.source,
        start=passage.start,
        end=passage.end,
        headings=passage.headings,
        text=passage.text,
        score=ranked.score,
    )


def abstains(text: str, abstention: str) -> bool:
    """Whether the answer opens with the abstention sentence, whatever its case and punctuation."""
    said, sentence = words(text), words(abstention)
    return bool(sentence) and said[: len(sentence)] == sentence


def words(text: str) -> list[str]:
    """The text's words, case-folded, without its citation marks."""
    return [word.casefold() for word in _WORD.findall(_MARK.sub(" ", text))]
