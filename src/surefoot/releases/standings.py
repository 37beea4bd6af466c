"""How each release of a deployment stands: where it lies, which apps serve it, and what proves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from surefoot.errors import SurefootError
from surefoot.records import Json
from surefoot.records.encoding import plain
from surefoot.releases.approvals import FoundApproval, approvals_of
from surefoot.releases.break_glass import BreakGlass, break_glass_of
from surefoot.releases.bundles import ReleaseBundle, list_releases
from surefoot.releases.channels import read_channel
from surefoot.releases.deployment import Deployment, Found, receipts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A release: its files, whether it was promoted, the apps whose production it is, what let it in.

    `unproven` are those apps whose production it is by break-glass, `broken` the records of that. The newest
    receipt, record and approval are the first; whether an approver is an author, `promote` asks.
    """

    bundle: ReleaseBundle
    promoted: bool
    serves: tuple[str, ...]
    unproven: tuple[str, ...]
    receipts: tuple[Found, ...]
    broken: tuple[BreakGlass, ...]
    approvals: tuple[FoundApproval, ...]

    def where(self) -> str:
        """Where it is on its way, in a few words."""
        if self.serves:
            unproven = ", UNPROVEN: break-glass" if self.unproven else ""
            return f"production of {', '.join(self.serves)}{unproven}"
        if not self.promoted:
            return "candidate"
        return "served before, once by break-glass" if self.broken else "served before"

    def fields(self) -> dict[str, Json]:
        """The same for a program, as plain JSON values; receipts without their scores."""
        return {
            "release": self.bundle.digest,
            "folder": str(self.bundle.folder),
            "promoted": self.promoted,
            "production_of": self.serves,
            "unproven_in": self.unproven,
            "manifest": plain(self.bundle.manifest),
            "receipts": [_receipt_fields(found) for found in self.receipts],
            "break_glass": [_record_fields(record) for record in self.broken],
            "approvals": [_approval_fields(found) for found in self.approvals],
        }


def standing_of(place: Deployment, apps: Sequence[str], prefix: str) -> Standing:
    """How the release whose digest begins like this stands. Raises NotFoundError and RefusedError."""
    bundle = place.find(prefix)
    channels = ((app, read_channel(place.serving, app)) for app in apps)
    here = {app: pointer for app, pointer in channels if pointer and pointer.release == bundle.digest}
    return Standing(
        bundle=bundle,
        promoted=bundle.folder.parent == place.promoted,
        serves=tuple(here),
        unproven=tuple(app for app, pointer in here.items() if pointer.break_glass is not None),
        receipts=receipts_of(place.folders_of(bundle.digest)),
        broken=break_glass_of(place.promoted / bundle.digest),
        approvals=approvals_of(
            place, bundle.manifest.app, bundle.digest, authors=frozenset(), now=datetime.now(UTC)
        ),
    )


def all_standings(place: Deployment, apps: Sequence[str]) -> dict[str, Standing | SurefootError]:
    """How every release stands, by its digest; or why it cannot be read, which hides no other."""
    found: dict[str, Standing | SurefootError] = {}
    for digest in sorted({digest for folder in place.folders for digest in list_releases(folder)}):
        try:
            found[digest] = standing_of(place, apps, digest)
        except SurefootError as error:
            found[digest] = error
    return found


def _record_fields(record: BreakGlass) -> dict[str, Json]:
    return {
        "record": record.digest,
        "app": record.app,
        "by": record.by,
        "reason": record.reason,
        "replaces": record.replaces,
        "made_at": record.made_at.isoformat(),
    }


def _approval_fields(found: FoundApproval) -> dict[str, Json]:
    approval = found.approval
    return {
        "approval": found.file.stem,
        "app": approval.app,
        "by": approval.by,
        "reason": approval.reason,
        "made_at": approval.made_at.isoformat(),
        "expires_at": approval.expires_at.isoformat(),
        "fault": found.fault or None,
    }


def _receipt_fields(found: Found) -> dict[str, Json]:
    receipt = found.receipt
    return {
        "receipt": found.digest,
        "suite": receipt.suite,
        "kind": receipt.verdict.kind,
        "outcome": receipt.verdict.outcome,
        "reasons": receipt.verdict.reasons,
        "baseline": receipt.baseline,
        "content": receipt.content,
        "revision": receipt.revision,
        "uncommitted": receipt.uncommitted,
        "made_at": receipt.made_at.isoformat(),
    }
