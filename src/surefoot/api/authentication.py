"""Who is calling: one port, and what stands behind it on loopback and elsewhere."""

import base64
import binascii
import ipaddress
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from surefoot.errors import CredentialError, ForbiddenError, RequestError, SettingsError

Right = Literal["ask", "feedback", "read"]
RIGHTS: Final[tuple[Right, ...]] = ("ask", "feedback", "read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks. `scopes` are the rights they have: ask, feedback, read."""

    id: str
    groups: tuple[str, ...]
    scopes: tuple[Right, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a request says of its sender: three of its headers."""

    authorization: str | None
    host: str | None
    origin: str | None


class Authenticate(Protocol):
    """Tells who sent a request."""

    async def caller(self, claim: Claim) -> Caller:
        """The caller; CredentialError when there is none we know."""
        ...


class LoopbackCallers:
    """Everybody on this machine is let in without a key; only for a service that listens on loopback.

    A page elsewhere can make a browser here send requests under a name of its own that it points at
    127.0.0.1 (DNS rebinding), so the Host header must be a loopback name.
    """

    def __init__(self, *, listening_on: str, groups: tuple[str, ...] = ()) -> None:
        self._groups = groups
        if not is_loopback(listening_on):
            raise SettingsError(
                f"the service is to listen on {listening_on!r} without a file of keys, so anybody could ask",
                remedy="make a file of keys with `surefoot key create`, or set service.host to 127.0.0.1",
            )

    async def caller(self, claim: Claim) -> Caller:
        """The one caller of a service without keys, who may do everything."""
        name = host_name(claim.host or "")
        if not is_loopback(name):
            raise RequestError(
                f"the request is for host {name!r:.80}, and this service answers to loopback names alone",
                remedy="use http://127.0.0.1 or http://localhost, or give the service a file of keys",
            )
        return Caller(id="loopback", groups=self._groups, scopes=RIGHTS)


def is_loopback(name: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def host_name(host: str) -> str:
    """The name in a Host header, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def key_in(authorization: str | None) -> str:
    """The key in an Authorization header: Bearer, or the password of Basic, which browsers can send."""
    scheme, _, rest = (authorization or "").partition(" ")
    if scheme.lower() == "bearer" and rest.strip():
        return rest.strip()
    if scheme.lower() == "basic":
        return _basic_password(rest.strip())
    raise CredentialError(
        "no key came with the request",
        remedy="send the header Authorization: Bearer <key>; `surefoot key create` makes one",
    )


def _basic_password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError) as error:
        raise CredentialError(
            "the Basic credentials cannot be read",
            remedy="send any user name, and the key as the password",
        ) from error


def refuse_foreign_page(claim: Claim) -> None:
    """Refuse a request that a page of another site made a browser send (its Origin is not ours).

    Browsers send Origin with every POST and send along what they know of this service; programs send
    none, and are not stopped.
    """
    if claim.origin is None:
        return
    ours = (claim.host or "").lower()
    if claim.origin.lower().partition("://")[2] != ours:
        raise ForbiddenError(
            f"a page of {claim.origin!r:.80} may not use this service through a browser",
            remedy="open the service's own page, or call it from a program, without an Origin header",
        )


def require(caller: Caller, *any_of: Right) -> None:
    """Refuse a caller that has none of these rights."""
    if not set(any_of) & set(caller.scopes):
        raise ForbiddenError(
            f"the key {caller.id!r} has the scopes {', '.join(caller.scopes) or 'none'}, "
            f"and this takes {' or '.join(any_of)}",
            remedy=f"use a key with the scope {any_of[0]!r}; `surefoot key create` makes one",
        )
