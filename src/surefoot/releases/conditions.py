"""What must hold before a release replaces production. Each condition raises RefusedError with its reason."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import RefusedError
from surefoot.releases.bundles import ReleaseBundle
from surefoot.releases.deployment import Deployment, Found, newest, receipts_of
from surefoot.releases.git import Repository
from surefoot.releases.proofs import check_proof
from surefoot.releases.receipts import Receipt
from surefoot.releases.runs import read_run
from surefoot.releases.signatures import read_signatures

# Computes a receipt's scores and verdict again from the recorded responses in these folders of its release.
# Raises RefusedError where they do not follow.
Recheck = Callable[[Receipt, tuple[Path, ...]], Awaitable[None]]

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What is to be promoted, and what it has to meet.

    `suites` are those that guard the app's prompt, with the digests they have now. `deciding` are the files
    that say so. `recheck` computes a receipt again.
    """

    release: ReleaseBundle
    suites: Mapping[str, str]
    deciding: tuple[Path, ...]
    recheck: Recheck


async def proofs_of(
    place: Deployment, repository: Repository, candidate: Candidate, production: str | None
) -> tuple[Found, ...]:
    """The receipts that prove the candidate against production: one by each suite, in the suites' order.

    `production` is the release that is to be replaced, None for none. The newest receipt by a suite counts,
    also when an older one says something better.
    """
    _refuse_unguarded(candidate)
    _refuse_uncommitted(repository, candidate)
    folders = place.folders_of(candidate.release.digest)
    there = [found for found in receipts_of(folders) if not found.receipt.compares_apps]
    proofs = tuple(_by_suite(there, candidate, suite) for suite in candidate.suites)
    for proof in proofs:
        signatures = read_signatures(place.trust, proof.folder, proof.digest)
        check_proof(candidate.release.manifest, proof.receipt, signatures=signatures)
        _refuse_other_suite(proof.receipt, candidate.suites[proof.receipt.suite])
        _refuse_other_baseline(proof.receipt, production)
        _refuse_other_content(proof.receipt, repository, place)
        _read_runs(proof.receipt, folders)
        await candidate.recheck(proof.receipt, folders)
    return proofs


def _refuse_unguarded(candidate: Candidate) -> None:
    if not candidate.suites:
        name = candidate.release.manifest.prompt_name
        raise RefusedError(
            f"no suite guards the prompt {name!r}, so nothing can prove a release of it",
            remedy="name one in its front matter, as in `suites: [answers]`",
        )


def _refuse_uncommitted(repository: Repository, candidate: Candidate) -> None:
    changed = repository.uncommitted(candidate.deciding)
    if changed:
        raise RefusedError(
            f"what decides about a promotion is not committed: {', '.join(changed[:5])}",
            remedy="commit it, and run `surefoot gate run` there; or take it back",
        )


def _by_suite(there: Sequence[Found], candidate: Candidate, suite: str) -> Found:
    found = newest(there, lambda receipt: receipt.suite == suite)
    if found is None:
        others = ", ".join(sorted({one.receipt.suite for one in there})) or "none"
        raise RefusedError(
            f"the release {candidate.release.digest[:12]} has no receipt by the suite {suite!r}, which "
            f"guards its prompt; it has receipts by: {others}",
            remedy="run `surefoot gate run`",
        )
    return found


def _refuse_other_suite(receipt: Receipt, present: str) -> None:
    if receipt.suite_digest != present:
        raise RefusedError(
            f"the suite {receipt.suite!r} has changed since: it was {receipt.suite_digest[:12]}, and is "
            f"{present[:12]}",
            remedy="run `surefoot gate run` again",
        )


def _refuse_other_baseline(receipt: Receipt, production: str | None) -> None:
    if receipt.baseline == production:
        return
    if receipt.baseline is None:
        raise RefusedError(
            f"a founding receipt counts only while nothing is in production, and {production} is",
            remedy="compare with it: `surefoot gate run --against production`",
        )
    if production is None:
        raise RefusedError(
            f"the receipt compares with {receipt.baseline}, and nothing is in production",
            remedy="found the first release: `surefoot gate run --against founding`",
        )
    raise RefusedError(
        f"production has moved from {receipt.baseline} to {production} since",
        remedy="run `surefoot gate run` again, against what serves now",
    )


def _refuse_other_content(receipt: Receipt, repository: Repository, place: Deployment) -> None:
    """What HEAD holds must be what was gated; by which commits it came there does not matter."""
    remedy = "run `surefoot gate run` on what is committed now: only that receipt promotes"
    if receipt.uncommitted or receipt.content is None:
        raise RefusedError("the receipt was earned over files that were not committed", remedy=remedy)
    if receipt.content == repository.content(place.promotion_folders):
        return
    raise RefusedError(
        f"the receipt was earned over other files than HEAD ({repository.head().commit[:12]}) has: "
        f"{_how_they_differ(receipt.revision or '', repository, place)}",
        remedy=remedy,
    )


def _how_they_differ(revision: str, repository: Repository, place: Deployment) -> str:
    """The files that differ from those at the receipt's commit, as far as this clone can tell."""
    names = repository.differing(revision) if _COMMIT.fullmatch(revision) else None
    if names is None:
        return f"its commit, {revision[:12]!r}, is not in this clone, so which they are cannot be told"
    promoted = tuple(f"{repository.name_of(folder)}/" for folder in place.promotion_folders)
    others = [name for name in names if not name.startswith(promoted)]
    if not others:
        return f"its commit, {revision[:12]}, has the same files as HEAD, so the receipt contradicts itself"
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    differ = "files differ" if len(others) > 1 else "file differs"
    return f"{len(others)} {differ} from its commit {revision[:12]}: {', '.join(others[:_NAMED])}{more}"


def _read_runs(receipt: Receipt, folders: Sequence[Path]) -> None:
    for digest in (receipt.candidate_run, receipt.baseline_run):
        if digest is not None:
            read_run(folders, digest)
