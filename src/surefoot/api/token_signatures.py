"""Public keys that tokens are checked with. What a key is decides its one algorithm; no token has a say."""

from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from surefoot.errors import SettingsError

Algorithm = Literal["EdDSA", "RS256", "ES256"]
LEAST_RSA_BITS = 2048
_HALF = 32  # an ES256 signature is two numbers of 32 bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A key, and the algorithm whose signatures it checks."""

    key: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey
    algorithm: Algorithm

    def signed(self, content: bytes, signature: bytes, algorithm: object) -> bool:
        """Whether this key's owner signed these very bytes, by the algorithm that the token names."""
        if algorithm != self.algorithm:
            return False
        try:
            self._verify(content, signature)
        except InvalidSignature:
            return False
        return True

    def _verify(self, content: bytes, signature: bytes) -> None:
        match self.key:
            case ed25519.Ed25519PublicKey():
                self.key.verify(signature, content)
            case rsa.RSAPublicKey():
                self.key.verify(signature, content, padding.PKCS1v15(), hashes.SHA256())
            case _:
                if len(signature) != 2 * _HALF:
                    raise InvalidSignature
                r, s = int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:])
                self.key.verify(utils.encode_dss_signature(r, s), content, ec.ECDSA(hashes.SHA256()))


def public_key(pem: bytes) -> PublicKey:
    """The key in this PEM. SettingsError for one that no token is checked with."""
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, ed25519.Ed25519PublicKey):
        return PublicKey(key=key, algorithm="EdDSA")
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return PublicKey(key=key, algorithm="ES256")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= LEAST_RSA_BITS:
        return PublicKey(key=key, algorithm="RS256")
    raise SettingsError(
        f"a public key is no Ed25519, P-256 or RSA key of {LEAST_RSA_BITS} bits or more in PEM",
        remedy="give what begins with -----BEGIN PUBLIC KEY-----: the identity provider's, or what "
        "`surefoot key issuer` makes",
    )


def ed25519_pem(raw: bytes) -> bytes:
    """An Ed25519 public key of 32 bytes, as PEM."""
    return ed25519.Ed25519PublicKey.from_public_bytes(raw).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
