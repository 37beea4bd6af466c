"""Keys of registries as `docker login` and its like leave them, and what a registry asks for."""

import base64
import binascii
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from surefoot.errors import IntegrationError, SettingsError

_PARAMETER = re.compile(r'([A-Za-z]+)="([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a registry asks for: a token from `realm` with these parameters; the key itself for no realm."""

    realm: str | None
    asks: Mapping[str, str]


def parse_challenge(header: str) -> Challenge | None:
    """The header WWW-Authenticate. None when it says nothing that is understood.

    IntegrationError for a realm without TLS that is not on this machine: the key would be readable.
    """
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "basic":
        return Challenge(realm=None, asks={})
    said = {name.lower(): value for name, value in _PARAMETER.findall(rest)}
    realm = said.pop("realm", None)
    if scheme.lower() != "bearer" or realm is None:
        return None
    place = urlsplit(realm)
    if place.scheme != "https" and place.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise IntegrationError(
            f"the registry sends us to {realm!r} for a token, which has no TLS",
            remedy="ask whoever runs the registry for one whose tokens come over https",
        )
    asks = {name: value for name, value in said.items() if name in ("service", "scope")}
    return Challenge(realm=realm, asks=asks)


def key_of(host: str) -> str | None:
    """User and password for a host, as `user:password`; None where nobody logged in.

    Read from `$DOCKER_CONFIG/config.json`, by default in `~/.docker`. Helpers that keep keys elsewhere are
    not asked. SettingsError for a file that cannot be read; no message repeats a key.
    """
    file = Path(os.environ.get("DOCKER_CONFIG", "~/.docker")).expanduser() / "config.json"
    try:
        value = json.loads(file.read_bytes())
        encoded = value.get("auths", {}).get(host, {}).get("auth")
        return base64.b64decode(encoded, validate=True).decode() if encoded else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError, TypeError, binascii.Error):
        raise SettingsError(
            f"{file} cannot be read as the file of `docker login`",
            remedy=f"log in anew with `docker login {host}`, or set DOCKER_CONFIG to another folder",
        ) from None


def basic(key: str) -> str:
    """The header Authorization that is the key itself."""
    return f"Basic {base64.b64encode(key.encode()).decode()}"
