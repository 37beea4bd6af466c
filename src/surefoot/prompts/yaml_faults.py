"""What is wrong with front matter that is no YAML: in plain words, and where it is to be mended."""

import re
from dataclasses import dataclass
from typing import Protocol

_ENTRY = re.compile(r"(?P<indent>[ \t]*(?:- +)?)(?P<key>[A-Za-z0-9_-]+):[ \t]+(?P<value>.*\S)[ \t]*\Z")
_SHOWN = 60
_ENDS = {"{": "}", "[": "]"}
_ALIKE = "Indent the keys of one level alike, and write a ':' and a space after each."
# What PyYAML says, what we say, and what to do.
_PLAIN = (
    (r"'\\t'", "a tab stands here", "Indent with spaces."),
    (
        "mapping values are not allowed|<block mapping start>",
        "a key stands here where none can",
        _ALIKE,
    ),
    ("but found '-'", "a list begins here among keys", "Write it as key: value."),
    (r"but found '([]}])'", r"the '\1' ends nothing", "Remove it."),
    ("(aliases.*)", r"\1", "Put a text that begins with '*' in quotes."),
    ("'<stream end>'", "it ends within brackets", "Write } for each { and ] for each [."),
)
# What PyYAML says of a text that would have been fine in quotes.
_LACKS_QUOTES = re.compile(
    r"mapping values are not allowed|cannot start any token|but found '<scalar>'|expected alphabetic or"
    r"|expected chomping|expected a comment|entries are not allowed|keys are not allowed"
)


class Mark(Protocol):
    """A place as PyYAML gives it; all three count from 0, `index` through the whole text."""

    line: int
    column: int
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlFault:
    """What is wrong, what to do, and where; the place is None where PyYAML tells none."""

    message: str
    remedy: str
    mark: Mark | None


def yaml_fault(front: str, *, problem: str, mark: Mark | None, context: str, begun: Mark | None) -> YamlFault:
    """Why the front matter cannot be read; PyYAML's own words where nothing is known about its fault.

    `mark` is where PyYAML gave up, `begun` where that began in which it was, and `context` what that is.
    """
    found = None if begun is None else _opened(front, problem, context, begun)
    if found is None and mark is not None:
        found = _at_mark(front, problem, mark)
    return found or YamlFault(message=problem, remedy="Mend the YAML there.", mark=mark)


def _opened(front: str, problem: str, context: str, begun: Mark) -> YamlFault | None:
    """What began above and goes wrong further below: PyYAML points to where it noticed."""
    if begun.index >= len(front):
        return None
    opener = front[begun.index]
    if "a flow" in context and opener in _ENDS:
        return YamlFault(
            message=f"the {opener!r} that begins here goes wrong before its {_ENDS[opener]!r}",
            remedy=f"Write ',' between its parts and {_ENDS[opener]!r} at its end.",
            mark=begun,
        )
    if "quoted scalar" in context and "unexpected end" in problem:
        return YamlFault(
            message=f"the quote {opener} that begins here has no end",
            remedy=f"Write {opener} where the text ends.",
            mark=begun,
        )
    if "simple key" in context:
        return YamlFault(
            message=f"{_line(front, begun).strip()[:_SHOWN]!r} is no key with a value",
            remedy="Write it as key: value, with a space after the ':'.",
            mark=begun,
        )
    return None


def _at_mark(front: str, problem: str, mark: Mark) -> YamlFault | None:
    line = _line(front, mark)
    if "escape character" in problem:
        message = f"the text in quotes holds {line[mark.column - 1 :][:2]}"
        remedy = r"Write \\ for a backslash, or put the text in single quotes."
        return YamlFault(message=message, remedy=remedy, mark=mark)
    entry = _ENTRY.match(line)
    within = entry is not None and entry.start("value") <= mark.column < entry.end("value")
    if entry is not None and within and _LACKS_QUOTES.search(problem):
        return _without_quotes(entry, mark)
    for theirs, message, remedy in _PLAIN:
        found = re.search(theirs, problem)
        if found is not None:
            return YamlFault(message=found.expand(message), remedy=remedy, mark=mark)
    return None


def _without_quotes(entry: re.Match[str], mark: Mark) -> YamlFault:
    """A value that YAML takes for something else than a text."""
    value, sign = entry["value"], entry.string[mark.column]
    if value[0] in _ENDS and sign in "@`%*&!|>":
        message = f"a text in {entry['key']!r} begins with {sign!r}"
        return YamlFault(message=message, remedy="Put that text in quotes.", mark=mark)
    holds = (
        f"begins with {value[0]!r}" if value[0] in "@`%*&!|>[{-?\"'" else "holds a ':' with a space after it"
    )
    quoted = value.replace("'", "''")
    shown = f": {entry['key']}: '{quoted}'" if len(value) <= _SHOWN else ""
    return YamlFault(
        message=f"the value of {entry['key']!r} {holds}, which means something else in YAML",
        remedy=f"Put the value in quotes{shown}",
        mark=mark,
    )


def _line(front: str, mark: Mark) -> str:
    lines = front.split("\n")
    return lines[mark.line] if mark.line < len(lines) else ""
