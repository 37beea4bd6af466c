"""What an app pins as one content-addressed manifest, the proof of it, and the channel that names both.

What is exported here needs no Git. `promotion` changes what serves, through `git`; `signatures` makes keys.
"""

from surefoot.releases.app_code import AppCode, code_pinned, read_code
from surefoot.releases.apps import (
    BUILT_IN_IDENTITY,
    REWRITE,
    AppFile,
    Parts,
    load_app,
    load_apps,
    manifest_of,
)
from surefoot.releases.break_glass import BreakGlass
from surefoot.releases.bundles import (
    ReleaseBundle,
    ReleaseParts,
    find_release,
    list_releases,
    load_parts,
    read_release,
    write_release,
)
from surefoot.releases.channels import Pointer, read_channel
from surefoot.releases.entry import Entry, check_entry, read_entry
from surefoot.releases.proofs import check_proof
from surefoot.releases.receipts import Receipt, list_receipts, read_receipt, write_receipt
from surefoot.releases.runs import read_run, write_run
from surefoot.releases.signatures import Signatures, read_signatures
from surefoot.releases.trust import Trust, read_trust

__all__ = [
    "BUILT_IN_IDENTITY",
    "REWRITE",
    "AppCode",
    "AppFile",
    "BreakGlass",
    "Entry",
    "Parts",
    "Pointer",
    "Receipt",
    "ReleaseBundle",
    "ReleaseParts",
    "Signatures",
    "Trust",
    "check_entry",
    "check_proof",
    "code_pinned",
    "find_release",
    "list_receipts",
    "list_releases",
    "load_app",
    "load_apps",
    "load_parts",
    "manifest_of",
    "read_channel",
    "read_code",
    "read_entry",
    "read_receipt",
    "read_release",
    "read_run",
    "read_signatures",
    "read_trust",
    "write_receipt",
    "write_release",
    "write_run",
]
