"""Prompts as values, and the many ways in which a file can spell the same one.

A spelling takes every choice that is not to count: comments, white space in tags, quotes, indentation of tag
lines, blank lines at a message's edges and between messages, the style and the order of YAML.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from surefoot.records import Json


@dataclass(frozen=True, kw_only=True)
class Shown:
    """`{{ ... }}`: tokens as they stand, but for texts, which are given as ("text",)."""

    tokens: tuple[str | tuple[str], ...]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a message."""

    parts: tuple[str | Shown, ...]


@dataclass(frozen=True, kw_only=True)
class Block:
    """A loop or a condition around lines, its tags on lines of their own."""

    opening: tuple[str | tuple[str], ...]
    lines: "tuple[Line | Block, ...]"


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A message, and whether one comes of every passage."""

    role: str
    lines: tuple[Line | Block, ...]
    each_passage: bool = False


@dataclass(frozen=True, kw_only=True)
class Written:
    """A whole prompt file: the keys of its front matter, its messages, and where the history goes."""

    front: Mapping[str, Json]
    turns: tuple[Turn, ...]
    history_after: int | None = None


class Speller:
    """Spells prompts, every choice made by `chance`."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def file(self, prompt: Written) -> str:
        """The text of the prompt file."""
        front = "\n".join(self._mapping(prompt.front, 0, ordered=False))
        return f"---\n{front}\n---\n{''.join(self._body(prompt))}"

    def _body(self, prompt: Written) -> Iterator[str]:
        for number, turn in enumerate(prompt.turns):
            yield self._between()
            if turn.each_passage:
                yield self._tag(("for", "p", "in", "passages")) + self._between()
            yield self._tag((turn.role,)) + (self._edge() or "\n")
            yield from self._lines(turn.lines)
            yield self._edge() + self._tag((f"end{turn.role}",)) + self._between()
            if turn.each_passage:
                yield self._tag(("endfor",)) + self._between()
            if prompt.history_after == number:
                yield self._tag(("history",)) + self._between()

    def _lines(self, lines: Sequence[Line | Block]) -> Iterator[str]:
        for line in lines:
            if self._chance.random() < 0.3:
                yield self._indent() + self._comment() + "\n"
            if isinstance(line, Block):
                yield self._indent() + self._tag(line.opening) + self._end_of_line()
                yield from self._lines(line.lines)
                yield self._indent() + self._tag((f"end{line.opening[0]}",)) + self._end_of_line()
            else:
                yield "".join(self._part(part) for part in line.parts) + "\n"

    def _part(self, part: str | Shown) -> str:
        if isinstance(part, str):
            return part
        spelled = self._space() + self._tokens(part.tokens) + self._space()
        return "{{" + spelled + "}}" + (self._comment() if self._chance.random() < 0.2 else "")

    def _tag(self, tokens: Sequence[str | tuple[str]]) -> str:
        return "{%" + self._space() + self._tokens(tokens) + self._space() + "%}"

    def _tokens(self, tokens: Sequence[str | tuple[str]]) -> str:
        spelled = [token if isinstance(token, str) else self._quoted(token[0]) for token in tokens]
        return "".join(
            token + (self._space() if re.match(r"[^\w'\"]", token) or not after else self._gap(after))
            for token, after in zip(spelled, [*spelled[1:], ""], strict=True)
        ).rstrip()

    def _gap(self, after: str) -> str:
        """White space between two tokens, which words need and signs do not."""
        return self._chance.choice([" ", "  ", "\n "]) if re.match(r"[\w'\"]", after) else self._space()

    def _space(self) -> str:
        return self._chance.choice(["", " ", "   ", "\n  "])

    def _indent(self) -> str:
        return self._chance.choice(["", "  ", "\t"])

    def _end_of_line(self) -> str:
        return self._chance.choice(["\n", "  \n"])

    def _edge(self) -> str:
        return self._chance.choice(["", "\n", "\n\n  \n", "\n" + self._comment() + "\n"])

    def _between(self) -> str:
        return self._chance.choice(["", " ", "\n", "\n\n\n", self._comment(), "\n" + self._comment() + "\n"])

    def _comment(self) -> str:
        return "{#" + self._chance.choice(["", " why ", " {{ x }} ", "\n two lines\n"]) + "#}"

    def _quoted(self, text: str) -> str:
        return self._chance.choice([f"'{text}'", f'"{text}"'])

    def _mapping(self, value: Mapping[str, Json], depth: int, *, ordered: bool) -> list[str]:
        """The lines of a mapping in block style; the order of its keys is kept only where it counts."""
        names = list(value)
        if not ordered:
            self._chance.shuffle(names)
        lines: list[str] = []
        for name in names:
            inner, counts = value[name], name == "properties"
            if isinstance(inner, Mapping) and inner and self._chance.random() < 0.5:
                lines.append(f"{'  ' * depth}{self._scalar(name)}:")
                lines += self._mapping(inner, depth + 1, ordered=counts)
            else:
                spelled = self._flow(inner, ordered=counts)
                lines.append(f"{'  ' * depth}{self._scalar(name)}: {spelled}{self._remark()}")
        return lines

    def _flow(self, value: Json, *, ordered: bool) -> str:
        if isinstance(value, Mapping):
            names = list(value)
            if not ordered:
                self._chance.shuffle(names)
            inside = (
                f"{self._scalar(name)}: {self._flow(value[name], ordered=name == 'properties')}"
                for name in names
            )
            return "{" + ", ".join(inside) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self._flow(item, ordered=False) for item in value) + "]"
        return self._scalar(value) if isinstance(value, str) else json.dumps(value)

    def _scalar(self, text: str) -> str:
        plain = [text] if re.fullmatch(r"[a-zA-Z][a-zA-Z_]*( [a-z]+)*", text) else []
        return self._chance.choice([*plain, f"'{text}'", json.dumps(text)])

    def _remark(self) -> str:
        return self._chance.choice(["", "  # a remark"])
