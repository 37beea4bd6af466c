"""Whole files: read TOML that says its schema, and replace a file in one step."""

import os
import tempfile
import tomllib
from pathlib import Path

from surefoot.errors import SettingsError


def read_toml(file: Path, *, schema: int = 1) -> dict[str, object]:
    """The table in a TOML file, without its `schema` key, which must be `schema`.

    Raises FileNotFoundError when there is no such file, and SettingsError for anything else that is wrong.
    """
    try:
        table: dict[str, object] = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(
            f"{file} cannot be read: {error}", remedy="mend the file; it is TOML in UTF-8"
        ) from error
    said = table.pop("schema", None)
    if said != schema:
        raise SettingsError(
            f"{file} has schema {said!r}; this surefoot reads schema {schema}",
            remedy=f"write schema = {schema} as its first line, or install the surefoot that wrote it",
        )
    return table


def refuse_unknown_keys(table: dict[str, object], known: tuple[str, ...], where: str) -> None:
    """SettingsError for the first key of `table` that `known` does not hold."""
    for key in table:
        if key not in known:
            raise SettingsError(f"{where} has an unknown key {key!r}", remedy=f"use {', '.join(known)}")


def replace_file(file: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write `content` so that a reader, or a crash, sees the old file or the new one, nothing between."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    written = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        written.chmod(mode)
        written.replace(file)
    except BaseException:
        written.unlink(missing_ok=True)
        raise
