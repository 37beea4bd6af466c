"""Whole files: replace one in one step, find those that come with surefoot, see how much room there is."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def replace_file(file: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write `content` so that a reader, or a crash, sees the old file or the new one, nothing between."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with _written_beside(file, content, mode) as written:
        written.replace(file)
    flush(file.parent)


def own_or_shipped(own: Path, name: str) -> Path:
    """The project's own file where it has one, else the one that comes with surefoot."""
    return own if own.is_file() else shipped(name)


def shipped(name: str) -> Path:
    """A file that comes with surefoot, such as `evals/ragas.lock`, by its place in surefoot's repository.

    In an installed wheel it lies below the package; in a checkout, in the repository itself.
    """
    package = Path(__file__).parent
    beside = package / "shipped" / name
    return beside if beside.is_file() else package.parents[1] / name


def flush(path: Path) -> None:
    """Return when a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def free_bytes(folder: Path) -> int:
    """How much room the disk below a folder has, which need not exist yet."""
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    return shutil.disk_usage(there).free


def create_file(file: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file that is not there yet, whole or not at all. FileExistsError when it is there."""
    with _written_beside(file, content, mode) as written:
        os.link(written, file)  # unlike a rename, it replaces nothing
    flush(file.parent)


@contextmanager
def _written_beside(file: Path, content: bytes, mode: int) -> Iterator[Path]:
    """A new file in the folder of `file`, all of it on the disk; what is left of it at the end goes."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    written = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        written.chmod(mode)
        yield written
    finally:
        written.unlink(missing_ok=True)
