"""The trust file of a deployment, outside of the repository: whose signatures count, and who may approve.

A pull request can alter every file of the repository, so none of them can say whom to trust. Where there is
no trust file, trust rests on who may write to the repository.

    schema = 1
    [keys]                            # who signs receipts
    ci = "ed25519:<32 bytes in base64>"
    [break_glass]                     # who may promote without a receipt
    on-call = "ed25519:..."
    [approvals]
    required = true
    approvers = ["maria@example.org"] # whoever is not an author, where nobody is listed
    [approvals.keys]                  # approvers whose approvals must be signed
    "maria@example.org" = "ed25519:..."
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from surefoot.errors import SettingsError
from surefoot.releases.reading import checked_name
from surefoot.tables import Table, read_table

ALGORITHM = "ed25519"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whom a deployment trusts; `Trust()` is the one that lists nobody. Keys are 32 bytes each, by name."""

    keys: Mapping[str, bytes] = field(default_factory=dict)
    break_glass: Mapping[str, bytes] = field(default_factory=dict)
    approvals_required: bool = False
    approvers: tuple[str, ...] = ()
    approver_keys: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def signed(self) -> bool:
        """Whether anything that opens production must be signed."""
        return bool(self.keys or self.break_glass)


def read_trust(file: Path | None) -> Trust:
    """What the trust file says; nobody is listed where there is none.

    SettingsError for a file that cannot be read, so that a missing file never means less trust is asked for.
    """
    if file is None:
        return Trust()
    if not file.is_file():
        raise SettingsError(
            f"the trust file {file} is not there",
            remedy="mount or restore it, or unset SUREFOOT_TRUST_FILE if this deployment lists no keys",
        )
    table = read_table(file)
    approvals = table.table("approvals")
    trust = Trust(
        keys=_keys(table.table("keys"), names=True),
        break_glass=_keys(table.table("break_glass"), names=True),
        approvals_required=approvals.flag("required", default=False),
        approvers=approvals.texts("approvers", ()),
        approver_keys=_keys(approvals.table("keys"), names=False),
    )
    approvals.refuse_others()
    table.refuse_others()
    return trust


def key_text(key: bytes) -> str:
    """A public key as it stands in the trust file."""
    return f"{ALGORITHM}:{base64.b64encode(key).decode()}"


def _keys(table: Table, *, names: bool) -> dict[str, bytes]:
    if names:
        for name in table.names():
            checked_name(name, what="a key")
    return {name: _key(table, name) for name in table.names()}


def _key(table: Table, name: str) -> bytes:
    text = table.text(name)
    algorithm, _, encoded = text.partition(":")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if algorithm != ALGORITHM or len(key) != _KEY_BYTES:
        raise table.wrong(name, text, f'a public key, "{ALGORITHM}:..." as `surefoot release key` prints it')
    return key
