"""Reads the regular expressions of JSON Schemas: what JSON Schema recommends, and nothing more."""

from collections.abc import Iterator
from dataclasses import dataclass

_MOST_GROUPS_DEEP = 40
UNBOUNDED = -1

_DIGITS = (("0", "9"),)
_WORD = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
_SPACE = (
    ("\t", "\r"), (" ", " "), ("\u00a0", "\u00a0"), ("\u1680", "\u1680"), ("\u2000", "\u200a"),
    ("\u2028", "\u2029"), ("\u202f", "\u202f"), ("\u205f", "\u205f"), ("\u3000", "\u3000"),
    ("\ufeff", "\ufeff"),
)  # fmt: skip
_LINE_ENDS = (("\n", "\n"), ("\r", "\r"), ("\u2028", "\u2029"))
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": _SPACE}
_SIGNS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}
_HEXADECIMAL = {"x": 2, "u": 4}

Ranges = tuple[tuple[str, str], ...]


class PatternError(ValueError):
    """The pattern is not one that is run here; the words say why."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of these ranges, or one of none of them."""

    ranges: Ranges
    negated: bool = False

    def holds(self, character: str) -> bool:
        """Whether the character is one."""
        return any(first <= character <= last for first, last in self.ranges) != self.negated


@dataclass(frozen=True, slots=True)
class Edge:
    """The text's beginning, or its end."""

    end: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after another."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Any one of them."""

    ways: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """So many times one after another; `most` may be UNBOUNDED."""

    part: "Node"
    least: int
    most: int


Node = Chars | Edge | Sequence | Choice | Repeat


def read_pattern(pattern: str) -> Node:
    """What a pattern is made of. Raises PatternError."""
    return _Reader(pattern).whole()


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._deep = 0

    def whole(self) -> Node:
        node = self._choice()
        if self._at < len(self._pattern):
            raise self._wrong("the ')' ends nothing")
        return node

    def _wrong(self, why: str) -> PatternError:
        return PatternError(f"{why}, at character {self._at + 1}")

    def _took(self, sign: str) -> bool:
        if not sign or not self._pattern.startswith(sign, self._at):
            return False
        self._at += len(sign)
        return True

    def _next(self) -> str:
        if self._at == len(self._pattern):
            raise self._wrong("it breaks off")
        self._at += 1
        return self._pattern[self._at - 1]

    def _choice(self) -> Node:
        ways = [self._sequence()]
        while self._took("|"):
            ways.append(self._sequence())
        return Choice(tuple(ways)) if len(ways) > 1 else ways[0]

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            parts.append(self._repeats(self._atom()))
        return Sequence(tuple(parts))

    def _atom(self) -> Node:
        sign = self._next()
        if sign == "(":
            return self._group()
        if sign in "*+?{}]":
            self._at -= 1
            raise self._wrong(f"{sign!r} stands alone: as a character it is written \\{sign}")
        if sign in "^$":
            return Edge(end=sign == "$")
        if sign == ".":
            return Chars(_LINE_ENDS, negated=True)
        if sign == "[":
            return self._class()
        return self._escape() if sign == "\\" else Chars(((sign, sign),))

    def _group(self) -> Node:
        if self._took("?") and not self._took(":"):
            raise self._wrong("a group is plain, or begins with (?: alone")
        self._deep += 1
        if self._deep > _MOST_GROUPS_DEEP:
            raise self._wrong("its groups are nested too deep")
        inner = self._choice()
        if not self._took(")"):
            raise self._wrong("a group has no ')'")
        self._deep -= 1
        return inner

    def _repeats(self, part: Node) -> Node:
        bounds = self._bounds()
        if bounds is None:
            return part
        self._took("?")  # a lazy one finds the same texts
        if self._bounds() is not None:
            raise self._wrong("it repeats what is repeated already: put that in a group")
        return Repeat(part, *bounds)

    def _bounds(self) -> tuple[int, int] | None:
        """How often, as a sign says that stands here, with UNBOUNDED for any number more."""
        for sign, bounds in (("*", (0, UNBOUNDED)), ("+", (1, UNBOUNDED)), ("?", (0, 1))):
            if self._took(sign):
                return bounds
        if not self._took("{"):
            return None
        least, comma, most = self._until("}").partition(",")
        if not _is_number(least) or not (_is_number(most) or most == ""):
            raise self._wrong("a repetition is {2}, {2,} or {2,5}")
        upper = int(most) if most else UNBOUNDED if comma else int(least)
        if upper != UNBOUNDED and upper < int(least):
            raise self._wrong("a repetition has its bounds the wrong way round")
        return int(least), upper

    def _until(self, sign: str) -> str:
        end = self._pattern.find(sign, self._at)
        if end < 0:
            raise self._wrong(f"it has no {sign!r}")
        text, self._at = self._pattern[self._at : end], end + 1
        return text

    def _class(self) -> Chars:
        negated = self._took("^")
        return Chars(tuple(self._members()), negated)

    def _members(self) -> Iterator[tuple[str, str]]:
        while not self._took("]"):
            first = self._member()
            if isinstance(first, tuple):
                yield from first
                continue
            last: str | Ranges = first
            if (
                self._pattern[self._at : self._at + 1] == "-"
                and self._pattern[self._at + 1 : self._at + 2] != "]"
            ):
                self._at += 1
                last = self._member()
            if isinstance(last, tuple) or last < first:
                raise self._wrong("a range of characters goes from one to a later one")
            yield first, last

    def _member(self) -> str | Ranges:
        sign = self._next()
        if sign == "\\":
            escaped = self._escape()
            if escaped.negated:
                raise self._wrong("a class within [ ] is \\d, \\w or \\s")
            single = len(escaped.ranges) == 1 and escaped.ranges[0][0] == escaped.ranges[0][1]
            return escaped.ranges[0][0] if single else escaped.ranges
        return sign

    def _escape(self) -> Chars:
        sign = self._next()
        if sign.lower() in _CLASSES:
            return Chars(_CLASSES[sign.lower()], negated=sign.isupper())
        if sign in _HEXADECIMAL:
            digits = self._pattern[self._at : self._at + _HEXADECIMAL[sign]]
            if len(digits) < _HEXADECIMAL[sign] or not all(one in "0123456789abcdefABCDEF" for one in digits):
                raise self._wrong(f"\\{sign} takes {_HEXADECIMAL[sign]} hexadecimal digits")
            self._at += len(digits)
            sign = chr(int(digits, 16))
        elif sign in _SIGNS:
            sign = _SIGNS[sign]
        elif sign.isalnum():
            raise self._wrong(f"\\{sign} is not taken here")
        return Chars(((sign, sign),))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4
