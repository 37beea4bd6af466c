"""Walk through parts and write them in a template language; what a line begins with is looked after here.

Both languages take away lines that hold nothing but a tag. So a tag that begins a line gets the line, which
then disappears, and white space that would begin a line before a tag is kept by the language's own means.
"""

from typing import Protocol

from surefoot.prompts.forms.parts import Choice, Condition, Each, Earlier, Keys, Parts, Show, Text, Turn


class TemplateLanguage(Protocol):
    """How a language spells what parts are made of. Tags are given without their braces."""

    def shown(self, keys: Keys) -> str:
        """What stands between braces to show a value."""

    def opened(self, loop: Each) -> str:
        """A loop's first tag. Until it is closed, its item has a name."""

    def closed(self) -> str:
        """The last tag of the innermost loop."""

    def branch(self, condition: Condition, *, first: bool) -> str:
        """The tag before a condition's body."""

    def chosen(self, first: Condition) -> str:
        """The last tag of a choice."""

    def mustache(self, inner: str, before: str) -> str:
        """A value in its braces, after the text that stands before it."""

    def tag(self, inner: str, before: str) -> str:
        """A tag in its braces, after the text that stands before it."""

    def kept(self, white_space: str) -> str:
        """White space that begins a line before a tag."""

    def escaped(self, text: str, before: str) -> str:
        """Text in which nothing is template code, after what stands before it."""

    def outside(self, inner: str) -> str:
        """A tag that stands around messages, on its line."""

    def message(self, turn: Turn) -> tuple[str, str]:
        """What stands before a message's text and after it."""

    def history(self) -> str:
        """The place of the earlier turns."""


class PartsWriter:
    """Writes parts in one language. `takes_lines`: it takes away lines of nothing but a tag."""

    def __init__(self, language: TemplateLanguage, *, takes_lines: bool = True) -> None:
        self._language = language
        self._takes_lines = takes_lines
        self._written: list[str] = []
        # Whether the line holds more than tags so far, and white space that waits for what follows it.
        self._line_has_text = False
        self._waiting = ""
        self._in_message = False

    def text_of(self, parts: Parts) -> str:
        """The whole template."""
        self._parts(parts)
        return "".join(self._written)

    def text_of_message(self, parts: Parts) -> str:
        """The text of one message alone."""
        self._in_message = True
        return f"{self.text_of(parts)}{self._waiting}"

    def _parts(self, parts: Parts) -> None:
        for part in parts:
            if isinstance(part, Text):
                self._text(part.text)
            elif isinstance(part, Show):
                self._value(self._language.shown(part.keys))
            elif isinstance(part, Each):
                self._each(part)
            elif isinstance(part, Choice):
                self._choice(part)
            elif isinstance(part, Earlier):
                self._written.append(self._language.history())
            else:
                self._turn(part)

    def _turn(self, turn: Turn) -> None:
        before, after = self._language.message(turn)
        self._written.append(before)
        self._line_has_text, self._in_message = not before.endswith("\n"), True
        self._parts(turn.body)
        self._written.append(f"{self._waiting}{after}")
        self._line_has_text, self._waiting, self._in_message = False, "", False

    def _each(self, loop: Each) -> None:
        self._tag(self._language.opened(loop))
        self._parts(loop.body)
        closing = self._language.closed()
        self._otherwise(loop.empty)
        self._tag(closing)

    def _choice(self, choice: Choice) -> None:
        for number, (condition, body) in enumerate(choice.branches):
            self._tag(self._language.branch(condition, first=number == 0))
            self._parts(body)
        self._otherwise(choice.otherwise)
        self._tag(self._language.chosen(choice.branches[0][0]))

    def _otherwise(self, parts: Parts) -> None:
        if parts:
            self._tag("else")
            self._parts(parts)

    def _before(self) -> str:
        return self._written[-1] if self._written else ""

    def _value(self, inner: str) -> None:
        if self._waiting:
            self._written.append(self._waiting)
        self._written.append(self._language.mustache(inner, self._before()))
        self._line_has_text, self._waiting = True, ""

    def _tag(self, inner: str) -> None:
        if not self._in_message:
            self._written.append(self._language.outside(inner))
            return
        if self._waiting:
            kept = self._language.kept(self._waiting) if self._takes_lines else self._waiting
            self._written.append(kept)
            self._line_has_text, self._waiting = True, ""
        spelled = self._language.tag(inner, self._before())
        whole_line = self._takes_lines and not self._line_has_text
        self._written.append(f"{spelled}\n" if whole_line else spelled)

    def _text(self, text: str) -> None:
        self._waiting, text = "", self._waiting + text
        line = text.rpartition("\n")[2]
        if ("\n" in text or not self._line_has_text) and not line.strip():
            self._waiting, text = line, text[: len(text) - len(line)]
        self._line_has_text = bool(line.strip()) or (self._line_has_text and "\n" not in text)
        if text:
            self._written.append(self._language.escaped(text, self._before()))
