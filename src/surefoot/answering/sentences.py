"""Sentences that cite, as they become whole while an answer is still being written."""

from collections.abc import Iterator, Sequence

from surefoot.answering.parts import SentenceCited
from surefoot.answering.supporting import Supporting, cited_sentences, whole_until
from surefoot.records import RankedPassage


class CitesAsTheyCome:
    """Collects the text of an answer and holds each sentence against what it cites, once."""

    def __init__(self, shown: Sequence[RankedPassage]) -> None:
        self.supporting = Supporting([ranked.passage for ranked in shown])
        self._text = ""
        self._told = 0

    def after(self, text: str) -> Iterator[SentenceCited]:
        """Those that this piece of text completes; the last of an answer is told with the whole answer."""
        self._text += text
        whole = whole_until(self._text[self._told :])
        if not whole:
            return
        start, self._told = self._told, self._told + whole
        for cited in cited_sentences(self._text[: self._told], start):
            supports = self.supporting.supports(cited)
            if supports:
                yield SentenceCited(start=cited.start, end=cited.end, supports=supports)
