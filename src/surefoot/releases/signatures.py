"""Signatures: who vouches for a receipt. Ed25519, detached, beside the receipt as `<sha256>.sig`.

Where the trust file lists keys, only receipts signed by one of them count. Without keys nothing here loads
the vendor, `cryptography`.
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
from surefoot.releases.reading import read_plain_file
from surefoot.releases.receipts import receipt_file
from surefoot.releases.trust import Trust

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_MOST_BYTES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """The signature of one file, where there is one, and the public keys that count, by name.

    No keys at all means that no signature is asked for.
    """

    signature: bytes | None = None
    keys: Mapping[str, bytes]

    def signer(self, content: bytes) -> str | None:
        """The name of the key that signed these very bytes; None when no known key did."""
        if self.signature is None:
            return None
        signature = self.signature
        return next((name for name, key in self.keys.items() if verify(content, signature, key)), None)


def signature_file(file: Path) -> Path:
    """Where the signature of a file is kept: beside it."""
    return file.with_suffix(".sig")


def read_signature(file: Path) -> bytes | None:
    """The signature beside a file; None where there is none."""
    try:
        text = read_plain_file(signature_file(file), most_bytes=_MOST_BYTES)
        return base64.b64decode(text.strip(), validate=True)
    except FileNotFoundError:
        return None
    except binascii.Error:  # not a signature, so nobody's
        return b""


def read_signatures(trust: Trust, release_folder: Path, receipt: str) -> Signatures:
    """What `check_proof` asks about signatures: the receipt's own, and the keys that are trusted."""
    return Signatures(signature=read_signature(receipt_file(release_folder, receipt)), keys=trust.keys)


def signature_bytes(signature: bytes) -> bytes:
    """A signature's file: a line of base64."""
    return base64.b64encode(signature) + b"\n"


def write_signature(file: Path, signature: bytes) -> Path:
    """Keep a signature beside the file that was signed."""
    beside = signature_file(file)
    try:
        replace_file(beside, signature_bytes(signature))
    except OSError as error:
        raise cannot_write(beside, error) from error
    return beside


def new_key(file: Path) -> bytes:
    """Make a key pair: the private key goes into `file`, for its owner's eyes only. Returns the public key.

    Raises SettingsError rather than replace a key that is there.
    """
    if file.exists() or file.is_symlink():
        raise SettingsError(f"{file} is there already", remedy="choose another name, or move it away first")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        replace_file(file, secret, mode=0o600)
    except OSError as error:
        raise cannot_write(file, error) from error
    return key.public_key().public_bytes_raw()


def sign(content: bytes, private_key_file: Path) -> bytes:
    """The signature of these bytes. SettingsError for a key that is none, or that others may read."""
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
    return key.sign(content)


def verify(content: bytes, signature: bytes, public_key: bytes) -> bool:
    """Whether the owner of this public key, 32 bytes, signed these very bytes."""
    from cryptography.exceptions import InvalidSignature

    try:
        _public_key(public_key).verify(signature, content)
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


def _public_key(key: bytes) -> "Ed25519PublicKey":
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"the trust file lists public keys, and checking signatures needs {error.name}",
            remedy="pip install 'surefoot[evals]'",
        ) from error
    return Ed25519PublicKey.from_public_bytes(key)
