"""Handlebars read into parts, as dotprompt writes it. What no part can say stays as text, and is listed.

A variable has `ROOT` before its name, so that no loop's item is taken for one. `{{role}}` becomes a message
without a body: where it begins.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from surefoot.errors import PromptError
from surefoot.prompts.forms.handlebars_text import OF_LOOPS, ROLES
from surefoot.prompts.forms.handlebars_tokens import COUNTED, Token, tokens_of
from surefoot.prompts.forms.parts import (
    LOOP,
    ROOT,
    Choice,
    Condition,
    Each,
    Earlier,
    Keys,
    Part,
    Parts,
    Show,
    Text,
    Turn,
    item_name,
)

_OURS = {theirs: ours for ours, theirs in ROLES.items()}
_LOOP_WORDS = {theirs: ours for ours, theirs in OF_LOOPS.items()}
_WORDS = re.compile(r"\"[^\"]*\"|'[^']*'|\|[^|]*\||[^\s|]+")
_SEGMENT = re.compile(r"\[([^\]]*)\]|([^.\[\]/]+)")
_CONSTANT = re.compile(r"(?:-?\d+(?:\.\d+)?|true|false|\"[^\"\\]*\"|'[^'\\]*')\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """What names are read of in a block, and the name that it gives an item by `as |name|`."""

    keys: Keys
    named: str | None = None


def read_handlebars(template: str, lost: list[str]) -> Parts:
    """The template's parts in their order, and to `lost` what they cannot say."""
    return _Reader(tokens_of(template), lost).whole()


class _Reader:
    def __init__(self, tokens: Sequence[Token], lost: list[str]) -> None:
        self._lost = lost
        self._tokens = tokens
        self._at = 0
        self._scopes = [_Scope(keys=(ROOT,))]

    def whole(self) -> Parts:
        """All parts; PromptError for blocks that do not fit together."""
        parts = self._until_closed()
        if self._next() is not None:
            raise _wrong(f"{self._tokens[self._at].source} closes or divides a block that was not opened")
        return parts

    def _next(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _until_closed(self) -> Parts:
        """What stands up to the tag that closes or divides the block."""
        found: list[Part] = []
        while (token := self._next()) is not None and token.kind not in ("else", "close"):
            self._at += 1
            if token.kind == "text":
                found.append(Text(text=token.inner))
            elif token.kind == "value":
                found.append(self._value(token))
            elif token.kind == "open":
                found += self._block(token)
            else:
                found.append(self._kept(token))
        return tuple(found)

    def _value(self, token: Token) -> Part:
        if token.inner == COUNTED and len(self._scopes) > 1:
            return Show(keys=(LOOP, "index"))
        words = _WORDS.findall(token.inner)
        if words == ["history"]:
            return Earlier()
        if len(words) == 2 and words[0] == "role":
            return self._role(words[1].strip("\"'"), token)
        if len(words) == 2 and words[0] == "json":
            self._lost.append(
                f"{token.source} writes JSON there: here the value must be a text that holds it"
            )
            words = words[1:]
        keys = self._keys(words[0]) if len(words) == 1 else None
        return Show(keys=keys) if keys else self._kept(token)

    def _role(self, role: str, token: Token) -> Part:
        if role not in _OURS:
            self._lost.append(f"{token.source} is no role of a prompt file: its text is the user's")
        return Turn(role=_OURS.get(role, "user"), body=())

    def _kept(self, token: Token) -> Text:
        self._lost.append(f"{token.source} is not understood, and stands as text")
        return Text(text=token.source)

    def _block(self, token: Token) -> Parts:
        helper, *words = _WORDS.findall(token.inner) or [""]
        if helper == "each":
            return self._each(token, words)
        if helper == "with" and (keys := self._keys(" ".join(words))):
            return (self._with(keys),)
        condition = self._condition(helper, words)
        return self._unknown(token, helper) if condition is None else (self._choice(helper, condition),)

    def _each(self, token: Token, words: list[str]) -> Parts:
        keys = self._keys(words[0]) if words else None
        given = words[2].strip("|").split()[:1] if words[1:2] == ["as"] and len(words) == 3 else []
        if not keys or (len(words) > 1 and not given):
            return self._unknown(token, "each")
        name = given[0] if given else item_name(keys)
        while any(scope.keys[0] == name for scope in self._scopes):
            name += "_"
        self._scopes.append(_Scope(keys=(name,), named=given[0] if given else None))
        body = self._until_closed()
        self._scopes.pop()
        return (Each(name=name, keys=keys, body=body, empty=self._otherwise("each")),)

    def _with(self, keys: Keys) -> Part:
        self._scopes.append(_Scope(keys=keys))
        body = self._until_closed()
        self._scopes.pop()
        return Choice(branches=((Condition(keys=keys), body),), otherwise=self._otherwise("with"))

    def _choice(self, helper: str, condition: Condition) -> Part:
        branches = [(condition, self._until_closed())]
        while (token := self._next()) is not None and token.kind == "else" and token.inner:
            word, *words = _WORDS.findall(token.inner)
            another = self._condition(word, words)
            if another is None:
                raise _wrong(f"{token.source} is not understood")
            self._at += 1
            branches.append((another, self._until_closed()))
        return Choice(branches=tuple(branches), otherwise=self._otherwise(helper))

    def _condition(self, helper: str, words: list[str]) -> Condition | None:
        negated = helper.startswith("unless")
        if helper in ("if", "unless") and len(words) == 1:
            keys = self._keys(words[0])
            return Condition(keys=keys, negated=negated) if keys else None
        if helper in ("ifEquals", "unlessEquals") and len(words) == 2:
            constant, value = sorted(words, key=lambda word: not _CONSTANT.match(word))
            keys = self._keys(value)
            if keys and _CONSTANT.match(constant):
                text = constant[1:-1] if constant[0] in "\"'" else json.loads(constant)
                return Condition(keys=keys, negated=negated, equal=text)
        return None

    def _unknown(self, token: Token, helper: str) -> Parts:
        """A block that nothing is known of: its tags stand as text, around what it holds."""
        found: list[Part] = [self._kept(token), *self._until_closed()]
        while (divided := self._next()) is not None and divided.kind == "else":
            self._at += 1
            found += [Text(text=divided.source), *self._until_closed()]
        return (*found, Text(text=self._closed(helper).source))

    def _otherwise(self, helper: str) -> Parts:
        found: Parts = ()
        if (token := self._next()) is not None and token.kind == "else" and not token.inner:
            self._at += 1
            found = self._until_closed()
        self._closed(helper)
        return found

    def _closed(self, helper: str) -> Token:
        token = self._next()
        if token is None or token.kind != "close" or token.inner != helper:
            ends = "is not closed" if token is None else f"ends with {token.source}"
            raise _wrong(f"the block {{{{#{helper}}}}} {ends}")
        self._at += 1
        return token

    def _keys(self, word: str) -> Keys | None:
        """What a path leads to, as seen from within the blocks around; None for what is no path."""
        if word in _LOOP_WORDS:
            return (LOOP, _LOOP_WORDS[word]) if len(self._scopes) > 1 else None
        begin: Keys | None = None
        if word.startswith("@root."):
            begin, word = (ROOT,), word.removeprefix("@root.")
        if not word or word.startswith("@") or _CONSTANT.match(word) or re.search(r"[()=\s]", word):
            return None
        above = len(re.match(r"(?:\.\./)*", word)[0]) // 3  # type: ignore[index] # it matches nothing too
        word = re.sub(r"\A(?:this[./]|\./|this\Z|\.\Z)", "", word[3 * above :])
        steps = tuple(one or other for one, other in _SEGMENT.findall(word))
        if begin is None and steps and not above and any(scope.named == steps[0] for scope in self._scopes):
            return steps
        if above >= len(self._scopes):
            return None
        keys = (*(begin or self._scopes[-1 - above].keys), *steps)
        return None if keys == (ROOT,) else keys


def _wrong(message: str) -> PromptError:
    return PromptError(f"the template is not Handlebars: {message}", remedy="Mend it there, then import it.")
