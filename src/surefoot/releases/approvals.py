"""Approvals: somebody other than the author says that one release may go into production, for some days.

    serving/approvals/<release>/<sha256>.json, and .sig where it is signed

Where the trust file requires approvals, `promote` asks for one that holds. It bounds when a release may be
promoted, not how long it may serve.
"""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from surefoot.errors import InputError, RefusedError
from surefoot.records import digest_bytes
from surefoot.releases.break_glass import MOST_REASON, checked_words
from surefoot.releases.canonical_files import canonical_of, list_canonical, read_canonical
from surefoot.releases.deployment import Deployment
from surefoot.releases.signatures import Signatures, read_signature
from surefoot.releases.trust import Trust

APPROVALS = "approvals"
SCHEMA = 1
LONGEST = timedelta(days=90)
_MOST_BYTES = 20_000
_CLOCKS_DIFFER = timedelta(hours=1)
_PERSON = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,253}")
_SPAN = re.compile(r"([0-9]{1,4})([hd])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who lets which release of an app into production, and until when. `by` is an email address."""

    app: str
    release: str
    by: str
    reason: str
    made_at: datetime
    expires_at: datetime

    def canonical(self) -> bytes:
        """The bytes of the approval's file."""
        return canonical_of(Approval, self, SCHEMA)

    @property
    def digest(self) -> str:
        """The approval's name: SHA-256 of its canonical bytes."""
        return digest_bytes(self.canonical())


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundApproval:
    """An approval and where it is kept; `fault` says why it does not count, "" when it does."""

    approval: Approval
    file: Path
    fault: str


def approvals_folder(place: Deployment, release: str) -> Path:
    """Where the approvals of a release are kept."""
    return place.serving / APPROVALS / release


def person(text: str) -> str:
    """Who approves, as Git and the trust file write it: an email address. InputError for anything else."""
    found = text.strip().casefold()
    if not _PERSON.fullmatch(found) or not found.isprintable():
        raise InputError(
            f"an approval names a person by email address, and {text[:100]!r} is none",
            remedy="give it as in --as maria@example.org",
        )
    return found


def expiry(text: str, now: datetime) -> datetime:
    """When an approval ends: `36h` or `7d` from now, to the second. InputError beyond 90 days."""
    match = _SPAN.fullmatch(text.strip())
    span = timedelta(0)
    if match:
        number = int(match[1])
        span = timedelta(hours=number) if match[2] == "h" else timedelta(days=number)
    if not timedelta(0) < span <= LONGEST:
        raise InputError(
            f"{text[:100]!r} is no time for which an approval may hold",
            remedy=f"give hours or days, as in 36h or 7d, and at most {LONGEST.days}d",
        )
    return now.replace(microsecond=0) + span


def approvals_of(
    place: Deployment, app: str, release: str, *, authors: Set[str], now: datetime
) -> tuple[FoundApproval, ...]:
    """Every approval of a release, the newest first, each with why it does not count.

    `authors` are the addresses of those who made the change. RefusedError for a file that is none.
    """
    folder = approvals_folder(place, release)
    found = []
    for digest in list_canonical(folder):
        approval = read_canonical(
            Approval, folder, digest, schema=SCHEMA, what="an approval", most_bytes=_MOST_BYTES
        )
        file = folder / f"{digest}.json"
        fault = fault_of(
            approval,
            about=(app, release),
            trust=place.trust,
            signature=read_signature(file),
            authors=authors,
            now=now,
        )
        found.append(FoundApproval(approval=approval, file=file, fault=fault))
    return tuple(sorted(found, key=lambda one: (one.approval.made_at, one.file.name), reverse=True))


def fault_of(
    approval: Approval,
    *,
    about: tuple[str, str],
    trust: Trust,
    signature: bytes | None,
    authors: Set[str],
    now: datetime,
) -> str:
    """Why an approval does not count for this app and release, in words; "" when it does."""
    by = approval.by.casefold()
    if (approval.app, approval.release) != about:
        return f"it is about the release {approval.release[:12]} of {approval.app!r}"
    if not _PERSON.fullmatch(by) or not by.isprintable():
        return "it names nobody by email address"
    if trust.approvers and by not in {name.casefold() for name in trust.approvers}:
        return f"{by} is not among the approvers that the trust file lists"
    if by in {author.casefold() for author in authors}:
        return f"{by} is an author of the change"
    return _wrong_times(approval, now) or _wrong_reason(approval) or _unsigned(approval, trust, signature)


def refuse_unapproved(found: tuple[FoundApproval, ...], release: str) -> FoundApproval:
    """The newest approval that counts. RefusedError says why each of the others does not."""
    for one in found:
        if not one.fault:
            return one
    faults = "".join(f"; that by {one.approval.by} does not count: {one.fault}" for one in found)
    raise RefusedError(
        f"the trust file asks for an approval of {release[:12]}, and there is none that counts{faults}",
        remedy="let somebody who is not an author of the change approve it and commit that: "
        f"surefoot release approve {release[:12]} --as NAME@EXAMPLE.ORG --expires 7d",
    )


def _wrong_times(approval: Approval, now: datetime) -> str:
    if now >= approval.expires_at:
        return f"it expired at {approval.expires_at:%Y-%m-%d %H:%M} UTC"
    if approval.made_at > now + _CLOCKS_DIFFER:
        return "it says that it was made later than now"
    if approval.expires_at - approval.made_at > LONGEST:
        return f"it is for longer than {LONGEST.days} days"
    return ""


def _wrong_reason(approval: Approval) -> str:
    try:
        if approval.reason:
            checked_words(approval.reason, what="the reason", most=MOST_REASON)
    except InputError:
        return "its reason is not one printable line"
    return ""


def _unsigned(approval: Approval, trust: Trust, signature: bytes | None) -> str:
    keys = _keys_of(approval.by, trust.approver_keys)
    if not keys:
        return ""
    if Signatures(signature=signature, keys=keys).signer(approval.canonical()) is not None:
        return ""
    if signature is None:
        return "it has no signature, and the trust file has a key for its approver"
    return "another key than its approver's signed it"


def _keys_of(by: str, keys: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: key for name, key in keys.items() if name.casefold() == by.casefold()}
