"""Put a bundle into a layout: from the files of a deployment, or from another layout."""

import shutil
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import RefusedError, SurefootError
from surefoot.local import Progress, Report
from surefoot.releases.bundles import cannot_write
from surefoot.releases.oci.bundle import Bundle, BundleFile, bundle_of
from surefoot.releases.oci.contents import Verified, verify_bundle
from surefoot.releases.oci.layout import WRITING, Layout, require_space
from surefoot.releases.oci.names import APPROVALS, RELEASES, is_bundle_name
from surefoot.releases.trust import Trust
from surefoot.retrieval.folders import owned_folder, remove_abandoned
from surefoot.retrieval.snapshots import hash_file

# Writes a blob's bytes to a file, checked.
Bring = Callable[[BundleFile, Path], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What came of it: the bundle with what it proves, the bytes written, and whether the tag moved."""

    verified: Verified
    written: int
    moved: bool


def files_of_release(serving: Path, release: str) -> dict[str, Path]:
    """The files of a promoted release, its proofs, and the approvals of it, by their names in a bundle."""
    folders = (serving / RELEASES / release, serving / APPROVALS / release)
    found = {
        path.relative_to(serving).as_posix(): path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    return {name: path for name, path in found.items() if is_bundle_name(name)}


async def pack_bundle(
    layout: Layout,
    *,
    channel: str,
    releases: Mapping[str, str],
    files: Mapping[str, Path],
    trust: Trust,
    report: Report,
) -> Packed:
    """Make the bundle of these files, by name, in a layout; its tag is the channel.

    Raises RefusedError, before the tag moves, for files that prove no release or are not what is pinned, and
    ResourceError when the disk refuses.
    """
    for path in files.values():
        if path.is_symlink():
            raise RefusedError(f"{path} is a link", remedy="put a real file in its place")
    named = [
        BundleFile(name=name, digest=hash_file(path), size=path.stat().st_size)
        for name, path in files.items()
    ]
    bundle = bundle_of(channel, releases, named)

    async def bring(blob: BundleFile, to: Path) -> None:
        shutil.copyfile(files[blob.name], to)
        if hash_file(to) != blob.digest:
            raise RefusedError(f"{files[blob.name]} changed while it was packed", remedy="run it again")

    return await put_bundle(layout, bundle, bring, trust=trust, report=report)


async def copy_bundle(source: Layout, target: Layout, tag: str, *, trust: Trust, report: Report) -> Packed:
    """Copy the bundle that a tag names to another layout, once all of it is found to be what it says.

    Blobs that are there are not copied again. Raises RefusedError before anything is written for a bundle
    that is damaged, hostile or proves nothing, and ResourceError when the disk refuses.
    """
    bundle = source.bundle(tag)
    verify_bundle(source, bundle, trust=trust)

    async def bring(blob: BundleFile, to: Path) -> None:
        with to.open("xb") as stream:
            source.copy(blob, stream.write)

    return await put_bundle(target, bundle, bring, trust=trust, report=report)


async def put_bundle(layout: Layout, bundle: Bundle, bring: Bring, *, trust: Trust, report: Report) -> Packed:
    """Bring the blobs that a layout lacks, check the bundle whole, and let the tag of its channel name it.

    Raises what `bring` and `verify_bundle` raise, and ResourceError when the disk refuses: the tag stays.
    """
    try:
        layout.begin()
        before = _before(layout, bundle.channel)
        written = await _put_blobs(layout, bundle, bring, report)
        verified = verify_bundle(layout, bundle, trust=trust)
        layout.point(bundle.channel, bundle)
    except OSError as error:
        raise cannot_write(layout.path, error) from error
    return Packed(verified=verified, written=written, moved=before != bundle.digest)


def _before(layout: Layout, tag: str) -> str | None:
    """What the tag names so far; None where nothing that can be read."""
    with suppress(SurefootError):
        return layout.digest(tag)
    return None


async def _put_blobs(layout: Layout, bundle: Bundle, bring: Bring, report: Report) -> int:
    """Write those blobs that are not there, the manifest last. Says how many bytes of files were written."""
    remove_abandoned(layout.path, WRITING)
    wanted = {file.digest: file for file in bundle.files}
    missing = [file for file in wanted.values() if not layout.has(file)]
    total, done = sum(file.size for file in missing), 0
    require_space(layout.path, total)
    with owned_folder(layout.path, WRITING) as folder:
        for file in missing:
            report(Progress(step="bundle", done=done, total=total, unit="bytes"))
            await bring(file, folder / file.digest)
            layout.place(folder / file.digest, file)
            done += file.size
        for blob, content in bundle.own_blobs():
            if not layout.has(blob):
                (folder / blob.digest).write_bytes(content)
                layout.place(folder / blob.digest, blob)
    return total
