"""Handlebars taken apart: text and tags, with the white space gone that Handlebars takes away."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from surefoot.errors import PromptError
from surefoot.prompts.forms.handlebars_text import FROM_ONE

Kind = Literal["text", "value", "open", "else", "close", "comment", "other"]

# What stands in the tag of a loop's number that counts from 1.
COUNTED = "@index, from 1"

_COMMENT = re.compile(r"\{\{(?P<before>~?)!(?P<said>--.*?--|.*?)(?P<after>~?)\}\}", re.DOTALL)
_TAG = re.compile(
    r"\{\{(?P<before>~?)(?P<sign>[{&#/^>*]?)(?P<inner>(?:\"[^\"]*\"|'[^']*'|[^\"'{}])*?)\}?(?P<after>~?)\}\}"
)
_BEGINS_LINE = re.compile(r"(?:\A|\n)[ \t]*\Z")
_ENDS_LINE = re.compile(r"[ \t]*(?:\r?\n|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Text, or a tag with what stands in it; `source` is how it was written."""

    kind: Kind
    inner: str
    source: str
    strips_before: bool = False
    strips_after: bool = False


def tokens_of(template: str) -> list[Token]:
    """The tokens, after Handlebars' rules of white space."""
    tokens = [*_raw(template)]
    cut = [*tokens]
    for place, token in enumerate(tokens):
        alone = _stands_alone(tokens, place)
        if alone or token.strips_before:
            _cut(cut, place - 1, r"\s+\Z" if token.strips_before else r"[ \t]+\Z")
        if alone or token.strips_after:
            _cut(cut, place + 1, r"\A\s+" if token.strips_after else r"\A[ \t]*(?:\r?\n)?")
    return _without_comments(token for token in cut if token.kind != "text" or token.inner)


def _without_comments(tokens: Iterable[Token]) -> list[Token]:
    """What is not a comment; the number of a loop's turn that one counts from 1 becomes `COUNTED`."""
    kept: list[Token] = []
    for token in tokens:
        if token.kind != "comment":
            kept.append(token)
        elif token.inner == FROM_ONE and kept and kept[-1].inner == "@index":
            kept[-1] = replace(kept[-1], inner=COUNTED)
    return kept


def _raw(template: str) -> Iterator[Token]:
    """Texts and tags in turn, a text, though it be empty, before and after each tag."""
    at, text = 0, ""
    while (start := template.find("{{", at)) >= 0:
        backslashes = _backslashes(template, at, start)
        if backslashes == 1:  # the braces are text, and so is all up to the next ones
            after = template.find("{{", start + 2)
            end = len(template) if after < 0 else after - _backslashes(template, start + 2, after)
            text, at = f"{text}{template[at : start - 1]}{template[start:end]}", end
            continue
        found = _COMMENT.match(template, start) or _TAG.match(template, start)
        if found is None:
            line = template.count("\n", 0, start) + 1
            raise PromptError(
                f"the braces that open in line {line} of the template do not make a tag of Handlebars",
                remedy="Close them, or write \\{{ for braces that are text.",
            )
        yield _text(text + template[at : start - (1 if backslashes else 0)])
        yield _tag(found)
        at, text = found.end(), ""
    yield _text(text + template[at:])


def _backslashes(template: str, begin: int, end: int) -> int:
    before = template[begin:end]
    return len(before) - len(before.rstrip("\\"))


def _tag(found: re.Match[str]) -> Token:
    comment: tuple[Kind, str] | None = ("comment", found["said"]) if found.re is _COMMENT else None
    kind, inner = comment or _kind(found["sign"], found["inner"].strip())
    return Token(
        kind=kind,
        inner=inner,
        source=found[0],
        strips_before=bool(found["before"]),
        strips_after=bool(found["after"]),
    )


def _kind(sign: str, inner: str) -> tuple[Kind, str]:
    first = inner.partition(" ")[0]
    if (not sign and first == "else") or (sign == "^" and not inner):
        return "else", inner.removeprefix("else").strip()
    if sign == "#" and inner[:1] not in (">", "*"):
        return "open", inner
    kinds: dict[str, Kind] = {"/": "close", "": "value", "{": "value", "&": "value"}
    return kinds.get(sign, "other"), inner


def _text(text: str) -> Token:
    return Token(kind="text", inner=text, source=text)


def _stands_alone(tokens: list[Token], place: int) -> bool:
    """Whether a tag that shows nothing has its line for itself."""
    token = tokens[place]
    if token.kind in ("text", "value") or (token.kind == "other" and not token.source.startswith("{{>")):
        return False
    before = tokens[place - 1].inner if place else ""
    after = tokens[place + 1].inner if place + 1 < len(tokens) else ""
    first, last = place <= 1, place + 2 >= len(tokens)
    begins = _BEGINS_LINE.search(before) and (first or "\n" in before)
    ends = _ENDS_LINE.match(after) and (last or "\n" in after)
    return bool(begins and ends)


def _cut(tokens: list[Token], place: int, pattern: str) -> None:
    if 0 <= place < len(tokens) and tokens[place].kind == "text":
        tokens[place] = replace(tokens[place], inner=re.sub(pattern, "", tokens[place].inner))
