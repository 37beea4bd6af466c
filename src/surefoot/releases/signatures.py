"""Signatures: who vouches for a receipt. Ed25519, detached, beside the receipt as `<sha256>.sig`.

`serving/keys/<name>.pub` are the public keys, PEM. Where that folder holds any, only receipts signed by one
of them count. Without keys nothing here loads the vendor, `cryptography`.
"""

import base64
import binascii
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from surefoot.errors import SettingsError
from surefoot.files import replace_file
from surefoot.releases.bundles import cannot_write
from surefoot.releases.reading import checked_name, read_plain_file
from surefoot.releases.receipts import RECEIPTS

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEYS = "keys"
_MOST_BYTES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """The signature of one receipt, where there is one, and the public keys that count, PEM by name.

    No keys at all means that no signature is asked for.
    """

    signature: bytes | None = None
    keys: Mapping[str, bytes]

    def signer(self, receipt: bytes) -> str | None:
        """The name of the key that signed these very bytes; None when no known key did."""
        if self.signature is None:
            return None
        signature = self.signature
        return next((name for name, key in self.keys.items() if verify(receipt, signature, key)), None)


def signature_file(release_folder: Path, receipt: str) -> Path:
    """Where the signature of a receipt is kept."""
    return release_folder / RECEIPTS / f"{receipt}.sig"


def read_keys(serving: Path) -> dict[str, bytes]:
    """The public keys of a deployment, PEM by name. SettingsError for a file that is none."""
    keys: dict[str, bytes] = {}
    for file in sorted((serving / KEYS).glob("*.pub")):
        keys[file.stem] = read_plain_file(file, most_bytes=_MOST_BYTES)
        _public_key(keys[file.stem], what=str(file))
    return keys


def read_signatures(serving: Path, release_folder: Path, receipt: str) -> Signatures:
    """What `check_proof` asks about signatures: the receipt's own, and the deployment's keys."""
    keys = read_keys(serving)
    try:
        text = read_plain_file(signature_file(release_folder, receipt), most_bytes=_MOST_BYTES)
        signature = base64.b64decode(text.strip(), validate=True)
    except FileNotFoundError:
        return Signatures(keys=keys)
    except binascii.Error:  # not a signature, so nobody's
        signature = b""
    return Signatures(signature=signature, keys=keys)


def write_signature(release_folder: Path, receipt: str, signature: bytes) -> Path:
    """Keep a signature beside its receipt, as a line of base64."""
    file = signature_file(release_folder, receipt)
    try:
        replace_file(file, base64.b64encode(signature) + b"\n")
    except OSError as error:
        raise cannot_write(file, error) from error
    return file


def new_key(private_key_file: Path, serving: Path, name: str) -> Path:
    """Make a key pair: the private key, for its owner's eyes only, and `serving/keys/<name>.pub`.

    Returns the public key's file. Raises SettingsError rather than replace a key that is there.
    """
    public_key_file = serving / KEYS / f"{checked_name(name, what='a key')}.pub"
    for file in (private_key_file, public_key_file):
        if file.exists() or file.is_symlink():
            raise SettingsError(
                f"{file} is there already", remedy="choose another name, or move it away first"
            )
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    try:
        replace_file(private_key_file, secret, mode=0o600)
        replace_file(public_key_file, public)
    except OSError as error:
        raise cannot_write(private_key_file, error) from error
    return public_key_file


def sign(receipt: bytes, private_key_file: Path) -> bytes:
    """The signature of a receipt's bytes. SettingsError for a key that is none, or that others may read."""
    secret = _read_secret(private_key_file)
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        key = serialization.load_pem_private_key(secret, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(
            f"{private_key_file} holds no Ed25519 private key in PEM without a password",
            remedy="make one with `surefoot release key NAME`",
        )
    return key.sign(receipt)


def verify(receipt: bytes, signature: bytes, public_key: bytes) -> bool:
    """Whether the owner of this public key, PEM, signed these very bytes."""
    from cryptography.exceptions import InvalidSignature

    try:
        _public_key(public_key, what="the public key").verify(signature, receipt)
    except InvalidSignature:
        return False
    return True


def _read_secret(file: Path) -> bytes:
    """The private key's bytes, which no message repeats."""
    try:
        mode = file.stat().st_mode
    except OSError as error:
        raise SettingsError(
            f"the private key {file} cannot be read: {error.strerror}",
            remedy="give the file that `surefoot release key NAME` made",
        ) from error
    if stat.S_ISREG(mode) and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(
            f"others than its owner may use the private key {file}: its mode is {stat.S_IMODE(mode):03o}",
            remedy=f"chmod 600 {file}, and make a new key if somebody may have read it",
        )
    return read_plain_file(file, most_bytes=_MOST_BYTES)


def _public_key(content: bytes, *, what: str) -> "Ed25519PublicKey":
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"this deployment lists public keys, and checking signatures needs {error.name}",
            remedy="pip install 'surefoot[evals]'",
        ) from error
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(
            f"{what} is no Ed25519 public key in PEM",
            remedy="restore it from Git, or make a pair with `surefoot release key NAME`",
        )
    return key
