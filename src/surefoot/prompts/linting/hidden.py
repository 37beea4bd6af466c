"""Characters that a model reads and that nobody sees: the way to put words into a prompt past its review."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Controls, soft hyphens, zero-width spaces and joiners of words, what turns the direction of text, and tags.
# Left out is what scripts and emoji need: U+200C to U+200F, and one variation selector at a time.
_HIDDEN = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u00ad\\u200b\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u2069"
    "\\ufe00-\\ufe0f\\ufeff\\ufff9-\\ufffb\\U000e0000-\\U000e007f\\U000e0100-\\U000e01ef]+"
)
_SELECTOR = re.compile("[\\ufe00-\\ufe0f\\U000e0100-\\U000e01ef]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """A run of such characters, and where it begins; both count from 1."""

    line: int
    column: int
    characters: str

    @property
    def message(self) -> str:
        """What stands there."""
        first = self.characters[0]
        called = f"U+{ord(first):04X} {unicodedata.name(first, '(a control character)')}"
        if len(self.characters) == 1:
            return f"a character that nobody sees stands here: {called}"
        return f"{len(self.characters)} characters that nobody sees stand here, the first of them {called}"


def hidden_in(text: str) -> Iterator[Hidden]:
    """Every run of characters that nobody sees."""
    for match in _HIDDEN.finditer(text):
        if _SELECTOR.fullmatch(match.group()):
            continue
        before = text[: match.start()]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        yield Hidden(line=line, column=column, characters=match.group())
