"""The word that was probably meant by one that is not there."""

import difflib
from collections.abc import Iterable


def nearest(word: str, there: Iterable[str]) -> str | None:
    """The word that is spelt most like this one, None when none comes near."""
    return next(iter(difflib.get_close_matches(word, [*there], n=1)), None)


def did_you_mean(word: str, there: Iterable[str]) -> str:
    """The question with a space after it, to stand before a remedy; empty when no word comes near."""
    meant = nearest(word, there)
    return "" if meant is None else f"Did you mean {meant!r}? "
