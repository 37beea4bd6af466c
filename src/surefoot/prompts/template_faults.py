"""What is wrong with a template that Jinja cannot parse: in plain words, and where it is to be mended.

Jinja tells where it gave up, which is often the file's last line. Here the tags are read again, one by one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jinja2 import Environment, TemplateSyntaxError

from surefoot.prompts import language
from surefoot.prompts.nearest import nearest

_OPENERS = ("{{", "{%", "{#")
_CLOSERS = {"{{": "}}", "{%": "%}", "{#": "#}"}
_SIGNS = (*_OPENERS, *_CLOSERS.values())
_BLOCKS = (*language.ROLES, "for", "if")
_ENDS = tuple(f"end{block}" for block in _BLOCKS)
_TAGS = (*_BLOCKS, *_ENDS, "history", "include", "set", "else", "elif", "raw", "endraw")
_WORD = re.compile(r"\{%[-+]?\s*(\w*)")
_RAW = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
_QUOTED = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*\"""")
_SHOWN = 60
_IN_JINJA = {"end of print statement": "}}", "end of statement block": "%}", "expected token": "expected"}
_OTHERS = ("autoescape", "block", "call", "extends", "filter", "from", "import", "macro", "with")
_AS_TEXT = "Mend it; braces that are meant as text stand between {% raw %} and {% endraw %}."
_LIKE = {
    "for": "{% for passage in passages %}",
    "if": "{% if question %}",
    "elif": "{% elif question %}",
    "set": "{% set name = value %}",
    "include": '{% include "name" %}',
    **{word: f"{{% {word} %}}" for word in (*language.ROLES, "history", "else")},
}
_HABITS = (
    (r"&&", "Write 'and' for '&&'."),
    (r"\|\|", "Write 'or' for '||'."),
    (r"!(?!=)", "Write 'not' for '!'."),
    (r"%[-+]?\s*else\s+if\b", "Write {% elif ... %}."),
    (r"(?<![=!<>])=(?!=)", "To compare, write '=='."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFault:
    """What is wrong, what to do, and where: the number of characters before it, None where Jinja tells."""

    message: str
    remedy: str
    at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tag:
    """One tag and where it stands; `word` is a statement's first."""

    start: int
    text: str
    word: str = ""

    def __str__(self) -> str:
        line = " ".join(self.text.split())
        return line if len(line) <= _SHOWN else f"{line[:_SHOWN]} ..."


def template_fault(text: str, fault: TemplateSyntaxError, environment: Environment) -> TemplateFault:
    """Why a template cannot be parsed, found by reading its tags; Jinja's own words where that finds none."""
    tags: list[_Tag] = []
    for found in _read(text):
        if isinstance(found, TemplateFault):
            return found
        tags.append(found)
    for tag in tags:
        wrong = _within(tag, environment)
        if wrong is not None:
            return wrong
    return _nesting(tags) or TemplateFault(
        message=fault.message or "the template is wrong", remedy="Mend the template there."
    )


def _read(text: str) -> Iterator[_Tag | TemplateFault]:
    """The tags of a text, up to the first that is not closed."""
    at = _next(text, 0)
    while at < len(text):
        end = _end(text, at)
        if isinstance(end, TemplateFault):
            yield end
            return
        word = _WORD.match(text, at, end)
        yield _Tag(start=at, text=text[at:end], word=word[1] if word else "")
        if word and word[1] == "raw":
            closing = _RAW.search(text, end)
            if closing is None:
                yield _open(text, at, "{% raw %}", "Write {% endraw %} where it ends.")
                return
            end = closing.end()
        at = _next(text, end)


def _next(text: str, start: int) -> int:
    places = [place for opener in _OPENERS if (place := text.find(opener, start)) >= 0]
    return min(places, default=len(text))


def _open(text: str, at: int, what: str, remedy: str) -> TemplateFault:
    return TemplateFault(message=f"the {what} that begins here has no end", remedy=remedy, at=at)


def _end(text: str, start: int) -> int | TemplateFault:
    """Where the tag that begins here ends, by its own sign outside of quotes and inner braces."""
    opener = text[start : start + 2]
    closer = _CLOSERS[opener]
    if opener == "{#":
        end = text.find(closer, start + 2)
        return end + 2 if end >= 0 else _open(text, start, opener, "Write #} where the comment ends.")
    at, depth = start + 2, 0
    while at < len(text):
        pair = text[at : at + 2]
        if pair == closer and not depth:
            return at + 2
        inner = pair == "}}" and depth  # the ends of two mappings
        if not inner and (pair in _SIGNS or (text[at] == "}" and not depth)):
            return _unclosed(text, start, at)
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at = _beyond_quotes(text, at)
    return _unclosed(text, start, len(text))


def _beyond_quotes(text: str, at: int) -> int:
    """The place after a character, or after the text in quotes that begins with it and ends in its line."""
    quoted = _QUOTED.match(text, at)
    return quoted.end() if quoted else at + 1


def _unclosed(text: str, start: int, stop: int) -> TemplateFault:
    opener = text[start : start + 2]
    closer = _CLOSERS[opener]
    said = next((sign for sign in ("}}", "%}", "}") if text.startswith(sign, stop)), None)
    ended = f"is ended by {said!r}" if said else "has no end"
    return TemplateFault(
        message=f"the {opener!r} that begins here {ended}", remedy=f"End it with {closer!r}.", at=start
    )


def _within(tag: _Tag, environment: Environment) -> TemplateFault | None:
    """What is wrong with one tag for itself, whatever stands around it."""
    if tag.text.startswith("{#") or tag.word in ("raw", *_ENDS):
        return None
    if tag.text.startswith("{%") and tag.word not in _TAGS:
        return _unknown(tag)
    if tag.word == "set" and "=" not in tag.text:
        return TemplateFault(
            message=f"{tag} sets nothing", remedy="Write {% set name = value %}.", at=tag.start
        )
    before = "{% if true %}" if tag.word in ("elif", "else") else ""
    after = f"{{% end{tag.word or 'if'} %}}" if tag.word in _BLOCKS else "{% endif %}" if before else ""
    try:
        environment.parse(f"{before}{tag.text}{after}")
    except TemplateSyntaxError as fault:
        return TemplateFault(
            message=f"{tag} cannot be read: {_plain(fault.message or 'it is wrong')}",
            remedy=_remedy(tag),
            at=tag.start,
        )
    return None


def _unknown(tag: _Tag) -> TemplateFault:
    meant = nearest(tag.word, _TAGS)
    hint = f"Did you mean {{% {meant} %}}? " if meant else ""
    message = f"there is no tag {tag.word!r}" if tag.word else f"{tag} names no tag"
    if tag.word.removeprefix("end") in _OTHERS:
        hint, message = "", f"{{% {tag.word} %}} is not in the prompt language"
    return TemplateFault(message=message, remedy=f"{hint}{language.REMEDY}", at=tag.start)


def _remedy(tag: _Tag) -> str:
    """How a tag is written, or what is written instead of a sign of another language."""
    meant = next((said for habit, said in _HABITS if re.search(habit, tag.text)), None)
    return meant or (f"Write it like {_LIKE[tag.word]}." if tag.word in _LIKE else _AS_TEXT)


def _plain(message: str) -> str:
    """Jinja's words without its names for things that have signs."""
    for theirs, ours in _IN_JINJA.items():
        message = message.replace(theirs, ours)
    return message[:1].lower() + re.sub(r" at \d+\Z", "", message[1:]).rstrip(".")


def _nesting(tags: Sequence[_Tag]) -> TemplateFault | None:
    """The first tag that is not ended, ends nothing, or stands where it may not."""
    opened: list[_Tag] = []
    for tag in tags:
        inner = opened[-1] if opened else None
        if tag.word in language.ROLES and any(each.word in language.ROLES for each in opened):
            return _unended(inner, before=tag)
        if tag.word in _BLOCKS:
            opened.append(tag)
        elif tag.word in _ENDS and (inner is None or tag.word != f"end{inner.word}"):
            known = any(tag.word == f"end{each.word}" for each in opened)
            return _unended(inner, before=tag) if known else _ends_nothing(tag, inner)
        elif tag.word in _ENDS:
            opened.pop()
        elif tag.word in ("else", "elif") and (inner is None or inner.word not in ("if", "for")):
            return TemplateFault(
                message=f"{tag} stands in no {{% if %}}", remedy="Put it between its tags.", at=tag.start
            )
    return _unended(opened[-1] if opened else None)


def _unended(tag: _Tag | None, before: _Tag | None = None) -> TemplateFault | None:
    if tag is None:
        return None
    until = f" before {before}" if before else ""
    return TemplateFault(
        message=f"{tag} has no {{% end{tag.word} %}}{until}",
        remedy=f"Write {{% end{tag.word} %}} where it ends.",
        at=tag.start,
    )


def _ends_nothing(tag: _Tag, inner: _Tag | None) -> TemplateFault:
    word = tag.word.removeprefix("end")
    open_now = f"; what is open is {inner}" if inner else ""
    return TemplateFault(
        message=f"{tag} ends nothing: no {{% {word} %}} is open{open_now}",
        remedy=f"Remove it, or write {{% {word} %}} where it begins.",
        at=tag.start,
    )
