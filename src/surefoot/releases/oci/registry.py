"""A registry by the OCI distribution API 1.1. The one file of this room that imports aiohttp.

Digests are checked here, whatever the registry says. Keys are those that `docker login` and its like left.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urljoin, urlsplit

import aiohttp

from surefoot.errors import InputError, IntegrationError, KeyRefusedError, NotFoundError
from surefoot.records import digest_bytes
from surefoot.releases.oci.bundle import (
    MANIFEST_TYPE,
    MOST_CONFIG_BYTES,
    MOST_MANIFEST_BYTES,
    Bundle,
    BundleFile,
    config_of,
    json_object,
    parse_bundle,
    wrong,
)
from surefoot.releases.oci.registry_keys import Challenge, basic, key_of, parse_challenge

SCHEME = "oci://"
CONNECT_SECONDS, SILENCE_SECONDS = 10.0, 60.0
TRIES = 3
PAUSE_SECONDS = 0.5

_PIECE_BYTES = 1024 * 1024
_HOST = r"(?P<host>[A-Za-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9a-f:]+\](?::[0-9]{1,5})?)"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_ADDRESS = re.compile(rf"{SCHEME}{_HOST}/(?P<repository>{_PART}(?:/{_PART})*)")
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is sent: the bytes of a file, how many, and their media type."""

    file: Path
    size: int
    kind: str = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A repository of a registry, typed as `oci://host/repository`. The tag is the channel."""

    host: str
    repository: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.host}/{self.repository}"

    @property
    def url(self) -> str:
        """Where its API is: over TLS, but for this machine."""
        name = urlsplit(f"//{self.host}").hostname
        return f"{'http' if name in _THIS_MACHINE else 'https'}://{self.host}/v2/{self.repository}/"


def parse_address(text: str) -> Address:
    """The address of a repository. InputError for one that is misspelt."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise InputError(
            f"{text!r} is no repository of a registry",
            remedy=f"write {SCHEME}registry.example.org/acme/answers, without a tag: the channel is the tag",
        )
    return Address(host=found["host"], repository=found["repository"])


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


class Registry:
    """One repository, for the length of an `async with` block."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._authorization = ""
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        limits = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)
        self._session = aiohttp.ClientSession(timeout=limits, trust_env=True, auto_decompress=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def bundle(self, tag: str) -> Bundle:
        """The bundle that a tag names, checked as one in a folder is. NotFoundError when there is none."""
        where = f"the bundle {tag!r} in {self.address}"
        manifest = await self._again(lambda: self._manifest(tag, where))
        config = config_of(manifest, where)
        if config.size > MOST_CONFIG_BYTES:
            raise wrong(where, f"its config has {config.size} bytes")

        async def read() -> bytes:
            pieces: list[bytes] = []
            await self._fetch(config, pieces.append)
            return b"".join(pieces)

        bundle = parse_bundle(manifest, await self._again(read), where)
        if bundle.channel != tag:
            raise wrong(where, f"it is what the channel {bundle.channel!r} serves")
        return bundle

    async def digest(self, tag: str) -> str | None:
        """The bundle that a tag names now, by its bytes; None for none."""
        try:
            return digest_bytes(await self._again(lambda: self._manifest(tag, f"the bundle {tag!r}")))
        except NotFoundError:
            return None

    async def bring(self, blob: BundleFile, to: Path) -> None:
        """Write a blob to a file. RefusedError when the registry has other bytes, or more of them."""

        async def bring() -> None:
            with to.open("wb") as stream:
                await self._fetch(blob, stream.write)

        await self._again(bring)

    async def has(self, blob: BundleFile) -> bool:
        """Whether the registry says that it has a blob."""

        async def has() -> bool:
            accepted = (HTTPStatus.OK, HTTPStatus.NOT_FOUND)
            async with self._asked("HEAD", self._blob(blob), accepted) as reply:
                return reply.status == HTTPStatus.OK

        return await self._again(has)

    async def send(self, blob: BundleFile, file: Path) -> None:
        """Upload a blob."""

        async def send() -> None:
            begin = urljoin(self.address.url, "blobs/uploads/")
            async with self._asked("POST", begin, (HTTPStatus.ACCEPTED,)) as reply:
                place = urljoin(begin, reply.headers.get("Location", ""))
            url = f"{place}{'&' if '?' in place else '?'}digest=sha256:{blob.digest}"
            async with self._asked("PUT", url, (HTTPStatus.CREATED,), Body(file=file, size=blob.size)):
                pass

        await self._again(send)

    async def point(self, tag: str, bundle: Bundle, file: Path) -> None:
        """Let a tag name a bundle whose blobs were all sent; `file` holds its manifest."""
        body = Body(file=file, size=len(bundle.canonical()), kind=MANIFEST_TYPE)

        async def point() -> None:
            url = urljoin(self.address.url, f"manifests/{tag}")
            async with self._asked("PUT", url, (HTTPStatus.CREATED,), body) as reply:
                said = reply.headers.get("Docker-Content-Digest", f"sha256:{bundle.digest}")
            if said != f"sha256:{bundle.digest}":
                raise wrong(str(self.address), f"it names the bundle {said}, not sha256:{bundle.digest}")

        await self._again(point)

    def may_see_the_key(self, url: str) -> bool:
        """Whether an address is the registry's own, not another host's, and has TLS as that has."""
        return _origin(url) == _origin(self.address.url)

    async def _manifest(self, tag: str, where: str) -> bytes:
        url = urljoin(self.address.url, f"manifests/{tag}")
        async with self._asked("GET", url, (HTTPStatus.OK, HTTPStatus.NOT_FOUND)) as reply:
            if reply.status == HTTPStatus.NOT_FOUND:
                raise NotFoundError(f"there is no {where[4:]}", remedy="push one there, or mend the address")
            content = b""
            async for piece in reply.content.iter_chunked(_PIECE_BYTES):
                content += piece
                if len(content) > MOST_MANIFEST_BYTES:
                    raise wrong(where, f"its manifest has more than {MOST_MANIFEST_BYTES} bytes")
            return content

    async def _fetch(self, blob: BundleFile, write: Callable[[bytes], object]) -> None:
        where = f"the blob {blob.digest}{f', the file {blob.name!r},' if blob.name else ''} in {self.address}"
        hashed, size = hashlib.sha256(), 0
        async with self._asked("GET", self._blob(blob), (HTTPStatus.OK,)) as reply:
            async for piece in reply.content.iter_chunked(_PIECE_BYTES):
                size += len(piece)
                if size > blob.size:
                    raise wrong(where, f"it has more than {blob.size} bytes")
                hashed.update(piece)
                write(piece)
        if hashed.hexdigest() != blob.digest:
            raise wrong(where, f"its bytes have the SHA-256 {hashed.hexdigest()}")

    def _blob(self, blob: BundleFile) -> str:
        return urljoin(self.address.url, f"blobs/sha256:{blob.digest}")

    async def _again(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What came of it, tried again where the connection broke or the registry was not well."""
        for last in (False,) * (TRIES - 1) + (True,):
            try:
                return await ask()
            except (aiohttp.ClientError, TimeoutError) as error:
                if last:
                    raise IntegrationError(
                        f"the registry at {self.address.host} cannot be reached: "
                        f"{str(error) or type(error).__name__}",
                        remedy="check the address, the network and the proxy; then run it again: what was "
                        "copied is not copied again",
                    ) from error
            await asyncio.sleep(PAUSE_SECONDS)
        raise AssertionError

    @asynccontextmanager
    async def _asked(
        self, method: str, url: str, accepted: tuple[HTTPStatus, ...], body: Body | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A reply of one of these statuses; asked once more with a key where the registry wants one."""
        for keyed in (False, True):
            async with self._sent(method, url, body) as reply:
                ours = self.may_see_the_key(str(reply.url))  # it may have been sent on, to one who is not
                if reply.status == HTTPStatus.UNAUTHORIZED and ours and not keyed:
                    challenge = parse_challenge(reply.headers.get("WWW-Authenticate", ""))
                    self._authorization = await self._authorized(challenge)
                    continue
                if reply.status not in accepted:
                    raise await self._refused(reply, method)
                yield reply
                return

    @asynccontextmanager
    async def _sent(self, method: str, url: str, body: Body | None) -> AsyncIterator[aiohttp.ClientResponse]:
        assert self._session is not None, "used outside of its block"  # noqa: S101
        headers = {"Accept": MANIFEST_TYPE, "Accept-Encoding": "identity"}
        if self._authorization and self.may_see_the_key(url):
            headers["Authorization"] = self._authorization
        if body is not None:
            headers |= {"Content-Type": body.kind, "Content-Length": str(body.size)}
        with nullcontext(None) if body is None else body.file.open("rb") as stream:
            async with self._session.request(method, url, headers=headers, data=stream) as reply:
                yield reply

    async def _authorized(self, challenge: Challenge | None) -> str:
        """The header that the registry's challenge asks for: the key itself, or a token got with it."""
        key = key_of(self.address.host)
        if challenge is None or challenge.realm is None:
            return basic(key) if key else ""
        assert self._session is not None  # noqa: S101
        headers = {"Authorization": basic(key)} if key else {}
        async with self._session.get(challenge.realm, params=challenge.asks, headers=headers) as reply:
            if reply.status != HTTPStatus.OK:
                raise await self._refused(reply, "GET")
            said = json_object(await reply.content.read(MOST_MANIFEST_BYTES), challenge.realm)
        token = said.get("token") or said.get("access_token")
        return f"Bearer {token}" if isinstance(token, str) else ""

    async def _refused(self, reply: aiohttp.ClientResponse, method: str) -> Exception:
        if reply.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return KeyRefusedError(
                f"the registry at {self.address.host} does not let us {method} in {self.address.repository}",
                remedy=f"log in with `docker login {self.address.host}` or its like, with the right to do so",
            )
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            return aiohttp.ClientError(f"it answered {reply.status}")
        said = (await reply.content.read(500)).decode("utf-8", "replace")
        return IntegrationError(
            f"the registry at {self.address.host} answered {method} with {reply.status}: {said!r}",
            remedy="check that the address is that of a registry which takes OCI artifacts",
        )
