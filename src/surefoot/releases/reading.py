"""Read what may have been written by anybody: plain files of a sane size, digests and names spelt as such."""

import os
import re
import stat
from pathlib import Path

from surefoot.errors import NotFoundError, RefusedError
from surefoot.records import digest_bytes
from surefoot.records.strict_json import parse

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def is_digest(text: str) -> bool:
    """Whether this is a SHA-256 as 64 lower-case hex digits."""
    return _DIGEST.fullmatch(text) is not None


def checked_name(name: str, *, what: str) -> str:
    """The name of an app, a channel or a key as it stands in paths; NotFoundError for another spelling."""
    if not _NAME.fullmatch(name) or len(name) > 64:
        raise NotFoundError(
            f"{name!r} is not the name of {what}",
            remedy="names are lower-case letters and digits, with '-' between them, at most 64",
        )
    return name


def read_plain_file(file: Path, *, most_bytes: int) -> bytes:
    """The bytes of a regular file. FileNotFoundError when none is there, RefusedError for anything else.

    Opened without waiting: a pipe in a file's place would hold a service up for ever.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise damaged(file, f"it cannot be read: {error.strerror}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise damaged(file, "it is not a regular file")
        if status.st_size > most_bytes:
            raise damaged(file, f"it holds {status.st_size} bytes, and at most {most_bytes} are read")
    except BaseException:
        os.close(descriptor)
        raise
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(most_bytes)


def read_named_bytes(file: Path, digest: str, *, most_bytes: int) -> bytes:
    """The bytes of a file that is named by their SHA-256; RefusedError when they are other bytes."""
    content = read_plain_file(file, most_bytes=most_bytes)
    if digest_bytes(content) != digest:
        raise damaged(file, f"its bytes have the SHA-256 {digest_bytes(content)}, not the one in its name")
    return content


def parse_object(content: bytes, file: Path) -> dict[str, object]:
    """A JSON object, read strictly: UTF-8, no key twice, no NaN. RefusedError names the file."""
    try:
        value = parse(content)
    except ValueError as error:
        raise damaged(file, f"it is not JSON as surefoot writes it: {error}") from None
    if not isinstance(value, dict):
        raise damaged(file, "it is not a JSON object")
    return value


def damaged(file: Path, why: str) -> RefusedError:
    """The error for a file of a release that is not what was written there."""
    return RefusedError(
        f"{file} is damaged: {why}",
        remedy="restore it from Git (`git restore`), or make the release and its receipt again",
    )
