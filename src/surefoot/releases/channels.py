"""Channels: `serving/channels/<app>/<channel>.toml`, a named pointer to a release and to the proof of it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import SettingsError
from surefoot.files import replace_file
from surefoot.releases.bundles import cannot_write
from surefoot.releases.reading import checked_name
from surefoot.tables import Table

PRODUCTION = "production"
SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """What a channel names: a release, and the receipt that proves it. Both are 64 hex digits.

    A release without proof is named with the record of the break-glass instead: exactly one of the two is
    there.
    """

    release: str
    receipt: str | None = None
    break_glass: str | None = None

    @property
    def proof(self) -> str:
        """The name of the receipt, or of the break-glass record in its place."""
        return self.receipt or self.break_glass or ""


def channel_file(serving: Path, app: str, channel: str = PRODUCTION) -> Path:
    """Where the pointer is. NotFoundError for what cannot be an app's or a channel's name."""
    file_name = f"{checked_name(channel, what='a channel')}.toml"
    return serving / "channels" / checked_name(app, what="an app") / file_name


def read_channel(serving: Path, app: str, channel: str = PRODUCTION) -> Pointer | None:
    """What the channel names now; None when nothing was promoted yet. SettingsError says what is wrong."""
    file = channel_file(serving, app, channel)
    if not file.exists() and not file.is_symlink():
        return None
    if not file.is_file():
        raise SettingsError(
            f"{file} is not a regular file", remedy="restore it: `git restore` brings it back"
        )
    return parse_channel(file.read_bytes(), file)


def parse_channel(content: bytes, file: Path) -> Pointer:
    """The pointer that a channel's file holds. SettingsError says what is wrong."""
    try:
        values: dict[str, object] = tomllib.loads(content.decode())
    except ValueError as error:
        raise SettingsError(
            f"{file} cannot be read: {error}", remedy="`git restore` brings it back"
        ) from None
    if (said := values.pop("schema", None)) != SCHEMA or isinstance(said, bool):
        raise SettingsError(
            f"{file}: schema is {said!r}; this surefoot reads schema {SCHEMA}",
            remedy="install the surefoot that wrote it",
        )
    table = Table(values, file=str(file))
    release = table.digest("release")
    if table.has("break_glass") and not table.has("receipt"):
        pointer = Pointer(release=release, break_glass=table.digest("break_glass"))
    else:
        pointer = Pointer(release=release, receipt=table.digest("receipt"))
    table.refuse_others()
    return pointer


def write_channel(serving: Path, app: str, pointer: Pointer, channel: str = PRODUCTION) -> Path:
    """Point the channel to another release, in one step. Returns the file."""
    file = channel_file(serving, app, channel)
    try:
        replace_file(file, channel_bytes(pointer))
    except OSError as error:
        raise cannot_write(file, error) from error
    return file


def channel_bytes(pointer: Pointer) -> bytes:
    """The pointer's file."""
    proof = f'receipt = "{pointer.receipt}"'
    if pointer.break_glass is not None:
        proof = f'break_glass = "{pointer.break_glass}"'
    return (
        "# Written by `surefoot release promote` and `rollback`.\n"
        f'schema = {SCHEMA}\nrelease = "{pointer.release}"\n{proof}\n'
    ).encode()
