"""What lets a release into production: the receipt that proves it, or the record of a break-glass."""

from pathlib import Path

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


def read_entry(release_folder: Path, pointer: Pointer) -> Entry:
    """What the pointer names beside the release, as it was written: whether it lets it in is not asked.

    RefusedError or NotFoundError when it is not there, or is not what was written.
    """
    if pointer.break_glass is not None:
        return read_break_glass(release_folder, pointer.break_glass)
    return read_receipt(release_folder, pointer.proof)


def check_entry(bundle: ReleaseBundle, pointer: Pointer, *, trust: Trust) -> Entry:
    """What the pointer names beside the release, once it lets exactly this release in.

    RefusedError, or NotFoundError for a receipt that is not there, says why it does not.
    """
    entry = read_entry(bundle.folder, pointer)
    if isinstance(entry, BreakGlass):
        signatures = break_glass_signatures(trust, bundle.folder, pointer.proof)
        check_break_glass(bundle.manifest, entry, trust=trust, signatures=signatures)
    else:
        signatures = read_signatures(trust, bundle.folder, pointer.proof)
        check_proof(bundle.manifest, entry, signatures=signatures)
    return entry
