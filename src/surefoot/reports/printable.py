"""Make text from models, documents and callers safe to print: it must not steer the terminal."""

import re
import unicodedata

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor moves
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\n\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)"  # titles
    r"|\x1b[ -/]*[0-~]"  # resets and character sets
)
# Letters that reverse what follows, so that what is read is not what is written.
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """The text without escape sequences, control characters and direction overrides; lines stay lines.

    What UTF-8 cannot say (lone surrogates) becomes U+FFFD.
    """
    plain = _SEQUENCE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(_shown(letter) for letter in plain)


def one_line(text: str) -> str:
    """The same on one line: any run of white space is one space."""
    return " ".join(printable(text).split())


def _shown(letter: str) -> str:
    if letter in "\n\t":
        return letter
    category = unicodedata.category(letter)
    if category == "Cs":
        return "\ufffd"
    if category in ("Zl", "Zp"):
        return "\n"
    return "" if category == "Cc" or letter in _DIRECTIONS else letter
