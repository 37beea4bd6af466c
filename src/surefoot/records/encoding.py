"""Records as plain JSON values and back, exactly: what is read equals what was written."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TypeVar

from pydantic import TypeAdapter

from surefoot.records.digest import Json

Record = TypeVar("Record")


def plain(value: object) -> Json:
    """A record as plain JSON values: fields by name, tuples as lists, moments in ISO 8601."""
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"a record holds a {type(value).__name__}, which has no place in JSON: {value!r}")


def from_plain(kind: type[Record], value: object) -> Record:
    """The record of that class from its plain values. Raises ValueError that names the field at fault."""
    record: Record = _adapter(kind).validate_python(value)  # type: ignore[arg-type]  # a class can be hashed
    return record


# Built on first use: importing this module should cost nothing.
@cache
def _adapter(kind: type[Record]) -> TypeAdapter[Record]:
    return TypeAdapter(kind)
