r"""The regular expressions of JSON Schemas, run in a time that grows with the text alone, whatever they are.

A model's answer is checked against `pattern`, and who asks may steer the answer. Python's own engine tries
one way after another, which can take hours; here all ways are followed at once (Thompson, 1968).

The language is what JSON Schema recommends (2020-12, core 6.4), and `.`, `\d`, `\w`, `\s` as ECMA-262 has
them: no references back, no looking around, no flags. `$` is the text's very end.
"""

from dataclasses import dataclass
from functools import lru_cache

from surefoot.prompts.pattern_reading import (
    UNBOUNDED,
    Chars,
    Choice,
    Edge,
    Node,
    PatternError,
    Repeat,
    Sequence,
    read_pattern,
)

__all__ = ["Pattern", "PatternError", "compiled"]

_MOST_CHARACTERS = 1000
_MOST_STATES = 1000
_MOST_KEPT = 50_000  # states in the steps that are remembered; with more they are forgotten


@dataclass(slots=True)
class _State:
    """One state: with a test it takes a character, else it goes on to all of `after` at once."""

    after: list[int]
    test: Chars | Edge | None = None


@lru_cache(maxsize=64)
def compiled(pattern: str) -> "Pattern":
    """The pattern, ready to be run. Raises PatternError."""
    return Pattern(pattern)


class Pattern:
    """A pattern that is looked for anywhere in a text."""

    def __init__(self, pattern: str) -> None:
        """Raises PatternError."""
        if len(pattern) > _MOST_CHARACTERS:
            raise PatternError(f"it has {len(pattern)} characters, and at most {_MOST_CHARACTERS} are taken")
        self._states: list[_State] = [_State([])]  # the first is where a match ends
        self._begin = self._built(read_pattern(pattern), 0)
        self._kept: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._kept_states = 0

    def found_in(self, text: str) -> bool:
        """Whether the text holds a match."""
        there = self._reached({self._begin}, first=True, last=not text)
        fresh = self._reached({self._begin}, first=False, last=False)
        for place, character in enumerate(text):
            if 0 in there:
                return True
            after = self._kept.get((there, character))
            if after is None:
                after = self._reached(self._taken(there, character), first=False, last=False) | fresh
                self._keep(there, character, after)
            if place == len(text) - 1:
                begun = self._taken(there, character) | {self._begin}
                after = self._reached(begun, first=False, last=True)
            there = after
        return 0 in there

    def _keep(self, there: frozenset[int], character: str, after: frozenset[int]) -> None:
        """Remember a step: texts take the same ones again and again."""
        self._kept_states += len(there) + len(after) + 1
        if self._kept_states > _MOST_KEPT:
            self._kept.clear()
            self._kept_states = 0
        self._kept[there, character] = after

    def _taken(self, there: frozenset[int], character: str) -> set[int]:
        """The states that a character leads to."""
        states = self._states
        return {
            states[each].after[0]
            for each in there
            if isinstance(test := states[each].test, Chars) and test.holds(character)
        }

    def _reached(self, begun: set[int], *, first: bool, last: bool) -> frozenset[int]:
        """All states that are reached from these without a character."""
        reached, pending = set(begun), [*begun]
        while pending:
            state = self._states[pending.pop()]
            if isinstance(state.test, Chars):
                continue
            if isinstance(state.test, Edge) and not (last if state.test.end else first):
                continue
            new = [each for each in state.after if each not in reached]
            reached.update(new)
            pending += new
        return frozenset(reached)

    def _built(self, node: Node, after: int) -> int:
        """The state with which a node begins, when `after` is the one behind it."""
        match node:
            case Sequence(parts):
                for part in reversed(parts):
                    after = self._built(part, after)
                return after
            case Choice(ways):
                return self._new([self._built(way, after) for way in ways])
            case Repeat():
                return self._repeated(node, after)
            case _:
                return self._new([after], node)

    def _repeated(self, node: Repeat, after: int) -> int:
        if node.most == UNBOUNDED:
            again = self._new([after])
            self._states[again].after.append(self._built(node.part, again))
            after = again
        for _ in range(node.most - node.least):
            after = self._new([self._built(node.part, after), after])
        for _ in range(node.least):
            after = self._built(node.part, after)
        return after

    def _new(self, after: list[int], test: Chars | Edge | None = None) -> int:
        if len(self._states) == _MOST_STATES:
            raise PatternError("it repeats too much; bound a text's length by maxLength instead")
        self._states.append(_State(after, test))
        return len(self._states) - 1
