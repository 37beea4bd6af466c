"""Values as files of canonical JSON, named by the SHA-256 of their bytes, and read back strictly."""

from datetime import datetime
from pathlib import Path
from typing import TypeVar

from surefoot.files import replace_file
from surefoot.records import canonical_json, digest_bytes
from surefoot.records.encoding import from_plain, plain
from surefoot.releases.bundles import cannot_write
from surefoot.releases.manifests import refuse_unknown_schema
from surefoot.releases.reading import damaged, is_digest, parse_object, read_named_bytes

T = TypeVar("T")


def canonical_of(kind: type[T], value: T, schema: int) -> bytes:
    """The one spelling of a value: a number that is a fraction by its type is written as one, 1 as 1.0."""
    fields = plain(from_plain(kind, plain(value)))
    assert isinstance(fields, dict)  # noqa: S101 - a dataclass is written as its fields
    return canonical_json({"schema": schema, **fields})


def write_canonical(folder: Path, content: bytes) -> str:
    """Keep such bytes in a folder. Returns their digest, which names the file."""
    digest = digest_bytes(content)
    file = folder / f"{digest}.json"
    try:
        replace_file(file, content)
    except OSError as error:
        raise cannot_write(file, error) from error
    return digest


def read_canonical(kind: type[T], folder: Path, digest: str, *, schema: int, what: str, most_bytes: int) -> T:
    """The value of that name.

    Raises FileNotFoundError when it is not there, RefusedError when its bytes do not hash to its name or are
    not `what`, SettingsError for a schema that this surefoot does not know.
    """
    file = folder / f"{digest}.json"
    if not is_digest(digest):
        raise FileNotFoundError(file)
    content = read_named_bytes(file, digest, most_bytes=most_bytes)
    value = parse_object(content, file)
    refuse_unknown_schema(value, schema, file)
    del value["schema"]
    try:
        found = from_plain(kind, value)
        canonical = canonical_of(kind, found, schema)
    except (ValueError, RecursionError) as error:
        raise damaged(file, f"it is not {what}: {' '.join(str(error).split(chr(10))[:3])}") from None
    if any(isinstance(one, datetime) and one.utcoffset() is None for one in _fields(found)):
        raise damaged(file, "it has a time without a zone")
    if canonical != content:
        raise damaged(file, f"it says more than {what} does, or in another spelling")
    return found


def _fields(value: object) -> list[object]:
    return [getattr(value, name) for name in getattr(value, "__dataclass_fields__", ())]


def list_canonical(folder: Path) -> tuple[str, ...]:
    """The digests of what a folder holds, sorted; empty when it is not there."""
    return tuple(sorted(file.stem for file in folder.glob("*.json") if is_digest(file.stem)))
