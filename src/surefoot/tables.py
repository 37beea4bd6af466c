"""TOML files, read strictly: each key is taken by its type, and a key nobody took is refused by name."""

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from surefoot.errors import NotFoundError, SettingsError


def read_toml(file: Path, *, schema: int = 1) -> dict[str, object]:
    """The top table of a file, without its key `schema`, which must be `schema`.

    Raises NotFoundError that offers the files beside it, and SettingsError for one that cannot be read.
    """
    try:
        values: dict[str, object] = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        there = ", ".join(sorted(other.stem for other in file.parent.glob("*.toml"))) or "none yet"
        raise NotFoundError(
            f"there is no {file.stem!r} in {file.parent}: {file.name} does not exist",
            remedy=f"use one that is there ({there}), or write {file}",
        ) from None
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be read: {error.strerror}", remedy="let this user read it"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{file} cannot be read: {error}", remedy="mend it there; the file is TOML in UTF-8"
        ) from error
    said = values.pop("schema", None)
    if said != schema or isinstance(said, bool):
        raise SettingsError(
            f"{file}: schema is {said!r}; this surefoot reads schema {schema}",
            remedy=f"write schema = {schema} as its first line, or install the surefoot that wrote it",
        )
    return values


def read_table(file: Path, *, schema: int = 1) -> "Table":
    """The same as a Table, to take key by key."""
    return Table(read_toml(file, schema=schema), file=str(file))


class Table:
    """A table of a file. Take each key, then `refuse_others`. `keys` leads to it: `models.chat.`, or ``."""

    def __init__(self, values: Mapping[str, object], *, file: str, keys: str = "") -> None:
        self._values = values
        self._file = file
        self._keys = keys
        self._known: list[str] = []

    def names(self) -> tuple[str, ...]:
        """The keys there are, in the file's order."""
        return tuple(self._values)

    def has(self, key: str) -> bool:
        """Whether the key is given; asking makes it a known key."""
        return self._take(key, None) is not None

    def keys(self) -> tuple[str, ...]:
        """The keys that are given, in the file's order."""
        return tuple(self._values)

    def text(self, key: str, default: str | None = None, *, one_of: Sequence[str] = ()) -> str:
        """A string that is not blank, and one of `one_of` where that is given."""
        value = self._take(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, value, "a text that is not empty, in quotes")
        if one_of and value not in one_of:
            raise self.wrong(key, value, f"one of {', '.join(map(repr, one_of))}")
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of strings, none of them empty."""
        value = self._take(key, None if default is None else list(default))
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.wrong(key, value, "a list of texts, each in quotes")
        return tuple(value)

    def digest(self, key: str) -> str:
        """A SHA-256 as 64 lower-case hex digits."""
        value = self.text(key)
        if len(value) != 64 or not set(value) <= set("0123456789abcdef"):
            raise self.wrong(key, value, "a SHA-256: 64 lower-case hex digits")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, value, "true or false, without quotes")
        return value

    def integer(self, key: str, default: int | None = None, *, least: int, most: int | None = None) -> int:
        """A whole number within the bounds, both included."""
        value = self._take(key, default)
        whole = value if isinstance(value, int) and not isinstance(value, bool) else None
        if whole is None or whole < least or (most is not None and whole > most):
            upper = "" if most is None else f" to {most}"
            raise self.wrong(key, value, f"a whole number from {least}{upper}")
        return whole

    def number(self, key: str, default: float | None = None, *, least: float, most: float) -> float:
        """A number within the bounds, both included; never NaN."""
        value = self._take(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(key, value, f"a number from {least:g} to {most:g}")
        return float(value)

    def plain(self, key: str) -> str | int | float | bool:
        """A text, a number, or true or false."""
        value = self._take(key, None)
        if not isinstance(value, str | int | float | bool):
            raise self.wrong(key, value, "a text, a number, or true or false")
        return value

    def table(self, key: str) -> "Table":
        """A table below this one; an empty one when it is not there, so that its own keys are missed."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, value, f"a table, [{self._keys}{key}]")
        return Table(value, file=self._file, keys=f"{self._keys}{key}.")

    def tables(self, key: str) -> "tuple[Table, ...]":
        """A list of tables, [[key]], with at least one."""
        value = self._take(key, None)
        if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, value, f"one table or more, each begun with [[{self._keys}{key}]]")
        return tuple(
            Table(item, file=self._file, keys=f"{self._keys}{key}[{place}].")
            for place, item in enumerate(value)
        )

    def tables_by_name(self, key: str) -> "dict[str, Table]":
        """The tables below `key` by name, in the file's order, with at least one."""
        above = self.table(key)
        if not above._values:
            raise self.wrong(key, self._values.get(key), f"one table or more, [{key}.<name>]")
        return {name: above.table(name) for name in above._values}

    def refuse_others(self) -> None:
        """Raise SettingsError for a key that nobody took, naming those that are known."""
        for key in self._values:
            if key not in self._known:
                raise SettingsError(
                    f"{self._file}: there is no key {self._keys + key!r}",
                    remedy=f"remove it, or use one of: {', '.join(sorted(set(self._known)))}",
                )

    def wrong(self, key: str, value: object, wanted: str) -> SettingsError:
        """The error for a key that is missing, or whose value is not what was wanted."""
        name = f"{self._file}: {self._keys}{key}"
        if value is not None:
            return SettingsError(f"{name} is {value!r}", remedy=f"give {key} as {wanted}")
        near = difflib.get_close_matches(key, self._values, n=1)
        meant = f"; is {near[0]!r} meant to be it?" if near else ""
        return SettingsError(f"{name} is missing", remedy=f"add {key} as {wanted}{meant}")

    def _take(self, key: str, default: object) -> object:
        self._known.append(key)
        return self._values.get(key, default)
