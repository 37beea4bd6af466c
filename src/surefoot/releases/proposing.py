"""Leave a release with its receipts as a proposal: a commit on a branch of its own, for somebody to merge."""

from collections.abc import Mapping
from dataclasses import dataclass

from surefoot.releases.bundles import ReleaseBundle
from surefoot.releases.deployment import Deployment, Found
from surefoot.releases.git import open_repository
from surefoot.releases.pointing import release_files
from surefoot.releases.promotion import proof_files

SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The branch that holds a release, and the commit that put it there; None when it did already."""

    branch: str
    commit: str | None


def check_proposable(place: Deployment) -> None:
    """SettingsError where no commit can be made: in no repository, before the first commit, by nobody."""
    repository = open_repository(place.serving)
    repository.check_identity()
    repository.head()


def propose(
    place: Deployment,
    release: ReleaseBundle,
    proofs: tuple[Found, ...],
    *,
    notes: Mapping[str, bytes],
    why: str,
) -> Proposal:
    """Commit a release, its receipts, what they rest on and `notes` beside it to a branch of its own.

    The branch is `refresh/<app>/<release>`, begun at HEAD. No channel's pointer is in it, and nothing outside
    of what promotions write, so its receipts still count once it is merged. Working trees stay as they are.
    """
    app, digest = release.manifest.app, release.digest
    branch = f"refresh/{app}/{digest[:SHOWN]}"
    files = {**release_files(place, release), **proof_files(place, release, proofs)}
    for name, content in notes.items():
        files[place.promoted / digest / name] = content
    verdicts = [f"{one.receipt.verdict.outcome} by {one.receipt.suite}: {one.digest}" for one in proofs]
    message = "\n".join((f"Propose {app} {digest[:SHOWN]}: {why}", "", f"release: {digest}", *verdicts))
    commit = open_repository(place.serving).commit_on_branch(branch, files, f"{message}\n")
    return Proposal(branch=branch, commit=commit)
