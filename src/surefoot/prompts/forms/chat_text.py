"""Messages as chat APIs have them, read into a prompt file's body: f-strings, Jinja2, or plain text."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from surefoot.errors import PromptError
from surefoot.prompts.forms.jinja_text import template_text
from surefoot.prompts.forms.naming import renamed, variables_in
from surefoot.prompts.forms.parts import ROOT, Earlier, Part, Parts, Show, Text, Turn, parts_of_text
from surefoot.prompts.forms.shapes import looped_shape
from surefoot.records import Json

_FIELD = re.compile(r"\{\{|\}\}|\{(?P<name>[A-Za-z_]\w*)\}")
_BRACED = re.compile(r"\{\{\s*(?P<name>[A-Za-z_]\w*)\s*\}\}")
_TAGS = re.compile(r"^[ \t]*(?:\{%[^\n]*?%\}[ \t]*)+$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMessage:
    """A message's parts; with its `source` where the parts do not say all, and it can stand as it is."""

    role: str
    parts: Parts
    source: str | None = None


def of_f_string(role: str, text: str) -> ReadMessage:
    """A message that is an f-string. Braces that hold no name are text."""
    return ReadMessage(role=role, parts=tuple(_fields(text)))


def _fields(text: str) -> Iterator[Part]:
    at = 0
    for found in _FIELD.finditer(text):
        yield Text(text=text[at : found.start()])
        yield Show(keys=(ROOT, found["name"])) if found["name"] else Text(text=found[0][0])
        at = found.end()
    yield Text(text=text[at:])


def of_text(role: str, text: str, names: Collection[str]) -> ReadMessage:
    """A message that is text, but that `{{ name }}` is a variable when it is one of these names."""
    parts: list[Part] = []
    at = 0
    for found in _BRACED.finditer(text):
        if found["name"] in names:
            parts += [Text(text=text[at : found.start()]), Show(keys=(ROOT, found["name"]))]
            at = found.end()
    return ReadMessage(role=role, parts=(*parts, Text(text=text[at:])))


def of_jinja(role: str, text: str, lost: list[str]) -> ReadMessage:
    """A message of Jinja2 as it comes. What is not in the prompt language is text, and listed."""
    try:
        parts, unsaid = parts_of_text(text)
    except PromptError as problem:
        lost.append(
            f"the {role} message is not in the prompt language, and stands as text: {problem.message}"
        )
        return ReadMessage(role=role, parts=(Text(text=text),))
    if unsaid and _TAGS.search(text):
        lost.append(
            f"in the {role} message, lines of nothing but tags disappear here: blank lines may differ"
        )
    return ReadMessage(role=role, parts=parts, source=text if unsaid else None)


def braced_names(text: str) -> list[str]:
    """The names that stand in two braces."""
    return [found["name"] for found in _BRACED.finditer(text)]


def body_of(messages: Sequence[ReadMessage | Earlier], lost: list[str]) -> tuple[str, dict[str, Json]]:
    """A prompt file's body, and each variable with the schema that its use in the messages suggests."""
    parts = tuple(
        one if isinstance(one, Earlier) else Turn(role=one.role, body=one.parts) for one in messages
    )
    named, names = renamed(parts, (), lost)
    written: list[str] = []
    for message, part in zip(messages, named, strict=True):
        if isinstance(message, Earlier) or message.source is None:
            written.append(template_text((part,)))
            continue
        other = [name for name in variables_in(message.parts) if names[name] != name]
        if other:
            lost.append(f"the {message.role} message stands as text: its variables have other names here")
            text = Turn(role=message.role, body=(Text(text=message.source),))
            written.append(template_text((text,)))
        else:
            written.append(f"{{% {message.role} %}}\n{message.source}\n{{% end{message.role} %}}\n")
    return "".join(written), {name: looped_shape(named, name) for name in names.values()}


def with_braces(parts: Parts) -> str | None:
    """A text with its variables' names in two braces; None for parts that are more than that."""
    if not all(isinstance(one, Text) or (isinstance(one, Show) and len(one.keys) == 1) for one in parts):
        return None
    return "".join(
        one.text if isinstance(one, Text) else f"{{{{ {one.keys[0]} }}}}"
        for one in parts
        if isinstance(one, Text | Show)
    )
