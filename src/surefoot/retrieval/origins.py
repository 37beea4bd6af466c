"""Documents that lie elsewhere: in a Git repository, or at addresses of the web.

They are brought into a folder of this machine first, and read from there like any others.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

from surefoot.errors import SettingsError
from surefoot.files import replace_file
from surefoot.records import digest, digest_bytes
from surefoot.records.encoding import from_plain, plain

LEDGER = ".page.json"
TREE = "tree"
MOST_PAGES = 10_000
_SCHEMES = ("http", "https")
_REMOTE = re.compile(r"(https|ssh|file)://\S+|[\w.-]+@[\w.-]+:\S+")
_REF = re.compile(r"(?!-)[\w./-]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A Git repository: its address, and the branch, tag or commit; "" is what it serves by itself."""

    address: str
    ref: str = ""

    @property
    def name(self) -> str:
        """How it is told of."""
        return f"{self.address} at {self.ref}" if self.ref else self.address


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Pages by their addresses. `private` lets them lie in a private network."""

    urls: tuple[str, ...]
    private: bool = False

    @property
    def name(self) -> str:
        """How they are told of."""
        return self.urls[0] if len(self.urls) == 1 else f"{self.urls[0]} and {len(self.urls) - 1} more"


Origin = Repository | Pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it was brought.

    `file` is its name in the folder; "" where there is none, and `problem` says why. A page with both is an
    earlier copy of one that could not be brought again.
    """

    url: str
    file: str
    problem: str = ""
    etag: str = ""
    modified: str = ""


def origin_folder(folder: Path, origin: Origin) -> Path:
    """Where the documents of that origin are kept below the folder. Pages of several sources share one."""
    if isinstance(origin, Repository):
        return folder / digest({"git": origin.address, "ref": origin.ref})[:32]
    return folder / ("pages-private" if origin.private else "pages")


def page_name(url: str) -> str:
    """What the files of a page are called, but for their ending."""
    return digest_bytes(url.encode())[:32]


def read_page(folder: Path, url: str) -> Page | None:
    """What came of that page the last time; None where it was never tried, or that cannot be read."""
    try:
        written = json.loads((folder / f"{page_name(url)}{LEDGER}").read_bytes())
        page = from_plain(Page, written["page"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return page if page.url == url else None


def write_page(folder: Path, page: Page) -> None:
    """Keep what came of it, in one step."""
    said = {"schema": 1, "page": plain(page)}
    replace_file(folder / f"{page_name(page.url)}{LEDGER}", json.dumps(said, indent=1).encode())


def check_remote(address: str, where: str) -> str:
    """The address of a repository, or SettingsError. No option of Git's passes for one, and no secret."""
    if not _REMOTE.fullmatch(address):
        raise SettingsError(
            f"{where}: {_shown(address)!r} is not the address of a Git repository",
            remedy="Write https://host/path.git, ssh://git@host/path.git, git@host:path.git or file:///path.",
        )
    _refuse_secret(address, where, "Let Git's own credential helper or an SSH key know it.")
    return address


def check_ref(ref: str, where: str) -> str:
    """A branch, tag or commit, or SettingsError."""
    if not _REF.fullmatch(ref) or ".." in ref:
        raise SettingsError(
            f"{where}: {ref!r} is no branch, tag or commit",
            remedy="Write its name, such as `main` or `v2.1`.",
        )
    return ref


def check_urls(urls: Sequence[str], where: str) -> tuple[str, ...]:
    """The addresses of pages without their fragments, or SettingsError for the first that is wrong."""
    if len(urls) > MOST_PAGES:
        raise SettingsError(
            f"{where}: {len(urls):,} addresses, more than {MOST_PAGES:,}",
            remedy="Name fewer, in sources of several corpora.",
        )
    plain_urls = tuple(urldefrag(url.strip()).url for url in urls)
    for url in plain_urls:
        try:
            parts = urlsplit(url)
            host = parts.hostname if parts.port is None or parts.port else None
        except ValueError:
            parts, host = urlsplit(""), None
        if parts.scheme not in _SCHEMES or not host or re.search(r"[\s\x00-\x1f]", url):
            raise SettingsError(
                f"{where}: {_shown(url)!r} is not the address of a page",
                remedy="Write it whole: https://host/path.",
            )
        _refuse_secret(url, where, "Name pages that anybody may read, or keep copies in a folder.")
    if len(set(plain_urls)) < len(plain_urls):
        twice = next(url for url in plain_urls if plain_urls.count(url) > 1)
        raise SettingsError(f"{where}: {twice!r} is named twice", remedy="Name each page once.")
    return plain_urls


def _refuse_secret(address: str, where: str, remedy: str) -> None:
    before, at, _ = address.partition("://")[2].partition("/")[0].rpartition("@")
    if at and (":" in before or not address.startswith("ssh://")):
        raise SettingsError(f"{where}: {_shown(address)!r} holds a user or a password", remedy=remedy)


def _shown(address: str) -> str:
    """The address as an error may repeat it: without a user and a password."""
    return re.sub(r"(?<=://)[^/]*@", "***@", address)[:200]
