"""Pages of the web, each brought anew only when it has changed."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from surefoot.files import replace_file
from surefoot.retrieval.documents import LARGEST_BYTES
from surefoot.retrieval.origins import Page, Pages, page_name, read_page, write_page

AT_ONCE = 8
MOST_REDIRECTS = 5
AGENT = "surefoot (documents of a search index)"
_LIMITS = aiohttp.ClientTimeout(total=60, connect=10, sock_read=20)
_REDIRECTS = (301, 302, 303, 307, 308)
_GONE = (404, 410)
_TYPES: Mapping[str, str] = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/x-rst": ".rst",
    "text/csv": ".csv",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
# Types that say little: there the address tells.
_VAGUE = ("text/plain", "application/octet-stream", "binary/octet-stream", "")


class _NotBroughtError(Exception):
    """Why a page was not brought. `gone` says that its earlier copy is no longer it."""

    def __init__(self, reason: str, *, gone: bool = False) -> None:
        super().__init__(reason)
        self.gone = gone


async def bring_pages(
    pages: Pages, folder: Path, progress: Callable[[int, int], None] | None = None
) -> tuple[Page, ...]:
    """Bring each page into the folder, and keep there what came of each.

    One that cannot be reached keeps its earlier copy; one that is gone, or is not what can be read, loses it.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    gate, done = asyncio.Semaphore(AT_ONCE), 0
    connector = aiohttp.TCPConnector(resolver=None if pages.private else _PublicOnly())
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=_LIMITS,
        headers={"User-Agent": AGENT},
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:

        async def one(url: str) -> Page:
            nonlocal done
            async with gate:
                before = read_page(folder, url)
                page, content = await _page(session, url, before, folder, private=pages.private)
                await asyncio.to_thread(_keep, folder, page, before, content)
            done += 1
            if progress is not None:
                progress(done, len(pages.urls))
            return page

        return tuple(await asyncio.gather(*map(one, pages.urls)))


async def _page(
    session: aiohttp.ClientSession, url: str, before: Page | None, folder: Path, *, private: bool
) -> tuple[Page, bytes | None]:
    """What came of it, and its content where that is new."""
    known = before is not None and bool(before.file) and (folder / before.file).is_file()
    try:
        return await _brought(session, url, before if known else None, private=private)
    except _NotBroughtError as refusal:
        reason, gone = str(refusal), refusal.gone
    except TimeoutError:
        reason, gone = "it took too long", False
    except (aiohttp.ClientError, OSError, ValueError) as problem:
        reason, gone = f"it cannot be reached: {_words(problem)}", False
    if known and not gone and before is not None:
        return replace(before, problem=reason), None
    return Page(url=url, file="", problem=reason), None


async def _brought(
    session: aiohttp.ClientSession, url: str, before: Page | None, *, private: bool
) -> tuple[Page, bytes | None]:
    headers = {}
    if before is not None and before.etag:
        headers["If-None-Match"] = before.etag
    if before is not None and before.modified:
        headers["If-Modified-Since"] = before.modified
    address = url
    for _ in range(MOST_REDIRECTS + 1):
        _check(address, private=private)
        async with session.get(address, headers=headers, allow_redirects=False) as reply:
            if reply.status in _REDIRECTS and "Location" in reply.headers:
                address = urljoin(address, reply.headers["Location"])
                continue
            if reply.status == 304 and before is not None:
                return replace(before, problem=""), None
            if reply.status != 200:
                raise _NotBroughtError(
                    f"its server answers {reply.status} {reply.reason or ''}".strip(),
                    gone=reply.status in _GONE,
                )
            content = await _content(reply)
            page = Page(
                url=url,
                file=page_name(url) + _ending(reply.content_type, address),
                etag=reply.headers.get("ETag", ""),
                modified=reply.headers.get("Last-Modified", ""),
            )
            return page, content
    raise _NotBroughtError(f"it is redirected more than {MOST_REDIRECTS} times")


async def _content(reply: aiohttp.ClientResponse) -> bytes:
    """The body, as UTF-8 where it is text that says another charset."""
    content = bytearray()
    async for piece in reply.content.iter_chunked(65_536):
        content += piece
        if len(content) > LARGEST_BYTES:
            raise _NotBroughtError(f"it has more than {LARGEST_BYTES:,} bytes", gone=True)
    charset = reply.charset or ""
    if not reply.content_type.startswith("text/") or charset.lower() in ("", "utf-8", "utf8", "us-ascii"):
        return bytes(content)
    try:
        return content.decode(charset).encode()  # unlike `codecs`, it knows charsets alone
    except (LookupError, ValueError) as problem:
        raise _NotBroughtError(f"it is not the {charset[:40]!r} that its server says", gone=True) from problem


def _ending(content_type: str, address: str) -> str:
    suffix = PurePosixPath(urlsplit(address).path).suffix.lower()
    if content_type in _VAGUE:
        return suffix if suffix.isascii() and suffix[1:].isalnum() else ".txt"
    ending = _TYPES.get(content_type)
    if ending is None and content_type.startswith("text/"):
        return ".txt"
    if ending is None:
        raise _NotBroughtError(f"it is {content_type[:80]!r}, which no reader reads", gone=True)
    return ending


def _check(address: str, *, private: bool) -> None:
    """A redirect may lead anywhere, and an address in digits is never looked up by name."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _NotBroughtError(f"it is redirected to {parts.scheme or 'something'!r}, which is no page")
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return
    if not private and not is_public(literal):
        raise _NotBroughtError(_PRIVATE)


_PRIVATE = "it lies in a private network: say `private = true` in its source if that is meant"


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it is an address of the public internet, also where an IPv6 address wraps an IPv4 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is not None:
            return is_public(inner)
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast


class _PublicOnly(AbstractResolver):
    """Gives the addresses of a name that are public: what is checked is what is connected to."""

    def __init__(self) -> None:
        self._plain = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._plain.resolve(host, port, family)
        public = [one for one in found if is_public(ipaddress.ip_address(one["host"].partition("%")[0]))]
        if found and not public:
            raise _NotBroughtError(_PRIVATE)
        return public

    async def close(self) -> None:
        await self._plain.close()


def _keep(folder: Path, page: Page, before: Page | None, content: bytes | None) -> None:
    """Write what came of it, then remove the file it had before, where that is another."""
    if content is not None:
        replace_file(folder / page.file, content)
    write_page(folder, page)
    if before is not None and before.file and before.file != page.file:
        (folder / before.file).unlink(missing_ok=True)


def _words(problem: Exception) -> str:
    reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
    return " ".join((reason or type(problem).__name__).split())[:200]
