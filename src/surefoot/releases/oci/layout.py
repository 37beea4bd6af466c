"""A folder that is an OCI image layout: `oci-layout`, `index.json`, `blobs/sha256/<sha256>`.

Blobs come first, each written beside and renamed, then the index in one step: whoever reads sees the bundle
before or the bundle after. What is read may have been written by anybody.
"""

import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from surefoot.errors import NotFoundError, RefusedError, ResourceError, SettingsError
from surefoot.files import flush, free_bytes, replace_file
from surefoot.records import Json, canonical_json
from surefoot.releases.oci.bundle import (
    ARTIFACT_TYPE,
    MANIFEST_TYPE,
    MOST_CONFIG_BYTES,
    MOST_MANIFEST_BYTES,
    Bundle,
    BundleFile,
    config_of,
    descriptor,
    json_object,
    parse_bundle,
    wrong,
)

MARK, INDEX, BLOBS = "oci-layout", "index.json", "blobs/sha256"
TAG = "org.opencontainers.image.ref.name"
WRITING = ".writing-"
MOST_INDEX_BYTES = 4 * 1024 * 1024

_VERSION = "1.0.0"
_NAME_ONE = "name the folder that `surefoot release pack`, `push` or `pull` wrote"
# What one that was killed may leave in a folder that is to be a layout.
_BEGUN = (WRITING, f".{MARK}.")
_AT_ONCE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """An OCI layout in a folder, which need not be there yet."""

    path: Path

    def digest(self, tag: str) -> str:
        """The bundle that a tag names now. NotFoundError offers the tags there are."""
        return self._tagged(tag).digest

    def bundle(self, tag: str) -> Bundle:
        """The bundle that a tag names, its manifest read and checked; its files are looked at by `check`.

        Raises NotFoundError, RefusedError for what is damaged or hostile, and SettingsError for what this
        surefoot does not know.
        """
        tagged = self._tagged(tag)
        where = f"the bundle {tagged.digest} in {self.path}"
        if tagged.size > MOST_MANIFEST_BYTES:
            raise wrong(where, f"its manifest has {tagged.size} bytes")
        manifest = self.read(tagged)
        config = config_of(manifest, where)
        if config.size > MOST_CONFIG_BYTES:
            raise wrong(where, f"its config has {config.size} bytes")
        bundle = parse_bundle(manifest, self.read(config), where)
        if bundle.channel != tag:
            raise wrong(where, f"it is what the channel {bundle.channel!r} serves, and its tag is {tag!r}")
        return bundle

    def read(self, blob: BundleFile) -> bytes:
        """The bytes of a small blob, checked."""
        pieces: list[bytes] = []
        self.copy(blob, pieces.append)
        return b"".join(pieces)

    def check(self, blob: BundleFile) -> None:
        """RefusedError when a blob is not there, or is not what its digest and size say."""
        self.copy(blob, lambda piece: None)

    def copy(self, blob: BundleFile, write: Callable[[bytes], object]) -> None:
        """Hand the bytes of a blob on, piece by piece; RefusedError at the end when they are others."""
        with self._opened(blob) as stream:
            hashed = hashlib.sha256()
            while piece := self._read(blob, stream):
                hashed.update(piece)
                write(piece)
        if hashed.hexdigest() != blob.digest:
            raise self._damaged(blob, f"its bytes have the SHA-256 {hashed.hexdigest()}")

    def has(self, blob: BundleFile) -> bool:
        """Whether the blob is there, whole: what was copied before is not copied again."""
        try:
            self.check(blob)
        except RefusedError:
            return False
        return True

    def file(self, blob: BundleFile) -> Path:
        """Where a blob is."""
        return self.path / BLOBS / blob.digest

    def begin(self) -> None:
        """Make the folder a layout, unless it is one. RefusedError where it holds something else."""
        if not (self.path / MARK).exists():
            if self.path.exists() and not all(path.name.startswith(_BEGUN) for path in self.path.iterdir()):
                raise RefusedError(
                    f"{self.path} holds something else than an OCI layout",
                    remedy="name a folder that is empty or not there yet",
                )
            replace_file(self.path / MARK, canonical_json({"imageLayoutVersion": _VERSION}))
        self._check_mark()
        (self.path / BLOBS).mkdir(parents=True, exist_ok=True)

    def place(self, written: Path, blob: BundleFile) -> None:
        """Rename a file that is written whole to its place among the blobs."""
        written.chmod(0o444)
        flush(written)
        written.rename(self.file(blob))

    def point(self, tag: str, bundle: Bundle) -> None:
        """Let a tag name a bundle whose blobs are all there, in one step. Entries of other tools stay."""
        flush(self.path / BLOBS)
        with _locked(self.path):
            entries = [self._without(entry, tag, bundle) for entry in self._entries(missing=())]
            pointing: Mapping[str, Json] = {
                "mediaType": MANIFEST_TYPE,
                "artifactType": ARTIFACT_TYPE,
                "digest": f"sha256:{bundle.digest}",
                "size": len(bundle.canonical()),
                "annotations": {TAG: tag},
            }
            index = canonical_json(
                {
                    "schemaVersion": 2,
                    "mediaType": "application/vnd.oci.image.index.v1+json",
                    "manifests": [pointing, *(entry for entry in entries if entry)],
                }
            )
            if len(index) > MOST_INDEX_BYTES:
                raise wrong(str(self.path), "its index would be larger than any reader takes")
            for left in (*self.path.glob(f".{MARK}.*"), *self.path.glob(f".{INDEX}.*")):
                left.unlink(missing_ok=True)  # whoever wrote it was killed, or would hold the lock
            if not (self.path / INDEX).exists() or (self.path / INDEX).read_bytes() != index:
                replace_file(self.path / INDEX, index)

    def _without(self, entry: Mapping[str, Json], tag: str, bundle: Bundle) -> Mapping[str, Json]:
        """What stays of an entry: one that loses its tag stays for those who read its bundle now."""
        if entry.get("digest") == f"sha256:{bundle.digest}" and _tag_of(entry) in (tag, None):
            return {}
        if _tag_of(entry) != tag:
            return entry
        annotations = entry.get("annotations")
        kept = (
            {key: said for key, said in annotations.items() if key != TAG}
            if isinstance(annotations, dict)
            else {}
        )
        bare = {key: value for key, value in entry.items() if key != "annotations"}
        return {**bare, "annotations": kept} if kept else bare

    def _tagged(self, tag: str) -> BundleFile:
        if not self.path.is_dir():
            raise NotFoundError(
                f"there is no bundle in {self.path}",
                remedy=_NAME_ONE,
            )
        if not os.path.lexists(self.path / MARK):
            raise NotFoundError(f"{self.path} is no bundle: it has no file {MARK!r}", remedy=_NAME_ONE)
        self._check_mark()
        entries = self._entries(missing=None)
        found = [entry for entry in entries if _tag_of(entry) == tag]
        if not found:
            tags = sorted({str(name) for entry in entries if (name := _tag_of(entry))})
            raise NotFoundError(
                f"{self.path} has no bundle {tag!r}",
                remedy=f"use one that is there: {', '.join(tags) or 'none yet'}",
            )
        if len(found) > 1:
            raise wrong(str(self.path / INDEX), f"it has the tag {tag!r} twice")
        if found[0].get("mediaType") != MANIFEST_TYPE:
            raise wrong(str(self.path / INDEX), f"{tag!r} is no artifact but {found[0].get('mediaType')!r}")
        return descriptor(found[0], str(self.path / INDEX))

    def _check_mark(self) -> None:
        file = self.path / MARK
        said = json_object(_small(file, MOST_CONFIG_BYTES), str(file)).get("imageLayoutVersion")
        if said != _VERSION:
            raise SettingsError(
                f"{file}: imageLayoutVersion is {said!r}; this surefoot reads {_VERSION}",
                remedy="install a surefoot that reads it",
            )

    def _entries(self, *, missing: tuple[()] | None) -> list[dict[str, Json]]:
        """What the index lists; `missing` where there is no index yet, or RefusedError."""
        file = self.path / INDEX
        if missing is not None and not file.exists():
            return [*missing]
        value = json_object(_small(file, MOST_INDEX_BYTES), str(file))
        manifests = value.get("manifests")
        if value.get("schemaVersion") != 2 or not isinstance(manifests, list):
            raise wrong(str(file), "it is not an OCI image index")
        if not all(isinstance(entry, dict) for entry in manifests):
            raise wrong(str(file), "an entry of it is not a descriptor")
        return manifests

    @contextmanager
    def _opened(self, blob: BundleFile) -> Iterator[BinaryIO]:
        with _plain(self.file(blob), lambda why: self._damaged(blob, why)) as stream:
            size = os.fstat(stream.fileno()).st_size
            if size != blob.size:
                raise self._damaged(blob, f"it has {size} bytes, not {blob.size}")
            yield stream

    def _read(self, blob: BundleFile, stream: BinaryIO) -> bytes:
        try:
            return stream.read(_AT_ONCE)
        except OSError as error:
            raise self._damaged(blob, f"it cannot be read: {error.strerror}") from error

    def _damaged(self, blob: BundleFile, why: str) -> RefusedError:
        named = f", the file {blob.name!r}," if blob.name else ""
        return wrong(f"the blob {blob.digest}{named} in {self.path}", why)


def require_space(folder: Path, size: int) -> None:
    """ResourceError where the disk below a folder has too little room, before anything is written."""
    free = free_bytes(folder)
    if free < size:
        raise ResourceError(
            f"{folder} has room for {free} bytes, and the bundle needs {size} more; nothing was written",
            remedy="free disk space, then run it again",
        )


def _tag_of(entry: Mapping[str, Json]) -> str | None:
    annotations = entry.get("annotations")
    tag = annotations.get(TAG) if isinstance(annotations, dict) else None
    return tag if isinstance(tag, str) else None


def _small(file: Path, most: int) -> bytes:
    with _plain(file, lambda why: wrong(str(file), why)) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise wrong(str(file), f"it holds more than {most} bytes")
    return content


@contextmanager
def _plain(file: Path, refused: Callable[[str], RefusedError]) -> Iterator[BinaryIO]:
    """A regular file, open to read: no link, which could lead anywhere, and no pipe, which could wait."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError as error:
        why = "it is a link" if error.errno == errno.ELOOP else f"it cannot be read: {error.strerror}"
        raise refused(why) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise refused("it is not a regular file")
    with os.fdopen(descriptor, "rb") as stream:
        yield stream


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer of the index at a time, where the file system has locks; a bucket may have none."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EBADF, errno.EINVAL):
                raise
        yield
    finally:
        os.close(descriptor)
