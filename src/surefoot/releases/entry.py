"""What lets a release into production: the receipt that proves it, or the record of a break-glass."""

from surefoot.errors import NotFoundError
from surefoot.releases.break_glass import (
    BreakGlass,
    break_glass_signatures,
    check_break_glass,
    read_break_glass,
)
from surefoot.releases.bundles import ReleaseBundle
from surefoot.releases.channels import Pointer
from surefoot.releases.proofs import check_proof
from surefoot.releases.receipts import Receipt, read_receipt
from surefoot.releases.signatures import read_signatures
from surefoot.releases.trust import Trust

Entry = Receipt | BreakGlass


def check_entry(bundle: ReleaseBundle, pointer: Pointer, *, trust: Trust) -> Entry:
    """What the pointer names beside the release, once it lets exactly this release in.

    RefusedError, or NotFoundError for a receipt that is not there, says why it does not.
    """
    if pointer.break_glass is not None:
        record = read_break_glass(bundle.folder, pointer.break_glass)
        signatures = break_glass_signatures(trust, bundle.folder, pointer.break_glass)
        check_break_glass(bundle.manifest, record, trust=trust, signatures=signatures)
        return record
    if pointer.receipt is None:
        raise NotFoundError("the channel names no receipt", remedy="promote a release that is proven")
    receipt = read_receipt(bundle.folder, pointer.receipt)
    check_proof(
        bundle.manifest, receipt, signatures=read_signatures(trust, bundle.folder, pointer.receipt)
    )
    return receipt
