"""Who made a change: the authors, by Git, of what has been committed since production was promoted."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from surefoot.errors import RefusedError, SettingsError
from surefoot.releases.channels import channel_file, parse_channel
from surefoot.releases.deployment import Deployment
from surefoot.releases.git import Repository

_ADDRESS = re.compile(r"<([^<>]+)>")
_FORMAT = "--format=%ae%n%(trailers:key=Co-authored-by,valueonly)"


def authors_of_change(
    place: Deployment, repository: Repository, app: str, deciding: Sequence[Path]
) -> frozenset[str]:
    """The addresses of authors and co-authors since what is in production was first promoted, lower case.

    A rollback and a break-glass move the pointer too, and hide nobody: what was committed before them came
    into no release that was approved. Commits of promotions and approvals alone do not count, nor do merges
    that only merge. Before the first release, whoever ever changed one of `deciding` is an author.

    RefusedError in a shallow clone, which does not know them. An address in Git is what its committer claims;
    a signature is what proves.
    """
    if (repository.read("rev-parse", "--is-shallow-repository") or b"").strip() == b"true":
        raise RefusedError(
            "this clone is shallow, so it does not know who made the change that is to be approved",
            remedy="git fetch --unshallow; in CI, check out the whole history",
        )
    promoted = _promoted_by(repository, channel_file(place.serving, app))
    if promoted is not None:
        commits = _lines(repository.read("rev-list", f"{promoted}..HEAD"))
        commits = [commit for commit in commits if _changes_more(place, repository, commit)]
    else:
        names = [repository.name_of(path) for path in deciding]
        commits = _lines(repository.read("rev-list", "--no-merges", "HEAD", "--", *names))
    return frozenset(address for commit in commits for address in _authors(repository, commit))


def _promoted_by(repository: Repository, file: Path) -> str | None:
    """The commit that first named the release which was the last to be promoted; None where none was."""
    name = repository.name_of(file)
    for commit in _lines(repository.read("log", "--format=%H", "HEAD", "--", name)):
        with suppress(SettingsError):  # a pointer that cannot be read promotes nothing
            pointer = parse_channel(repository.read("cat-file", "blob", f"{commit}:{name}") or b"", file)
            if pointer.receipt is not None:
                search = ("log", "--format=%H", f"-S{pointer.release}", commit, "--", name)
                return [commit, *_lines(repository.read(*search))][-1]
    return None


def _changes_more(place: Deployment, repository: Repository, commit: str) -> bool:
    """Whether a commit changes anything but what promotions and approvals write; of a merge, by itself."""
    said = repository.read("diff-tree", "-r", "-c", "-z", "--root", "--no-commit-id", "--name-only", commit)
    ours = tuple(f"{repository.name_of(folder)}/" for folder in place.promotion_folders)
    return any(not os.fsdecode(name).startswith(ours) for name in (said or b"").split(b"\0") if name)


def _authors(repository: Repository, commit: str) -> list[str]:
    author, *others = _lines(repository.read("show", "--no-patch", _FORMAT, commit))
    addresses = [author, *(found for other in others for found in _ADDRESS.findall(other))]
    return [address.strip().casefold() for address in addresses]


def _lines(said: bytes | None) -> list[str]:
    return [line for line in (said or b"").decode(errors="replace").splitlines() if line]
