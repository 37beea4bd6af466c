"""What is embedded for passages: each as a whole, or window by window.

An embedder blurs a long text: what one sentence says is lost among the others. With windows a passage has
several vectors, and is as near to a question as its nearest window.
"""

from collections.abc import Sequence

import numpy
from numpy.typing import NDArray

from surefoot.records import Passage
from surefoot.retrieval.spans import count_words, sentences_of

Owners = NDArray[numpy.int32]
ROW = "#"


def search_text(passage: Passage, headers: str = "path") -> str:
    """What is indexed for a passage: its text, below headings it does not show, if wanted."""
    return "\n".join([*_headings_above(passage, headers), passage.text])


def vector_texts(
    passages: Sequence[Passage], window_words: int, headers: str = "path"
) -> tuple[list[str], Owners]:
    """The texts to embed, and for each the place of its passage, counted from 0, in rising order.

    `window_words` of 0 embeds each passage as a whole; `headers` are the recipe's.
    """
    texts: list[str] = []
    owners: list[int] = []
    for place, passage in enumerate(passages):
        above = _headings_above(passage, headers)
        for window in windows_of(passage.text, window_words):
            texts.append("\n".join([*above, window]))
            owners.append(place)
    return texts, numpy.asarray(owners, dtype=numpy.int32)


def row_ids(ids: Sequence[str], owners: Owners) -> list[str]:
    """A name for each row of vectors: its passage's id, and which of that passage's rows it is."""
    names: list[str] = []
    for at, owner in enumerate(owners):
        first = at == 0 or owners[at - 1] != owner
        number = 0 if first else int(names[-1].rpartition(ROW)[2]) + 1
        names.append(f"{ids[owner]}{ROW}{number}")
    return names


def passage_of_row(name: str) -> str:
    """The id of the passage that a row of vectors belongs to."""
    return name.rpartition(ROW)[0]


def windows_of(text: str, window_words: int) -> list[str]:
    """Whole sentences together, up to so many words, each window with a quarter of the one before it.

    A sentence longer than that is a window of its own. Joined without what they share they are the text.
    """
    if window_words == 0 or count_words(text) <= window_words * 5 // 4:
        return [text]
    sentences = sentences_of(text)
    sizes = [count_words(sentence) for sentence in sentences]
    windows: list[str] = []
    start = 0
    while start < len(sentences):
        end = _reach(sizes, start, window_words)
        windows.append("".join(sentences[start:end]))
        if end == len(sentences):
            break
        start = _back(sizes, start, end, window_words // 4)
    return [window for window in windows if window.strip()]


def _headings_above(passage: Passage, headers: str) -> list[str]:
    if headers == "none":
        return []
    return [heading for heading in passage.headings if heading not in passage.text]


def _reach(sizes: Sequence[int], start: int, most: int) -> int:
    """The end of the longest run of sentences from `start` that holds at most `most` words, at least one."""
    end, words = start + 1, sizes[start]
    while end < len(sizes) and words + sizes[end] <= most:
        words += sizes[end]
        end += 1
    return end


def _back(sizes: Sequence[int], start: int, end: int, shared: int) -> int:
    """Where the next window begins: before `end`, sharing at most so many words, but after `start`."""
    words = 0
    while end - 1 > start and words + sizes[end - 1] <= shared:
        words += sizes[end - 1]
        end -= 1
    return end
