"""What Git remembers: commits, the files at one of them, and what lies between two. It only reads.

Nothing is checked out and no code of the repository runs: no hook, no filter, no text conversion.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Literal

from surefoot.errors import LocalError, NotFoundError, SettingsError
from surefoot.releases.git import Repository

How = Literal["added", "changed", "deleted", "renamed"]

_FORMAT = "%H%x00%an%x00%aI%x00%s%x00"
# A copy is a new file: where it was copied from is none of its history.
_HOW: Mapping[str, How] = {"A": "added", "C": "added", "D": "deleted", "R": "renamed"}
FULL_CLONE = "git fetch --unshallow (in GitHub Actions: fetch-depth: 0; in GitLab: GIT_DEPTH: 0)"
# Where a branch usually came from, the first that there is.
_USUAL_BASES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit: its author's name and date, and the first line of its message."""

    digest: str
    author: str
    date: datetime
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file that differs: its path before and after, from the repository's top; None where there is none."""

    how: How
    before: str | None
    after: str | None

    @property
    def paths(self) -> tuple[str, ...]:
        """The path it has or had, both where it was renamed."""
        return tuple(dict.fromkeys(path for path in (self.before, self.after) if path is not None))


def commit_named(repository: Repository, revision: str) -> str:
    """The commit that a revision names. NotFoundError says how to fetch it."""
    found = repository.read("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found is None and revision == "HEAD":
        raise NotFoundError("this repository has no commit yet", remedy="make the first one: git commit")
    if found is None:
        raise NotFoundError(
            f"this clone has no commit {revision!r}",
            remedy=f"name one it has, or bring it: git fetch origin {revision.removeprefix('origin/')}",
        )
    return found.decode().strip()


def usual_base(repository: Repository) -> str:
    """The branch that pull requests go to, as this clone knows it. NotFoundError when it knows none."""
    for name in _USUAL_BASES:
        found = repository.read("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if found is not None:
            return name
    raise NotFoundError(
        "this clone has no branch main or master to compare with", remedy="name the base: --base REF"
    )


def merge_base(repository: Repository, base: str, head: str) -> str:
    """The commit where `head` left `base`. SettingsError where a shallow clone does not reach it."""
    ours, theirs = commit_named(repository, base), commit_named(repository, head)
    found = repository.read("merge-base", ours, theirs)
    if found is not None:
        return found.decode().split()[0]
    if is_shallow(repository):
        raise SettingsError(
            f"this clone is shallow, and does not reach the commit where {head!r} left {base!r}",
            remedy=f"fetch more of the history: {FULL_CLONE}",
        )
    raise SettingsError(
        f"{head!r} and {base!r} have no commit in common",
        remedy="name the branch it was made from: --base REF",
    )


def is_shallow(repository: Repository) -> bool:
    """Whether the clone has the latest commits alone, as CI often makes one."""
    return (repository.read("rev-parse", "--is-shallow-repository") or b"").strip() == b"true"


def changed_files(repository: Repository, base: str, head: str | None) -> tuple[FileChange, ...]:
    """What differs between a commit and another one; None: the working tree, with files Git does not know."""
    options = ("-z", "-M", "--name-status", "--no-ext-diff", "--no-textconv", "--no-relative")
    ends = (base,) if head is None else (base, head)
    tracked = tuple(_changes(_said(repository, "diff", *options, *ends, "--")))
    if head is not None:
        return tracked
    said = _said(repository, "ls-files", "-z", "--others", "--exclude-standard")
    known = {path for change in tracked for path in change.paths}
    new = (os.fsdecode(name) for name in said.split(b"\0") if name)
    return (
        *tracked,
        *(FileChange(how="added", before=None, after=name) for name in new if name not in known),
    )


def files_at(repository: Repository, commit: str, folders: Collection[str]) -> dict[str, bytes]:
    """The regular files at or below these paths as a commit has them; links and submodules are left out."""
    there = [_path(folder) for folder in folders]
    entries = _entries(repository, commit, there) if there else {}
    blobs = _blobs(repository, entries.values())
    return {path: blobs[blob] for path, blob in entries.items()}


def blobs_at(repository: Repository, commit: str, folder: str) -> dict[str, str]:
    """The ids of the regular files directly in a folder as a commit has them, by their names."""
    inside = _path(folder)
    found = _entries(repository, commit, [f"{inside}/"] if inside != "." else [], deep=False)
    return {PurePosixPath(path).name: blob for path, blob in found.items()}


def read_blobs(repository: Repository, blobs: Collection[str]) -> dict[str, bytes]:
    """The bytes behind these ids."""
    return _blobs(repository, blobs)


def log(repository: Repository, paths: Sequence[str], *, head: str = "HEAD") -> tuple[Commit, ...]:
    """Every commit that changed one of the paths, the newest first. The paths are taken as they are."""
    if not paths:
        return ()
    said = _said(repository, "log", "-z", "--topo-order", f"--format={_FORMAT}", head, "--", *paths)
    return tuple(_commits(said))


def names_of(repository: Repository, path: str, *, head: str = "HEAD") -> tuple[str, ...]:
    """The paths that a file has had, the present one first: renames are followed."""
    said = _said(repository, "log", "-z", "--follow", "-M", "--format=", "--name-status", head, "--", path)
    names = [path]
    for change in _changes(said):
        if change.how == "renamed" and change.after == names[-1] and change.before is not None:
            names.append(change.before)
    return tuple(dict.fromkeys(names))


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files below a folder that is ours."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _said(repository: Repository, *words: str) -> bytes:
    said = repository.read(*words)
    if said is None:
        raise LocalError(
            f"git {words[0]} failed in {repository.top}",
            remedy=f"see whether the clone is whole (git fsck), or fetch more of it: {FULL_CLONE}",
        )
    return said


def _changes(said: bytes) -> Iterator[FileChange]:
    """Entries of --name-status -z: a letter, then one path, or two for a rename and a copy."""
    words = iter(os.fsdecode(word).lstrip("\n") for word in said.split(b"\0") if word.strip(b"\n"))
    for letter in words:
        path = next(words)
        how = _HOW.get(letter[:1], "changed")
        after = next(words) if letter[:1] in ("R", "C") else path
        if how == "renamed":
            yield FileChange(how=how, before=path, after=after)
        else:
            yield FileChange(
                how=how,
                before=None if how == "added" else path,
                after=None if how == "deleted" else after,
            )


def _entries(
    repository: Repository, commit: str, paths: Sequence[str], *, deep: bool = True
) -> dict[str, str]:
    """The blob of each regular file, by its path from the top."""
    said = _said(repository, "ls-tree", *(("-r",) if deep else ()), "-z", "--full-tree", commit, "--", *paths)
    found = {}
    for entry in filter(None, said.split(b"\0")):
        about, _, name = entry.partition(b"\t")
        mode, kind, blob = about.decode().split()[:3]
        if kind == "blob" and mode.startswith("100"):
            found[os.fsdecode(name)] = blob
    return found


def _blobs(repository: Repository, blobs: Collection[str]) -> dict[str, bytes]:
    """The bytes of many blobs by one process."""
    wanted = list(dict.fromkeys(blobs))
    if not wanted:
        return {}
    said = repository.read("cat-file", "--batch", given="".join(f"{blob}\n" for blob in wanted).encode())
    if said is None:
        raise LocalError("git cat-file failed", remedy="see whether the clone is whole: git fsck")
    found, at = {}, 0
    for blob in wanted:
        end = said.index(b"\n", at)
        about = said[at:end].split()
        if len(about) != 3:
            raise LocalError(
                f"this clone lacks the object {blob}",
                remedy="fetch the whole of it: git fetch --refetch origin",
            )
        size = int(about[2])
        found[blob] = said[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
    return found


def _commits(said: bytes) -> Iterator[Commit]:
    words = said.decode(errors="replace").split("\0")
    for digest, author, date, subject in zip(
        words[0::5], words[1::5], words[2::5], words[3::5], strict=False
    ):
        yield Commit(digest=digest.strip(), author=author, date=datetime.fromisoformat(date), subject=subject)


def _path(folder: str) -> str:
    return PurePosixPath(folder).as_posix()
