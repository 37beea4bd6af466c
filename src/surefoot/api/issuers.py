"""The file of issuers whose signed tokens are let in, and the door that stands on it."""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from surefoot.api.authentication import RIGHTS, Authenticate, Caller, Claim, Right, key_in
from surefoot.api.keys import alone, file_version
from surefoot.api.token_signatures import public_key
from surefoot.api.tokens import Issuer, caller_of, is_token
from surefoot.errors import CredentialError, InputError, SettingsError
from surefoot.files import replace_file
from surefoot.tables import Table, read_table

AUDIENCE = "surefoot"
SCOPES: tuple[Right, ...] = ("ask", "feedback")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
_HEAD = "# Whose signed tokens the service lets in, and how far each is trusted.\nschema = 1\n"

_log = logging.getLogger("surefoot.api")


class SignedTokens:
    """Lets in whoever sends a token that a listed issuer signed; whatever else is sent goes to `keys`.

    A changed file is read anew. One that can no longer be read lets no token in: an issuer that was taken
    out must not come back.
    """

    def __init__(
        self, path: Path, keys: Authenticate | None, *, now: Callable[[], float] = time.time
    ) -> None:
        self._path = path
        self._others = keys
        self._now = now
        self._seen = file_version(path)
        self._issuers = read_issuers(path)

    async def caller(self, claim: Claim) -> Caller:
        """The caller that the token or the key speaks of, or CredentialError."""
        presented = key_in(claim.authorization)
        if is_token(presented):
            await self._reload_when_changed()
            return caller_of(presented, self._issuers, now=self._now())
        if self._others is not None:
            return await self._others.caller(claim)
        raise CredentialError(
            "what came is no signed token, and this service has no file of keys",
            remedy="send Authorization: Bearer <token>; `surefoot key token` makes one",
        )

    async def _reload_when_changed(self) -> None:
        version = file_version(self._path)
        if version == self._seen:
            return
        try:
            self._issuers = await asyncio.to_thread(read_issuers, self._path)
        except (SettingsError, InputError) as error:
            self._issuers = {}
            _log.error("no signed token is let in: %s; %s", error.message, error.remedy)
        self._seen = version


def read_issuers(path: Path) -> Mapping[str, Issuer]:
    """The issuers in a file by their `iss`. SettingsError, or NotFoundError where there is no file."""
    top = read_table(path)
    issuers = [_issuer(name, table) for name, table in top.tables_by_name("issuers").items()]
    top.refuse_others()
    by_name = {issuer.issuer: issuer for issuer in issuers}
    if len(by_name) < len(issuers):
        raise SettingsError(
            f"{path}: two issuers are called the same",
            remedy="give one issuer all its public_keys",
        )
    return by_name


def read_pem(file: Path) -> bytes:
    """A public key's file. InputError when it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(
            f"{file} cannot be read: {error.strerror}", remedy="name the file of the public key"
        ) from error


def add_issuer(
    path: Path, name: str, *, issuer: str, audience: str, pem: bytes, groups: tuple[str, ...]
) -> None:
    """List an issuer in the file, making the file if need be. InputError for a name that is there."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"an issuer cannot be called {name!r}", remedy="use small letters, digits, - and _, 50 at most"
        )
    public_key(pem)
    with alone(path):
        before = path.read_text(encoding="utf-8") if path.exists() else _HEAD
        if path.exists() and any(
            name == one.name or issuer == one.issuer for one in read_issuers(path).values()
        ):
            raise InputError(
                f"{path} lists an issuer {name!r} already", remedy="take another name, or edit the file"
            )
        limit = f"groups = [{', '.join(map(_quoted, groups))}]\n" if groups else ""
        added = (
            f"\n[issuers.{name}]\nissuer = {_quoted(issuer)}\naudience = {_quoted(audience)}\n{limit}"
            f'public_keys = ["""\n{pem.decode().strip()}\n"""]\n'
        )
        replace_file(path, (before + added).encode(), mode=0o600)


def _issuer(name: str, table: Table) -> Issuer:
    scopes = table.texts("scopes", SCOPES)
    found = Issuer(
        name=name,
        issuer=table.text("issuer", name),
        audience=table.text("audience", AUDIENCE),
        public_keys=tuple(public_key(pem.encode()) for pem in table.texts("public_keys")),
        scopes=tuple(right for right in RIGHTS if right in scopes),
        groups_claim=table.text("groups_claim", "groups"),
        groups=table.texts("groups") if table.has("groups") else None,
    )
    if not found.scopes or len(found.scopes) < len(set(scopes)):
        raise table.wrong("scopes", list(scopes), f"some of {', '.join(RIGHTS)}")
    if not found.public_keys:
        raise table.wrong("public_keys", [], "one public key or more, each in PEM")
    table.refuse_others()
    return found


def _quoted(text: str) -> str:
    """A text as TOML writes it; control characters have no place in a name."""
    if any(ord(character) < 32 for character in text):
        raise InputError(f"{text!r} holds a control character", remedy="leave it out")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
