"""A model's source files on this machine: where they are, whether they are right, and how they come here."""

import asyncio
import hashlib
from pathlib import Path
from typing import Protocol

from surefoot.errors import ChecksumError
from surefoot.local.progress import Report
from surefoot.models import SourceFile


class Way(Protocol):
    """One way a source file can come: a local file, the package index, a hub."""

    @property
    def name(self) -> str:
        """How the settings call it."""
        ...

    async def bring(self, file: SourceFile, to: Path, scratch: Path, report: Report) -> None:
        """Write the file's bytes to `to`; nobody has checked them yet.

        `scratch` is a folder that survives an interruption, for what the next try can use again. Raises a
        LocalError that says why it cannot.
        """
        ...


def source_path(cache: Path, file: SourceFile) -> Path:
    """Where the file is in the cache folder: under its SHA-256, so that only the right one is there."""
    return cache / "sources" / file.sha256 / file.filename


async def sha256_of(path: Path) -> str:
    """SHA-256 of a file, 64 hex digits, read in a thread."""

    def read() -> str:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    return await asyncio.to_thread(read)


async def check_source(file: SourceFile, path: Path) -> None:
    """Raise ChecksumError, with both values, unless the file at `path` is the pinned one."""
    found = await sha256_of(path)
    if found != file.sha256:
        raise ChecksumError(
            f"{file.filename}: the SHA-256 is {found!r}; pinned is {file.sha256!r}",
            remedy="run it again; if it stays so, what is offered is not the pinned file: name "
            "another way in weights.order, or a file of your own in weights.files",
        )
