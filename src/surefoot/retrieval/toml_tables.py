"""Read a file under `serving/` strictly: wrong types, unknown keys and schemas are refused by name."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from surefoot.errors import NotFoundError, SettingsError


class Table:
    """One table of a TOML file. Take each key once, then `finish`, which refuses what was not taken."""

    def __init__(self, values: Mapping[str, object], *, where: str) -> None:
        self._values = dict(values)
        self._known: list[str] = []
        self._where = where

    def text(self, key: str, default: str | None = None, *, one_of: Sequence[str] = ()) -> str:
        """A non-empty string, one of `one_of` when that is given."""
        value = self._take(key, default)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, value, "a text, in quotes")
        if one_of and value not in one_of:
            raise self._wrong(key, value, "one of " + ", ".join(repr(choice) for choice in one_of))
        return value

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """A list of strings."""
        value = self._take(key, list(default))
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self._wrong(key, value, "a list of texts, in quotes")
        return tuple(value)

    def integer(self, key: str, default: int | None = None, *, least: int, most: int) -> int:
        """A whole number within the bounds, both included."""
        value = self._take(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self._wrong(key, value, f"a whole number from {least} to {most}")
        return value

    def number(self, key: str, default: float | None = None, *, least: float, most: float) -> float:
        """A number within the bounds, both included; never NaN."""
        value = self._take(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
            raise self._wrong(key, value, f"a number from {least} to {most}")
        return float(value)

    def table(self, key: str) -> "Table":
        """A table within this one; an empty one when it is not there, so that every key has its default."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, value, f"a table, [{key}]")
        return Table(value, where=f"{self._where}, [{key}]")

    def tables(self, key: str) -> tuple["Table", ...]:
        """A list of tables, [[key]], with at least one."""
        value = self._take(key, None)
        if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
            raise self._wrong(key, value, f"one or more tables, [[{key}]]")
        return tuple(
            Table(item, where=f"{self._where}, [[{key}]] number {number}")
            for number, item in enumerate(value, 1)
        )

    def finish(self) -> None:
        """Refuse keys that nobody took."""
        unknown = sorted(set(self._values) - set(self._known))
        if unknown:
            raise SettingsError(
                f"{self._where}: {unknown[0]!r} is not a key here",
                remedy="Remove it, or use one of: " + ", ".join(sorted(self._known)),
            )

    def _take(self, key: str, default: object) -> object:
        self._known.append(key)
        return self._values.get(key, default)

    def _wrong(self, key: str, value: object, wanted: str) -> SettingsError:
        found = "is missing" if value is None else f"is {value!r}"
        return SettingsError(f"{self._where}: {key} {found}", remedy=f"Give {key} {wanted}.")


def read_table(path: Path, *, kind: str, schema: int) -> Table:
    """The top table of the file, its `schema` checked.

    Raises NotFoundError, offering the files of this kind that are there, and SettingsError.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        there = sorted(file.stem for file in path.parent.glob("*.toml"))
        raise NotFoundError(
            f"there is no {kind} {path.stem!r}: {str(path)!r} does not exist",
            remedy=f"Use one that is there: {', '.join(there)}" if there else f"Write {path}.",
        ) from None
    except OSError as problem:
        raise SettingsError(
            f"{str(path)!r} cannot be read: {problem.strerror}", remedy="Check its permissions."
        ) from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SettingsError(f"{path}: {problem}", remedy="Mend the TOML there.") from problem
    table = Table(values, where=str(path))
    found = values.get("schema")
    if found != schema or isinstance(found, bool):
        raise SettingsError(
            f"{path}: schema is {found!r}",
            remedy=f"Write schema = {schema}, or use the surefoot that knows this one.",
        )
    table.integer("schema", least=schema, most=schema)
    return table
