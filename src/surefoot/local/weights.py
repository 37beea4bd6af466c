"""The folder a model is served from: whole or not there, with a manifest of every file's SHA-256."""

import json
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from surefoot.errors import ChecksumError, NotFoundError
from surefoot.files import replace_file
from surefoot.local.locks import one_at_a_time
from surefoot.local.progress import Report
from surefoot.local.sources import sha256_of
from surefoot.models import ModelSpec
from surefoot.records import Json, canonical_json

SCHEMA = 1
MANIFEST = "manifest.json"

Fill: TypeAlias = Callable[[Path, int], Awaitable[None]]
"""Writes a model's files into a folder, handing the lock's descriptor to the programs it starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """One file of the folder, as its manifest has it."""

    name: str
    sha256: str
    size_bytes: int


def weights_folder(spec: ModelSpec, *, cache: Path, expanded: bool) -> Path:
    """Where the model is served from, once it is made: its identity names the folder.

    `expanded` is the form of INT8 weights for processors that multiply INT8 slowly.
    """
    return cache / "weights" / (f"{spec.identity}-expanded" if expanded else spec.identity)


def find_weights(spec: ModelSpec, *, cache: Path, expanded: bool) -> Path | None:
    """The model's folder if it is whole: every file of its manifest is there, in its size."""
    folder = weights_folder(spec, cache=cache, expanded=expanded)
    try:
        whole = all((folder / file.name).stat().st_size == file.size_bytes for file in read_manifest(folder))
    except (NotFoundError, ChecksumError, FileNotFoundError):
        return None
    return folder if whole else None


async def make_weights(spec: ModelSpec, fill: Fill, *, cache: Path, expanded: bool, report: Report) -> Path:
    """The model's whole folder: the one that is there, or what `fill` writes, swapped in by one rename.

    The manifest is written last. What an interrupted run began is removed first.
    """
    if (found := find_weights(spec, cache=cache, expanded=expanded)) is not None:
        return found
    folder = weights_folder(spec, cache=cache, expanded=expanded)
    async with one_at_a_time(cache, f"converting-{spec.alias}-{spec.identity[:16]}", report) as held:
        if find_weights(spec, cache=cache, expanded=expanded) is None:
            making = folder.with_name(f".{folder.name}.making")
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir(parents=True)
            try:
                await fill(making, held)
                await _write_manifest(making, spec.identity)
                shutil.rmtree(folder, ignore_errors=True)
                making.rename(folder)
            finally:
                shutil.rmtree(making, ignore_errors=True)
    return folder


async def verify_weights(folder: Path) -> tuple[WeightsFile, ...]:
    """Read every file again. Raises ChecksumError, with both values, for one that changed or is missing."""
    files = read_manifest(folder)
    for file in files:
        path = folder / file.name
        found = await sha256_of(path) if path.is_file() else "missing"
        if found != file.sha256:
            raise ChecksumError(
                f"{str(path)!r} has the SHA-256 {found!r}; when it was made it was {file.sha256!r}",
                remedy=f"delete {str(folder)!r} and run `surefoot model fetch`, which makes it anew",
            )
    return files


def read_manifest(folder: Path) -> tuple[WeightsFile, ...]:
    """What the folder holds. Raises NotFoundError without a manifest, ChecksumError for a damaged one."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["schema"] != SCHEMA:
            raise ValueError(f"its schema is {manifest['schema']!r}, {SCHEMA} is known")
        return tuple(
            WeightsFile(name=name, sha256=str(file["sha256"]), size_bytes=int(file["size_bytes"]))
            for name, file in manifest["files"].items()
        )
    except FileNotFoundError:
        raise NotFoundError(
            f"there are no weights at {str(folder)!r}", remedy="fetch them: surefoot model fetch"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ChecksumError(
            f"{str(path)!r} is no manifest: {error}",
            remedy=f"delete {str(folder)!r} and run `surefoot model fetch`, which makes it anew",
        ) from error


async def _write_manifest(folder: Path, identity: str) -> None:
    files: dict[str, Json] = {
        name: {"sha256": await sha256_of(folder / name), "size_bytes": size} for name, size in _sizes(folder)
    }
    manifest: dict[str, Json] = {"schema": SCHEMA, "identity": identity, "files": files}
    replace_file(folder / MANIFEST, canonical_json(manifest) + b"\n")


def _sizes(folder: Path) -> list[tuple[str, int]]:
    return [(path.name, path.stat().st_size) for path in sorted(folder.iterdir())]
