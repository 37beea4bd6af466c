"""Reading a TOML table strictly: each key is asked for, and a key nobody asked for is refused."""

from surefoot.errors import SettingsError
from surefoot.files import refuse_unknown_keys


class Table:
    """One table of a TOML file. `where` is how a reader finds it: the file, then the keys to it."""

    def __init__(self, values: dict[str, object], *, where: str) -> None:
        self.where = where
        self._values = values
        self._asked: set[str] = set()

    def has(self, key: str) -> bool:
        """Whether the key is given; asking makes it a known key."""
        self._asked.add(key)
        return key in self._values

    def text(self, key: str) -> str:
        """A string that is not empty."""
        value = self._value(key)
        if not isinstance(value, str) or not value:
            raise self.wrong(key, value, "a text")
        return value

    def count(self, key: str) -> int:
        """A whole number from 1."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.wrong(key, value, "a whole number from 1")
        return value

    def share(self, key: str) -> float:
        """A number above 0 and at most 1."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
            raise self.wrong(key, value, "a number above 0 and at most 1")
        return float(value)

    def digest(self, key: str) -> str:
        """A SHA-256 as 64 lower-case hex digits."""
        value = self.text(key)
        if len(value) != 64 or not set(value) <= set("0123456789abcdef"):
            raise self.wrong(key, value, "a SHA-256: 64 lower-case hex digits")
        return value

    def one_of(self, key: str, known: tuple[str, ...]) -> str:
        """One of the known words."""
        value = self.text(key)
        if value not in known:
            raise self.wrong(key, value, "one of " + ", ".join(known))
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self._value(key)
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise self.wrong(key, value, "a list of texts")
        return tuple(value)

    def table(self, key: str) -> "Table":
        """A table below this one."""
        value = self._value(key)
        if not isinstance(value, dict):
            raise self.wrong(key, value, "a table")
        return Table(value, where=f"{self.where} {key}")

    def tables(self, key: str) -> "tuple[Table, ...]":
        """A list of tables, at least one."""
        value = self._value(key)
        if not isinstance(value, list) or not value or not all(isinstance(entry, dict) for entry in value):
            raise self.wrong(key, value, "one table or more")
        return tuple(
            Table(entry, where=f"{self.where} {key}[{number}]") for number, entry in enumerate(value)
        )

    def named_tables(self) -> "dict[str, Table]":
        """Every key as a table of its own, in the file's order."""
        return {name: self.table(name) for name in self._values}

    def refuse_others(self) -> None:
        """Raise SettingsError for keys that were never asked for, naming those that are known."""
        refuse_unknown_keys(self._values, tuple(sorted(self._asked)), self.where)

    def wrong(self, key: str, value: object, wanted: str) -> SettingsError:
        """The error for a value that is not what was wanted."""
        return SettingsError(f"{self.where}: {key} is {value!r}", remedy=f"give {key} as {wanted}")

    def _value(self, key: str) -> object:
        if not self.has(key):
            raise SettingsError(f"{self.where}: {key!r} is missing", remedy=f"add {key} to {self.where}")
        return self._values[key]
