"""A file of hashed API keys: who may call, with what rights, until when."""

import asyncio
import fcntl
import hashlib
import hmac
import json
import logging
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from surefoot.api.authentication import RIGHTS, Caller, Claim, Right, key_in
from surefoot.errors import CredentialError, InputError, SettingsError
from surefoot.files import replace_file

_log = logging.getLogger("surefoot.api")
_KEY_BYTES = 32


class HashedKey(BaseModel):
    """One key: never the key itself, only its SHA-256. The key has 256 random bits, so that is enough."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=100)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    scopes: tuple[Right, ...]
    groups: tuple[str, ...] = ()
    expires_at: AwareDatetime | None = None


class KeyFile(BaseModel):
    """The whole file, JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    format: Literal[1] = Field(1, alias="schema")
    keys: tuple[HashedKey, ...] = ()


class HashedKeys:
    """Lets in whoever sends a key whose hash stands in the file; a changed file is read anew.

    A file that can no longer be read lets nobody in: a key that was taken out must not come back.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = path
        self._now = now
        self._seen = file_version(path)
        self._keys = read_keys(path).keys

    async def caller(self, claim: Claim) -> Caller:
        """The caller the key belongs to; CredentialError for no key, an unknown or an expired one."""
        presented = hashlib.sha256(key_in(claim.authorization).encode()).hexdigest()
        await self._reload_when_changed()
        found: HashedKey | None = None
        for key in self._keys:
            if hmac.compare_digest(key.sha256, presented):
                found = key
        if found is None:
            raise CredentialError(
                "the key is not one this service knows",
                remedy="check for a missing character, or make a key with `surefoot key create`",
            )
        if found.expires_at is not None and found.expires_at <= self._now():
            raise CredentialError(
                f"the key {found.id!r} expired at {found.expires_at.isoformat()}",
                remedy="make a new one with `surefoot key create`",
            )
        return Caller(id=found.id, groups=found.groups, scopes=found.scopes)

    async def _reload_when_changed(self) -> None:
        version = file_version(self._path)  # one stat: microseconds
        if version == self._seen:
            return
        try:
            self._keys = (await asyncio.to_thread(read_keys, self._path)).keys
        except SettingsError as error:
            self._keys = ()
            _log.error("no key is let in: %s; %s", error.message, error.remedy)
        self._seen = version


def file_version(path: Path) -> tuple[int, int, int] | None:
    """What changes whenever the file does; None where it cannot be looked at."""
    try:
        now = path.stat()
    except OSError:
        return None
    return now.st_mtime_ns, now.st_ino, now.st_size


def read_keys(path: Path) -> KeyFile:
    """The keys in a file; SettingsError says what is wrong with it, quoting no hash."""
    try:
        return KeyFile.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise SettingsError(
            f"there is no file of keys at {path}", remedy="make one with `surefoot key create`"
        ) from error
    except OSError as error:
        raise SettingsError(
            f"the file of keys {path} cannot be read: {error.strerror}", remedy="let the service read it"
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise SettingsError(
            f"the file of keys {path} is wrong at {where}: {first['msg']}",
            remedy='it is JSON: {"schema": 1, "keys": [{"id", "sha256", "scopes", "groups", "expires_at"}]}',
        ) from error


def create_key(
    path: Path,
    key_id: str,
    scopes: Sequence[str],
    *,
    groups: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> str:
    """Add a key to the file, making the file if need be, and return the key: this once, never again."""
    with alone(path):
        return _added(path, key_id, scopes, groups, expires_at)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until nobody else changes the file; reading it needs no lock, since it is swapped in whole.

    The lock is on a file beside it that stays: a lock on the file itself would go when it is replaced.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SettingsError(
            f"the file of keys {path} cannot be written: {error.strerror}",
            remedy="name a file in a folder you may write to",
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _added(
    path: Path, key_id: str, scopes: Sequence[str], groups: Sequence[str], expires_at: datetime | None
) -> str:
    held = read_keys(path).keys if path.exists() else ()
    if any(key.id == key_id for key in held):
        raise InputError(f"there is a key {key_id!r} already", remedy="take another id, or remove that key")
    wanted = tuple(right for right in RIGHTS if right in scopes)
    if not wanted or len(wanted) != len(set(scopes)):
        raise InputError(
            f"the scopes {', '.join(scopes) or 'none'} are not all known",
            remedy=f"give one or more of {', '.join(RIGHTS)}",
        )
    secret = "sf_" + secrets.token_urlsafe(_KEY_BYTES)
    sha256 = hashlib.sha256(secret.encode()).hexdigest()
    try:
        added = HashedKey(
            id=key_id, sha256=sha256, scopes=wanted, groups=tuple(groups), expires_at=expires_at
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise InputError(
            f"a key cannot be made with this {first['loc'][0]}: {first['msg']}",
            remedy="give an id of 1 to 100 characters, and an expiry with its time zone",
        ) from error
    _write(path, KeyFile(keys=(*held, added)))
    return secret


def _write(path: Path, keys: KeyFile) -> None:
    """Swap the file in whole, readable by its owner alone."""
    content = json.dumps(keys.model_dump(mode="json", by_alias=True), indent=2) + "\n"
    replace_file(path, content.encode(), mode=0o600)
