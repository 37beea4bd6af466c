"""Text of others within Markdown, which a bot will post under its own name: it must stay plain text.

Such text must neither make markup (links, images, HTML, a table's cell) nor set a forge to work: mention a
person, refer to an issue, give a bot a command. Markup is kept out by character references, which Markdown
and HTML read as letters. Mentions and the like are found in the text as it is shown, so they are broken by a
zero-width space, which nobody sees. Nothing here starts a line, so no `/command` is read either.
"""

import re

from surefoot.reports.gate_words import cut
from surefoot.reports.printable import one_line, printable

_BREAK = "\u200b"
# @name, #12, !12, $12, ~label, %milestone, &epic, ^word, GH-12, and what is linked by itself.
_SIGNS = re.compile(r"(?<=[@#!$~%&^])(?=\w)|(?<=:)(?=//)|(?i:(?<=www)(?=\.)|(?<=\bgh-)(?=\d))")
_LETTERS = {ord(letter): f"&#{ord(letter)};" for letter in "&<>\"'`*_[]\\|~$"}

# Behind the mark of a list's item these would begin a heading, or a list within.
_OPENERS = "#+-=0123456789"


def inert(text: str, *, most: int = 400) -> str:
    """The text on one line, at most so many letters of it: for a cell, a sentence or a heading."""
    quiet = _quiet(cut(one_line(text), most))
    if quiet and quiet[0] in _OPENERS:
        return f"&#{ord(quiet[0])};{quiet[1:]}"
    return quiet


def inert_lines(text: str, *, most: int) -> str:
    """The text with `<br>` for its line ends, at most so many letters of it: for a cell of an HTML table."""
    return "<br>".join(_quiet(line) for line in cut(printable(text).strip(), most).splitlines())


def inert_block(text: str, language: str, *, most: int) -> str:
    """The text as a fenced block, at most so many letters of it; a sign or a space starts each line."""
    lines = cut(printable(text).strip("\n"), most).split("\n")
    body = "\n".join(line if line.startswith(("+", "-", " ", "@@ ")) else f" {line}" for line in lines)
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{_SIGNS.sub(_BREAK, body)}\n{fence}"


def _quiet(text: str) -> str:
    return _SIGNS.sub(_BREAK, text).translate(_LETTERS)
