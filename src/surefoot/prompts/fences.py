"""Passages stand between <passage> and </passage>, and no passage can write either.

The texts of passages are made harmless before any template sees them, so that no template's author has to
think of it.
"""

import re

FENCE = "passage"
HARMLESS = "\u2039"

# Signs that read as "<", and signs that nobody sees.
_OPENING = "[<\uff1c\ufe64]"
_UNSEEN = "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]*"
_TAG = re.compile(rf"{_OPENING}(?=[\W_]{{0,40}}{_UNSEEN.join(FENCE)})", re.IGNORECASE)


def without_fences(text: str) -> str:
    """The text with the `<` of whatever reads like the beginning or the end of a passage made a `\u2039`.

    In any case, with spaces and slashes between, and with signs within the word that nobody sees.
    """
    return _TAG.sub(HARMLESS, text)
