"""Source files from a model hub, over HTTP. The one file of this room that imports aiohttp."""

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import aiohttp

from surefoot.errors import FetchError
from surefoot.local.progress import Progress, Report
from surefoot.models import HubFile, SourceFile

HUGGING_FACE = "https://huggingface.co"
CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60.0
TRIES = 4
PAUSE_SECONDS = 1.0
PIECE_BYTES = 1 << 20


class Hub:
    """Takes a file at its pinned revision, and goes on where a broken download stopped."""

    name = "hub"

    def __init__(self, base_url: str = HUGGING_FACE) -> None:
        self._base_url = base_url.rstrip("/")

    async def bring(self, file: SourceFile, to: Path, scratch: Path, report: Report) -> None:
        """Download it, resuming after a cut connection. Raises FetchError with the address."""
        if file.hub is None:
            raise FetchError(f"{file.filename} names no hub file", remedy="take another way")
        url = self._address(file.hub)
        limits = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)
        async with aiohttp.ClientSession(timeout=limits, trust_env=True, auto_decompress=False) as session:
            for last in (False,) * (TRIES - 1) + (True,):
                try:
                    await _download(session, url, file, to, report)
                    return
                except (aiohttp.ClientError, TimeoutError) as error:
                    if last or isinstance(error, aiohttp.ClientConnectorError):
                        raise _unreachable(url, error) from error
                await asyncio.sleep(PAUSE_SECONDS)

    def _address(self, hub: HubFile) -> str:
        return f"{self._base_url}/{quote(hub.repo)}/resolve/{quote(hub.revision)}/{quote(hub.file)}"


async def _download(
    session: aiohttp.ClientSession, url: str, file: SourceFile, to: Path, report: Report
) -> None:
    had = _begun(to, file.size_bytes)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={had}-"} if had else {})
    async with session.get(url, headers=headers) as response:
        if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            _begun(to, 0)
            raise aiohttp.ClientPayloadError("the server no longer has the rest of what was begun")
        if response.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            raise _refused(url, response.status)
        resumed = response.status == HTTPStatus.PARTIAL_CONTENT
        with to.open("ab" if resumed else "wb") as stream:
            await _copy(response, stream, had if resumed else 0, file, report)


async def _copy(
    response: aiohttp.ClientResponse, stream: BinaryIO, had: int, file: SourceFile, report: Report
) -> None:
    done = had
    async for piece in response.content.iter_chunked(PIECE_BYTES):
        done += len(piece)
        if done > file.size_bytes:
            raise FetchError(
                f"{response.url} holds more than the pinned {file.size_bytes} bytes",
                remedy="the revision or the file's name in models.toml is not the pinned file's: mend it",
            )
        stream.write(piece)
        report(Progress(step=f"fetching {file.filename}", done=done, total=file.size_bytes, unit="bytes"))
    if done < file.size_bytes:
        raise aiohttp.ClientPayloadError(f"it ended after {done} of {file.size_bytes} bytes")


def _begun(to: Path, size_bytes: int) -> int:
    """How many bytes an earlier try left; what is no beginning of the file is removed."""
    had = to.stat().st_size if to.exists() else 0
    if had >= size_bytes:
        to.unlink(missing_ok=True)
        return 0
    return had


def _refused(url: str, status: int) -> FetchError:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        remedy = "the hub wants an account for it: download it there, and name the file in weights.files"
    elif status == HTTPStatus.NOT_FOUND:
        remedy = "mend repo, revision or file in models.toml"
    else:
        remedy = "try again later, or take another way"
    return FetchError(f"{url} answered {status}", remedy=remedy)


def _unreachable(url: str, error: Exception) -> FetchError:
    return FetchError(
        f"{url} cannot be downloaded: {error or type(error).__name__}",
        remedy="check the network; HF_ENDPOINT names a mirror; or let the package index come first "
        "(weights.order), or name a file of your own in weights.files",
    )
