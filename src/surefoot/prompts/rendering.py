"""What one rendering has made so far: its messages, beside the text, and the work it took.

Template structure puts messages here directly. They never pass through rendered text, so no text, whatever
it holds, can begin, end or change one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from surefoot.errors import PromptError
from surefoot.prompts.variables import LARGEST_NUMBER
from surefoot.records import Message, Role

MAX_MESSAGE_CHARACTERS = 1_000_000
MAX_WORK = 10_000_000
TURN_WORK = 1_000
MAX_RANGE = 10_000

_BLANK_LINES = re.compile(r"\A(?:[^\S\n]*\n)+")


class Rendering:
    """Collects the messages of one rendering, and stops it when it takes too much.

    Work is counted as one unit for each character put into text and TURN_WORK for each turn of a loop.
    """

    def __init__(self, history: Sequence[Message]) -> None:
        self.messages: list[Message] = []
        self._history_is_shown = not history
        self._history = history
        self._work = 0

    def add_message(self, role: Role, text: str) -> None:
        """A message with the blank lines at its start and the white space at its end removed."""
        self._append(Message(role=role, content=without_blank_lines(text.rstrip())))

    def add_history(self) -> None:
        """The earlier turns, exactly as they were given."""
        for message in self._history:
            self._append(message)
        self._history_is_shown = True

    def finished(self) -> tuple[Message, ...]:
        """The messages; refused when there are none, or when earlier turns found no place."""
        if not self._history_is_shown:
            raise PromptError(
                f"{len(self._history)} earlier turns were given, and the template shows none",
                remedy="Write {% history %} where they belong, or give none.",
            )
        if not self.messages:
            raise PromptError("the template made no message", remedy="Write one outside of conditions.")
        return tuple(self.messages)

    def spend(self, work: int) -> None:
        """Count work, and refuse when there was too much."""
        self._work += work
        if self._work > MAX_WORK:
            raise PromptError(
                "the template takes more work than a rendering may",
                remedy=f"Write less text or fewer loop turns: {MAX_WORK // TURN_WORK} empty turns, or "
                f"{MAX_WORK} characters, are the most.",
            )

    def turns(self, items: Iterable[object], static_characters: int) -> Iterable[object]:
        """The items of a loop, each turn counted with the fixed text within the loop."""
        if isinstance(items, list | tuple | range):
            self.spend(len(items) * (TURN_WORK + static_characters))
            return items
        return self._counted(items, static_characters)

    def _counted(self, items: Iterable[object], static_characters: int) -> Iterator[object]:
        for item in items:
            self.spend(TURN_WORK + static_characters)
            yield item

    def text(self, value: object) -> str:
        """What `{{ value }}` puts into the text: texts and numbers as they are, and nothing else."""
        if type(value) is str:
            text = value
        elif isinstance(value, str | int | float):
            text = str(value)
        else:
            raise PromptError(
                f"a {_kind(value)} cannot be put into text",
                remedy="Name the part that is wanted, loop over it, or use the filter 'join'.",
            )
        self.spend(len(text))
        return text

    def joined(self, values: Iterable[object], separator: str = "") -> str:
        """The values one after another, each as `{{ value }}` would put it."""
        between = self.text(separator)
        texts: list[str] = []
        for value in values:
            self.spend(len(between))
            texts.append(self.text(value))
        return between.join(texts)

    def replaced(self, text: object, old: object, new: object) -> str:
        """The text with every `old` in it made `new`."""
        if not isinstance(text, str) or not isinstance(old, str) or not isinstance(new, str):
            raise PromptError("'replace' works on texts", remedy="Give it a text, and two texts in brackets.")
        self.spend(len(text) + text.count(old) * len(new))
        return text.replace(old, new)

    def _append(self, message: Message) -> None:
        if len(message.content) > MAX_MESSAGE_CHARACTERS:
            raise PromptError(
                f"the {message.role} message has {len(message.content)} characters; "
                f"{MAX_MESSAGE_CHARACTERS} are the most",
                remedy="Hand less text to the prompt.",
            )
        try:
            message.content.isascii() or message.content.encode()
        except UnicodeEncodeError as problem:
            raise PromptError(
                f"the {message.role} message holds half of a surrogate pair, which UTF-8 cannot say",
                remedy="Hand whole characters to the prompt.",
            ) from problem
        self.messages.append(message)


def without_blank_lines(text: str) -> str:
    """The text without the blank lines at its start."""
    return _BLANK_LINES.sub("", text)


def bounded_range(start: int, stop: int | None = None, step: int = 1) -> range:
    """Python's `range`, of at most MAX_RANGE numbers."""
    numbers = range(start) if stop is None else range(start, stop, step)
    if len(numbers) > MAX_RANGE:
        raise PromptError(f"the range has {len(numbers)} numbers", remedy=f"Use at most {MAX_RANGE}.")
    return numbers


def bounded_number(value: object) -> object:
    """The result of arithmetic, refused when it is out of bounds."""
    if not isinstance(value, int | float) or not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        raise PromptError("the result is out of bounds", remedy=f"Stay within {LARGEST_NUMBER} either way.")
    return value


def _kind(value: object) -> str:
    names = {"NoneType": "null", "ShownPassage": "passage", "dict": "mapping", "tuple": "list"}
    return names.get(type(value).__name__, type(value).__name__)
