"""Whether a release was taken out of production, by the pointer's history in Git.

What promotes after each merge must not undo a rollback: main still holds the change that was taken back, and
its proof still holds, until somebody reverts it.
"""

from collections.abc import Iterator
from itertools import pairwise

from surefoot.errors import RefusedError, SurefootError
from surefoot.releases.channels import Pointer, channel_file, parse_channel
from surefoot.releases.deployment import Deployment
from surefoot.releases.git import open_repository
from surefoot.releases.receipts import read_receipt


def refuse_taken_back(place: Deployment, app: str, release: str) -> None:
    """RefusedError when it left production by a rollback or a break-glass, and nothing was proven since.

    A release that another one replaced by comparison with it was not taken back. In a shallow clone only the
    moves that the clone has are known.
    """
    for (commit, now), (_, before) in pairwise(_pointers(place, app)):
        if now.release == release or _compared_with(place, now) == before.release:
            return
        if before.release == release:
            raise RefusedError(
                f"{release[:12]} was taken out of production of {app!r} by the commit {commit[:12]}",
                remedy="revert the change that made it; or, to have it in production again, name it: "
                f"surefoot release promote {release[:12]}",
            )


def _pointers(place: Deployment, app: str) -> Iterator[tuple[str, Pointer]]:
    """What production named after each commit that moved it, the newest first, as far as it can be read."""
    repository, file = open_repository(place.serving), channel_file(place.serving, app)
    name = repository.name_of(file)
    commits = repository.read("log", "--format=%H", "HEAD", "--", name) or b""
    for commit in commits.decode().split():
        content = repository.read("cat-file", "blob", f"{commit}:{name}")
        try:
            yield commit, parse_channel(content or b"", file)
        except SurefootError:
            return


def _compared_with(place: Deployment, pointer: Pointer) -> str | None:
    """The release that the pointer's receipt compared with; None for a break-glass."""
    if pointer.receipt is None:
        return None
    return read_receipt(place.promoted / pointer.release, pointer.receipt).baseline
