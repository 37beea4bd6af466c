"""Take the front matter apart key by key: wrong values and unknown keys are refused where they stand."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from surefoot.errors import PromptError
from surefoot.prompts.nearest import did_you_mean
from surefoot.records import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A value of the front matter and where it stands: a mapping's values stand at their keys.

    `keys` and `items` hold the same values again, each with its own place.
    """

    value: Json
    line: int
    column: int
    keys: Mapping[str, "Located"] = field(default_factory=dict)
    items: Sequence["Located"] = ()

    def at(self, path: Sequence[str | int]) -> "Located":
        """The value that `path` leads to, or the nearest one above it."""
        here = self
        for step in path:
            inside = here.keys.get(step) if isinstance(step, str) else _item(here.items, step)
            if inside is None:
                return here
            here = inside
        return here

    def wrong(self, message: str, remedy: str, *, file: str) -> PromptError:
        """The error that points here."""
        return PromptError(message, remedy=remedy, file=file, line=self.line, column=self.column)


def _item(items: Sequence[Located], index: int) -> Located | None:
    return items[index] if index < len(items) else None


class Fields:
    """One mapping of the front matter. Take each key, then `finish`, which refuses what was not taken.

    `where` names the mapping in messages, empty for the front matter itself.
    """

    def __init__(self, located: Located, *, file: str, where: str = "") -> None:
        self._located = located
        self._file = file
        self._where = where
        self._known: dict[str, None] = {}
        if not isinstance(located.value, Mapping):
            named = where or "the front matter"
            raise located.wrong(
                f"{named} is {_shortened(located.value)}",
                f"Write {named} as keys and values.",
                file=file,
            )

    @property
    def there(self) -> Mapping[str, Located]:
        """Every key that is there, for a mapping whose keys are names."""
        return self._located.keys

    def take(self, key: str) -> Located | None:
        """The value as it is, or None when the key is not there."""
        self._known[key] = None
        return self._located.keys.get(key)

    def text(self, key: str, default: str | None = None, *, pattern: str = r"(?s).+") -> str:
        """A text that matches the whole pattern; required unless there is a default."""
        found = self.take(key)
        value = default if found is None else found.value
        if isinstance(value, str) and (found is None or re.fullmatch(pattern, value)):
            return value
        shape = "" if pattern == r"(?s).+" else f" that matches {pattern}"
        raise self.wrong(key, f"a text{shape}")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, none of them empty; empty when the key is not there."""
        found = self.take(key)
        if found is None:
            return ()
        texts = tuple(item.value for item in found.items if isinstance(item.value, str) and item.value)
        if not isinstance(found.value, list) or len(texts) != len(found.items):
            raise self.wrong(key, "a list of texts, like [first, second]")
        return texts

    def integer(self, key: str, default: int | None = None, *, least: int, most: int) -> int:
        """A whole number within the bounds, both included; required unless there is a default."""
        found = self.take(key)
        value = default if found is None else found.value
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(key, f"a whole number from {least} to {most}")
        return value

    def number(self, key: str, default: float, *, least: float, most: float) -> float:
        """A number within the bounds, both included; never -0.0."""
        found = self.take(key)
        value = default if found is None else found.value
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(key, f"a number from {least} to {most}")
        return float(value) + 0.0

    def fields(self, key: str) -> "Fields | None":
        """The mapping under a key, or None when the key is not there."""
        found = self.take(key)
        return None if found is None else Fields(found, file=self._file, where=self._named(key))

    def finish(self) -> None:
        """Refuse keys that nobody took."""
        self.only(self._known)

    def only(self, known: Collection[str], called: str = "a key of a prompt file") -> None:
        """Refuse keys that are not among these; `called` is what the known ones are."""
        for key, located in self._located.keys.items():
            if key not in known:
                raise located.wrong(
                    f"{self._named(key)!r} is not {called}", _instead(key, known), file=self._file
                )

    def wrong(self, key: str, wanted: str) -> PromptError:
        """The error that says what a key must hold."""
        found = self._located.keys.get(key)
        is_what = "is missing" if found is None else f"is {_shortened(found.value)}"
        return (found or self._located).wrong(
            f"{self._named(key)!r} {is_what}", f"Give {self._named(key)!r} {wanted}.", file=self._file
        )

    def _named(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else key


def _instead(key: str, known: Collection[str]) -> str:
    if ":" in key:
        return "Write a space after the ':' that ends a key."
    offer = f"Remove it, or use one of: {', '.join(known)}." if known else "Remove it."
    return did_you_mean(key, known) + offer


def _shortened(value: Json) -> str:
    shown = repr(value)
    return shown if len(shown) <= 200 else f"{shown[:200]} ..."
