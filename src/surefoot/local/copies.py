"""A source file that is on this machine already."""

import asyncio
import shutil
from pathlib import Path

from surefoot.errors import FetchError
from surefoot.local.progress import Report
from surefoot.models import SourceFile


class LocalCopy:
    """Takes a file the user has, or one of that name in a folder the user has."""

    name = "local"

    def __init__(self, place: Path) -> None:
        self._place = place

    async def bring(self, file: SourceFile, to: Path, scratch: Path, report: Report) -> None:
        """Copy it, so that the cache does not change when the user's file does."""
        origin = self._place / file.filename if self._place.is_dir() else self._place
        if not origin.is_file():
            raise FetchError(
                f"there is no file {str(origin)!r}",
                remedy="put it there, or mend weights.files",
            )
        try:
            await asyncio.to_thread(shutil.copyfile, origin, to)
        except OSError as error:
            raise FetchError(
                f"cannot copy {str(origin)!r}: {error.strerror}", remedy="mend its permissions, or free space"
            ) from error
