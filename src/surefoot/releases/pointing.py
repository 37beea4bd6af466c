"""What every move of a channel does: look where production stands, write files whole, swap and commit."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import RefusedError, SettingsError
from surefoot.files import replace_file
from surefoot.releases.bundles import (
    ReleaseBundle,
    cannot_write,
    load_parts,
    read_release,
    write_release,
)
from surefoot.releases.channels import (
    Pointer,
    channel_bytes,
    channel_file,
    parse_channel,
    read_channel,
    write_channel,
)
from surefoot.releases.deployment import Deployment, refuse_links
from surefoot.releases.git import Head, Repository, open_repository
from surefoot.releases.manifests import MANIFEST

# Held by whatever writes to `serving/` and commits, so that one does at a time.
PROMOTION_LOCK = "promotion"
# The bytes are what was proven: Git is told to hand them out as they are, on every machine.
_ATTRIBUTES = (".gitattributes", b"* -text -filter -ident\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What production of an app names now, and what it named before, None for nothing.

    `commit` is the one that says so, None when it was said already. `branch` is as in Head.
    """

    app: str
    pointer: Pointer
    replaced: str | None
    commit: str | None
    branch: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where production of an app stands: what the channel's file names, and what HEAD says that it names."""

    place: Deployment
    app: str
    repository: Repository
    head: Head
    now: Pointer | None
    committed: Pointer | None

    @property
    def replaced(self) -> str | None:
        """The release that a promotion replaces."""
        return None if self.committed is None else self.committed.release

    def is_there(self, release: str) -> bool:
        """Whether production is this release already, and that is committed."""
        return self.now is not None and self.now == self.committed and self.now.release == release

    def moved(self, pointer: Pointer, replaced: str | None, commit: str | None) -> Moved:
        """What came of it."""
        return Moved(app=self.app, pointer=pointer, replaced=replaced, commit=commit, branch=self.head.branch)

    def refuse_uncommitted(self, release: str) -> None:
        """What is to be replaced must be what was committed: else a deleted pointer would let a founding in.

        An unfinished promotion is told by naming the release that is to be promoted.
        """
        if self.now == self.committed or (self.now is not None and self.now.release == release):
            return
        names = [pointer.release if pointer else "nothing" for pointer in (self.now, self.committed)]
        raise RefusedError(
            f"production of {self.app!r} names {names[0]} here and {names[1]} in the last commit",
            remedy="take the pointer back with `git restore`, or finish what was begun: promote the release "
            "that it names, or roll back to it with --to",
        )


def stand_of(place: Deployment, app: str) -> Stand:
    """Where it stands, once everything a commit needs is there too: before anything is written."""
    repository = open_repository(place.serving)
    repository.check_identity()
    file = channel_file(place.serving, app)
    for path in (*place.promotion_folders, file):
        refuse_links(place.serving, path)
    content, committed = repository.committed(file), None
    with suppress(SettingsError):  # what cannot be read says nothing
        committed = None if content is None else parse_channel(content, file)
    return Stand(
        place=place,
        app=app,
        repository=repository,
        head=repository.head(),
        now=read_channel(place.serving, app),
        committed=committed,
    )


def bring(place: Deployment, release: ReleaseBundle, beside: Mapping[Path, bytes]) -> dict[Path, bytes]:
    """Write a release, and files beside it, to `serving/`. Returns all of them, for the commit."""
    target = place.promoted / release.digest
    names = load_parts(release).files
    refuse_linked(place, (target, *(target / name for name in names), *beside))
    write_release(
        place.promoted, release.manifest, {name: (release.folder / name).read_bytes() for name in names}
    )
    files = {**release_files(place, read_release(place.promoted, release.digest)), **beside}
    for file, content in files.items():
        keep(file, content)
    return files


def release_files(place: Deployment, release: ReleaseBundle) -> dict[Path, bytes]:
    """The files of a release as they are, or would be, in `serving/`."""
    target, names = place.promoted / release.digest, (MANIFEST, *load_parts(release).files)
    files = {target / name: (release.folder / name).read_bytes() for name in names}
    return {**files, place.promoted / _ATTRIBUTES[0]: _ATTRIBUTES[1]}


def refuse_linked(place: Deployment, files: Sequence[Path]) -> None:
    """RefusedError when writing one of these files would follow a link."""
    for file in files:
        refuse_links(place.serving, file)


def keep(file: Path, content: bytes) -> None:
    """Write a file that is not there with these bytes already."""
    _tidy(file)
    if file.is_symlink() or not file.is_file() or file.read_bytes() != content:
        try:
            replace_file(file, content)
        except OSError as error:
            raise cannot_write(file, error) from error


def point(stand: Stand, pointer: Pointer, files: Mapping[Path, bytes], message: str) -> str | None:
    """Swap the pointer and commit it with the files; when the commit fails, the pointer is what it was."""
    file = channel_file(stand.place.serving, stand.app)
    before = file.read_bytes() if file.is_file() else None
    _tidy(file)
    try:
        write_channel(stand.place.serving, stand.app, pointer)
        return stand.repository.commit_files({**files, file: channel_bytes(pointer)}, message, stand.head)
    except BaseException:
        with suppress(OSError):  # the reason is the one to tell
            if before is None:
                file.unlink(missing_ok=True)
            else:
                replace_file(file, before)
        raise


def _tidy(file: Path) -> None:
    """Remove what a killed promotion left of a file that it was writing."""
    for left in file.parent.glob(f".{file.name}.*"):
        left.unlink(missing_ok=True)
