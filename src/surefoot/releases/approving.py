"""Approve a release, in one commit; and ask for an approval where the deployment wants one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from surefoot.errors import RefusedError
from surefoot.local import Report
from surefoot.local.locks import one_at_a_time
from surefoot.releases.approvals import (
    Approval,
    FoundApproval,
    approvals_folder,
    approvals_of,
    expiry,
    fault_of,
    person,
    refuse_unapproved,
)
from surefoot.releases.authors import authors_of_change
from surefoot.releases.break_glass import MOST_REASON, checked_words
from surefoot.releases.bundles import ReleaseBundle
from surefoot.releases.deployment import Deployment, refuse_links
from surefoot.releases.git import open_repository
from surefoot.releases.pointing import PROMOTION_LOCK, Stand, keep
from surefoot.releases.signatures import sign, signature_bytes, signature_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Assent:
    """Who approves, for how long, as `7d` or `36h`, why if they say so, and the key to sign with, if any."""

    by: str
    expires: str
    reason: str = ""
    signing_key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """An approval that was given, its name, and the commit that holds it."""

    approval: Approval
    digest: str
    commit: str | None


async def approve(
    place: Deployment, release: ReleaseBundle, assent: Assent, *, deciding: Sequence[Path], report: Report
) -> Approved:
    """Write an approval of the release to `serving/`, and commit it alone.

    InputError for a name, time or reason that is none; RefusedError for an approval that would not count.
    """
    now = datetime.now(UTC)
    reason = assent.reason and checked_words(assent.reason, what="the reason", most=MOST_REASON)
    approval = Approval(
        app=release.manifest.app,
        release=release.digest,
        by=person(assent.by),
        reason=reason,
        made_at=now,
        expires_at=expiry(assent.expires, now),
    )
    signature = None if assent.signing_key is None else sign(approval.canonical(), assent.signing_key)
    async with one_at_a_time(place.state, PROMOTION_LOCK, report):
        repository = open_repository(place.serving)
        repository.check_identity()
        fault = fault_of(
            approval,
            about=(release.manifest.app, release.digest),
            trust=place.trust,
            signature=signature,
            authors=authors_of_change(place, repository, release.manifest.app, deciding),
            now=now,
        )
        if fault:
            raise RefusedError(f"the approval would not count: {fault}", remedy=_remedy(place, approval.by))
        file = approvals_folder(place, release.digest) / f"{approval.digest}.json"
        files = {file: approval.canonical()}
        if signature is not None:
            files[signature_file(file)] = signature_bytes(signature)
        for one, content in files.items():
            refuse_links(place.serving, one)
            keep(one, content)
        commit = repository.commit_files(files, _message(approval), repository.head())
    return Approved(approval=approval, digest=approval.digest, commit=commit)


def approval_asked_for(stand: Stand, release: str, deciding: Sequence[Path]) -> FoundApproval | None:
    """The approval by which a release may be promoted; None where the trust file asks for none.

    RefusedError where it asks for one and none counts.
    """
    place = stand.place
    if not place.trust.approvals_required:
        return None
    authors = authors_of_change(place, stand.repository, stand.app, deciding)
    found = approvals_of(place, stand.app, release, authors=authors, now=datetime.now(UTC))
    return refuse_unapproved(found, release)


def approval_files(found: FoundApproval) -> dict[Path, bytes]:
    """An approval's file and its signature, for the commit of what it approves."""
    files = {found.file: found.approval.canonical()}
    signature = signature_file(found.file)
    if signature.is_file():
        files[signature] = signature.read_bytes()
    return files


def _remedy(place: Deployment, by: str) -> str:
    if by in {name.casefold() for name in place.trust.approver_keys}:
        return "give --signing-key, the private key whose public half the trust file lists for the approver"
    listed = ", ".join(place.trust.approvers)
    return "let another person approve it" + (f": the trust file lists {listed}" if listed else "")


def _message(approval: Approval) -> str:
    lines = (
        f"Approve {approval.app} {approval.release[:12]}",
        "",
        f"release: {approval.release}",
        f"by: {approval.by}",
        f"until: {approval.expires_at.isoformat()}",
        *([f"why: {approval.reason}"] if approval.reason else []),
    )
    return "\n".join(lines) + "\n"
