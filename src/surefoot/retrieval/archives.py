"""A snapshot as one file, to carry it to another machine: a tar whose bytes hang on the snapshot alone."""

import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from surefoot.errors import SnapshotError
from surefoot.files import flush
from surefoot.retrieval.folders import cannot_write, owned_folder, publish, settle
from surefoot.retrieval.snapshots import MANIFEST, SnapshotInfo, read_snapshot, verify_snapshot

IMPORTING = ".importing-"
MOST_FILES = 10_000
CHUNK = 1 << 20


def export_snapshot(path: Path, target: Path) -> SnapshotInfo:
    """Write the snapshot into the file `target`, whole or not at all. Raises SnapshotError."""
    info = verify_snapshot(path)
    names = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
    try:
        with _written_whole(target) as stream, tarfile.open(fileobj=stream, mode="w") as archive:
            for name in [MANIFEST, *(name for name in names if name != MANIFEST)]:
                member = tarfile.TarInfo(f"{info.digest}/{name}")
                member.size, member.mode = (path / name).stat().st_size, 0o444
                with (path / name).open("rb") as content:
                    archive.addfile(member, content)
    except OSError as problem:
        raise cannot_write(problem, target.parent) from problem
    return info


def import_snapshot(file: Path, folder: Path) -> SnapshotInfo:
    """Put the snapshot of such a file among those in `folder`; one that is there already is left as it is.

    Nothing is published before every file has the digest that the manifest says, and the manifest the digest
    that names it. Raises SnapshotError for any other file, and leaves nothing of it.
    """
    try:
        with owned_folder(folder, IMPORTING) as aside:
            unpacked = _unpacked(file, aside)
            info = verify_snapshot(unpacked)
            settle(unpacked)
            publish(unpacked, folder / info.digest)
    except (tarfile.TarError, EOFError) as problem:
        raise _no_archive(file, str(problem)) from problem
    except OSError as problem:
        if not file.is_file():
            raise SnapshotError(
                f"there is no file {str(file)!r}", remedy="Name a file that `surefoot index export` wrote."
            ) from problem
        raise cannot_write(problem, folder) from problem
    return read_snapshot(folder / info.digest)


def _unpacked(file: Path, aside: Path) -> Path:
    """The folder that the archive holds; only plain files below one folder are taken."""
    top: str | None = None
    with tarfile.open(file, mode="r:") as archive:
        for count, member in enumerate(archive):
            parts = PurePosixPath(member.name).parts
            plain = member.isreg() and len(parts) > 1 and not {"..", "/", "."} & set(parts)
            top = top or (parts[0] if parts else "")
            if not plain or parts[0] != top or member.name.startswith("/") or count >= MOST_FILES:
                raise _no_archive(file, f"it holds {member.name[:80]!r}")
            content = archive.extractfile(member)
            if content is not None:
                _write(content, aside.joinpath(*parts))
    if not top:
        raise _no_archive(file, "it is empty")
    return aside / top


def _write(content: IO[bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as out:
        while chunk := content.read(CHUNK):
            out.write(chunk)


@contextmanager
def _written_whole(target: Path) -> Iterator[IO[bytes]]:
    """A stream into a file beside the target, which takes its place once all is written."""
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with beside.open("xb") as stream:
            yield stream
        flush(beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _no_archive(file: Path, why: str) -> SnapshotError:
    return SnapshotError(
        f"{str(file)!r} is no snapshot that was exported: {why}",
        remedy="Export it again with `surefoot index export`, and copy the whole file.",
    )
