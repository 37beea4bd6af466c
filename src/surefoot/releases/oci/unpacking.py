"""Lay a bundle's files out in the state directory, in the shape in which a service reads them."""

from collections.abc import Sequence
from pathlib import Path

from surefoot.errors import SnapshotError
from surefoot.releases.bundles import cannot_write
from surefoot.releases.oci.bundle import Bundle, BundleFile
from surefoot.releases.oci.layout import WRITING, Layout, require_space
from surefoot.releases.oci.names import SNAPSHOTS, second_parts
from surefoot.retrieval.folders import owned_folder, publish, remove_abandoned, settle
from surefoot.retrieval.snapshots import hash_file, verify_snapshot


def unpack_bundle(layout: Layout, bundle: Bundle, *, folder: Path, snapshots: Path) -> Path:
    """Lay out the bundle below `folder`, under its digest, and its snapshots in theirs. Returns the path.

    Each appears whole or not at all, every byte checked; what is there and whole stays. Nothing is written
    into the layout. Raises RefusedError for a damaged blob, and ResourceError when the disk refuses.
    """
    target = folder / bundle.digest
    own = tuple(file for file in bundle.files if not file.name.startswith(f"{SNAPSHOTS}/"))
    parts = [] if all(_is(target / file.name, file) for file in own) else [("", own, target)]
    for digest in sorted(second_parts((file.name for file in bundle.files), SNAPSHOTS)):
        start = f"{SNAPSHOTS}/{digest}/"
        if not _is_whole_snapshot(snapshots / digest):
            parts.insert(0, (start, bundle.named(start), snapshots / digest))
    missing = {file.digest: file for _, files, _ in parts for file in files}.values()
    for file in missing:
        layout.check(file)
    require_space(folder, sum(file.size for file in missing))
    try:
        for where in (folder, snapshots):
            remove_abandoned(where, WRITING)
        for start, files, path in parts:
            _lay_out(layout, files, start, path)
    except OSError as error:
        raise cannot_write(folder, error) from error
    return target


def _is_whole_snapshot(path: Path) -> bool:
    try:
        verify_snapshot(path)
    except SnapshotError:
        return False
    return True


def _is(path: Path, file: BundleFile) -> bool:
    return path.is_file() and path.stat().st_size == file.size and hash_file(path) == file.digest


def _lay_out(layout: Layout, files: Sequence[BundleFile], start: str, target: Path) -> None:
    with owned_folder(target.parent, WRITING) as written:
        whole = written / "whole"
        for file in files:
            path = whole / file.name.removeprefix(start)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as stream:
                layout.copy(file, stream.write)
        settle(whole)
        if not publish(whole, target):  # a damaged one is in its place
            target.rename(written / "damaged")
            publish(whole, target)
