"""Signed tokens: who calls, and in which groups, as an issuer that we trust has signed it, until when.

A token is a JWT (RFC 7519) in compact form. Nothing is asked of the network, and secrets that both sides
share do not exist here: whoever can check a token could make one.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from surefoot.api.authentication import Caller, Right
from surefoot.api.token_signatures import PublicKey
from surefoot.errors import CredentialError
from surefoot.records import Json, canonical_json
from surefoot.records.strict_json import parse, shown

MOST_CHARACTERS = 8_000
MOST_GROUPS = 200
MOST_SUBJECT_CHARACTERS = 100
SCOPES_CLAIM = "surefoot_scopes"
CLOCKS_DIFFER_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who signs tokens, and how far we trust what they say.

    `issuer` and `audience` stand in a token as `iss` and `aud`; `groups_claim` is where its groups are.
    `groups` are those it may vouch for, None for any; `scopes` is the most that its tokens may do.
    """

    name: str
    issuer: str
    audience: str
    public_keys: tuple[PublicKey, ...]
    scopes: tuple[Right, ...]
    groups_claim: str = "groups"
    groups: tuple[str, ...] | None = None


def is_token(presented: str) -> bool:
    """Whether this has a token's form, three parts with dots between. A key of ours has no dot."""
    return presented.count(".") == 2


def caller_of(token: str, issuers: Mapping[str, Issuer], *, now: float) -> Caller:
    """Whom the token speaks of. `issuers` are by `iss`, `now` is in seconds since 1970.

    Until the signature holds nothing in it is believed, but for whose key to try. Raises CredentialError.
    """
    if len(token) > MOST_CHARACTERS:
        raise _refused(f"it is longer than {MOST_CHARACTERS:,} characters", "let it name fewer groups")
    signed, _, signature = token.rpartition(".")
    header_part, _, claims_part = signed.partition(".")
    header, claims = _object(header_part), _object(claims_part)
    said = claims.get("iss")
    issuer = issuers.get(said) if isinstance(said, str) else None
    if issuer is None:
        raise _refused(
            f"its issuer {shown(said)} is not one we trust",
            "list the issuer in the file that the setting service.tokens names",
        )
    content, mark = signed.encode(), _bytes(signature)
    # `crit` names what must be understood (RFC 7515, 4.1.11), and we understand none of it.
    if "crit" in header or not any(
        key.signed(content, mark, header.get("alg")) for key in issuer.public_keys
    ):
        raise _refused(
            f"no key of the issuer {issuer.name!r} signed it",
            "take a token that is unaltered, and list the issuer's present keys",
        )
    _check_time(claims, now)
    _check_audience(claims, issuer)
    return Caller(
        id=f"{issuer.name}:{_subject(claims)}",
        groups=_groups(claims, issuer),
        scopes=_scopes(claims, issuer),
    )


def signed_token(claims: Mapping[str, Json], sign: Callable[[bytes], bytes]) -> str:
    """A token of these claims; `sign` signs with an Ed25519 key."""
    signed = ".".join(map(_written, ({"alg": "EdDSA", "typ": "JWT"}, claims)))
    return f"{signed}.{_encoded(sign(signed.encode()))}"


def _check_time(claims: Mapping[str, object], now: float) -> None:
    expires, begins = claims.get("exp"), claims.get("nbf", 0)
    if not _is_time(expires) or not _is_time(begins):
        raise _refused(
            "it does not say until when it holds", "issue tokens with `exp`, in seconds since 1970"
        )
    if expires <= now:
        raise _refused(f"it expired {now - expires:,.0f} seconds ago", "take a new one from its issuer")
    if begins > now + CLOCKS_DIFFER_SECONDS:
        raise _refused(f"it begins to hold in {begins - now:,.0f} seconds", "wait, or set the clocks right")


def _check_audience(claims: Mapping[str, object], issuer: Issuer) -> None:
    audience = claims.get("aud")
    meant = audience if isinstance(audience, list) else [audience]
    if issuer.audience not in meant:
        raise _refused(
            f"it is for {shown(audience)}, and this service is {issuer.audience!r}",
            "take one that was issued for this service",
        )


def _subject(claims: Mapping[str, object]) -> str:
    subject = claims.get("sub")
    if (
        isinstance(subject, str)
        and len(subject.strip()) > 0
        and subject.isprintable()
        and (len(subject) <= MOST_SUBJECT_CHARACTERS)
    ):
        return subject
    raise _refused(
        f"its subject is {shown(subject)}",
        f"issue tokens with `sub`, a text of up to {MOST_SUBJECT_CHARACTERS} printable characters",
    )


def _groups(claims: Mapping[str, object], issuer: Issuer) -> tuple[str, ...]:
    """The groups that it names and its issuer may vouch for; CredentialError for another form."""
    named = claims.get(issuer.groups_claim, [])
    if not isinstance(named, list) or len(named) > MOST_GROUPS or not all(_is_name(one) for one in named):
        raise _refused(
            f"its {issuer.groups_claim!r} is no list of up to {MOST_GROUPS} names",
            "issue tokens with the groups as a list of texts",
        )
    return tuple(sorted({one for one in named if issuer.groups is None or one in issuer.groups}))


def _scopes(claims: Mapping[str, object], issuer: Issuer) -> tuple[Right, ...]:
    """What it may do: no more than its issuer's tokens may, and less where it says so."""
    if SCOPES_CLAIM not in claims:
        return issuer.scopes
    named = claims[SCOPES_CLAIM]
    if not isinstance(named, list):
        raise _refused(f"its {SCOPES_CLAIM!r} is no list", "issue tokens with the scopes as a list of texts")
    return tuple(right for right in issuer.scopes if right in named)


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _object(part: str) -> dict[str, object]:
    try:
        value = parse(_bytes(part))
    except ValueError as reason:
        raise _refused(f"a part of it cannot be read: {reason}", "send the token as it was issued") from None
    if not isinstance(value, dict):
        raise _refused("a part of it is no JSON object", "send the token as it was issued")
    return value


def _bytes(part: str) -> bytes:
    try:
        # The length is taken as it comes: padding is left out in a token.
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _refused("a part of it is no base64url", "send the token as it was issued") from None


def _written(value: Mapping[str, Json]) -> str:
    return _encoded(canonical_json(value))


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _refused(why: str, remedy: str) -> CredentialError:
    return CredentialError(f"the signed token is not let in: {why}", remedy=remedy)
