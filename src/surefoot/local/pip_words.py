"""What pip's last lines mean, and what to do about it."""

import re
from collections.abc import Sequence

from surefoot.errors import ChecksumError, FetchError, LocalError, ResourceError

NO_SUCH_VERSION = re.compile(r"No matching distribution found|Could not find a version that satisfies")
DISK_FULL = re.compile(r"No space left on device|Errno 28|Disk quota exceeded")
OTHER_BYTES = re.compile(r"DO NOT MATCH THE HASHES")
UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectTimeoutError|ReadTimeoutError|Max retries exceeded|Connection refused"
    r"|Connection reset|Connection broken|name resolution|Network is unreachable|ProxyError|SSLError"
    r"|IncompleteRead|Read timed out",
    re.IGNORECASE,
)
NO_PIP = re.compile(r"No module named pip")
QUOTED_LINES = 6


def lacks_version(lines: Sequence[str]) -> bool:
    """Whether pip could look, and its indexes do not have what was asked for."""
    text = "\n".join(lines)
    return bool(NO_SUCH_VERSION.search(text)) and not UNREACHABLE.search(text)


def pip_error(what: str, lines: Sequence[str]) -> LocalError:
    """The error for a pip that failed, by what its lines say. `what` is what was to be brought."""
    text = "\n".join(lines)
    said = "\n".join(f"    {line}" for line in _telling(lines))
    if DISK_FULL.search(text):
        return ResourceError(
            f"the disk is full; {what} was not brought; pip's last lines:\n{said}",
            remedy="free some space (the cache folder and pip's temporary folder, TMPDIR), then run it again",
        )
    if OTHER_BYTES.search(text):
        return ChecksumError(
            f"the package index has other bytes than are pinned for {what}; pip's last lines:\n{said}",
            remedy="run it again; if it stays so, do not use this index: it serves changed packages",
        )
    return FetchError(f"pip could not bring {what}; its last lines:\n{said}", remedy=_remedy(text))


def _remedy(text: str) -> str:
    if UNREACHABLE.search(text):
        return (
            "the package index cannot be reached: check the network and pip's configuration "
            "(`pip config list`), or point it at a mirror with PIP_INDEX_URL; then run it again"
        )
    if NO_SUCH_VERSION.search(text):
        return (
            "the package index does not have this version for this Python, if it answered at all: point "
            "PIP_INDEX_URL at a full mirror, or at PyPI; Python 3.11 on Linux x86-64 is what is pinned"
        )
    if NO_PIP.search(text):
        return "this Python has no pip: run `python -m ensurepip --upgrade`, then run it again"
    return "read pip's lines above, mend what they name, and run it again"


def _telling(lines: Sequence[str]) -> list[str]:
    """The last lines, without pip's warnings about places it skips and its offers to upgrade itself."""
    kept = [line for line in lines if line.strip() and not line.startswith(("WARNING: Location", "[notice]"))]
    return kept[-QUOTED_LINES:] or ["(it wrote nothing)"]
