"""Snapshots on disk: immutable folders named by the digest of their inputs, and pointers to those that live.

    <folder>/<digest>/manifest.json         inputs, counts, and the SHA-256 of every other file
    <folder>/<digest>/passages.parquet, documents.parquet, vectors.npy, owners.npy, words/, chroma/
    <folder>/live/<corpus>/<recipe>.json    the snapshot that a corpus and a recipe have now
    <folder>/embeddings.sqlite              a cache; see `embeddings`

The digest covers documents, recipe, embedder and our own builder's format, not the vendors' versions. Should
a vendor cut a text differently, `passages_digest` tells, and a release pins both.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from surefoot.errors import SnapshotError
from surefoot.files import replace_file
from surefoot.records import Json, canonical_json, digest
from surefoot.retrieval.documents import Scan
from surefoot.retrieval.ports import Embedder
from surefoot.retrieval.recipes import Recipe

SCHEMA = 1
# Raise it whenever the same inputs give other passages, vectors, words or suspicions than before.
BUILDER_FORMAT = 3
MANIFEST = "manifest.json"
PASSAGES = "passages.parquet"
DOCUMENTS = "documents.parquet"
VECTORS = "vectors.npy"
OWNERS = "owners.npy"
WORDS = "words"
CHROMA = "chroma"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotInfo:
    """What a snapshot's manifest says.

    `document_passages` counts passages by source; `unread` gives the reason for each document without any,
    and `suspicions` the rules that a document's passages meet: they are marked, or were held back.
    `recipe` is the digest of what the recipe says about indexing, `embedder` an identity, `passages_digest`
    that of the passages' ids in order. `live_for` lists corpora and recipes as "corpus/recipe".
    """

    digest: str
    path: Path
    passages_digest: str
    passages: int
    document_passages: Mapping[str, int]
    unread: Mapping[str, str]
    suspicions: Mapping[str, tuple[str, ...]]
    recipe: str
    embedder: str
    dimensions: int
    bytes: int
    built_at: datetime
    live_for: tuple[str, ...] = ()


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Said(_Strict):
    metadata: dict[str, str]
    access: list[str]


class _Inputs(_Strict):
    format: int
    documents: dict[str, str]
    recipe: str
    embedder: str
    said: dict[str, _Said] | None = None


class _Passages(_Strict):
    digest: str
    by_document: dict[str, int]


class _File(_Strict):
    sha256: str
    bytes: int


class _Manifest(_Strict):
    format: Literal[1] = Field(alias="schema")
    inputs: _Inputs
    dimensions: int
    passages: _Passages
    unread: dict[str, str]
    suspicions: dict[str, tuple[str, ...]]
    files: dict[str, _File]


def snapshot_inputs(scan: Scan, recipe: Recipe, embedder: Embedder) -> dict[str, Json]:
    """Everything that decides a snapshot; the digest of this is its name."""
    said: dict[str, Json] = {
        one.source: {"metadata": dict(one.metadata), "access": list(one.access)}
        for one in scan.documents
        if one.metadata or one.access
    }
    return {
        **({"said": said} if said else {}),
        "format": BUILDER_FORMAT,
        "documents": {document.source: document.digest for document in scan.documents},
        "recipe": recipe.index_digest,
        "embedder": embedder.identity,
    }


def write_manifest(
    folder: Path,
    inputs: Mapping[str, Json],
    *,
    dimensions: int,
    document_passages: Mapping[str, int],
    unread: Mapping[str, str],
    suspicions: Mapping[str, tuple[str, ...]],
    passages_digest: str,
) -> None:
    """Write manifest.json over all files that are in the folder."""
    files: dict[str, Json] = {
        path.relative_to(folder).as_posix(): {"sha256": hash_file(path), "bytes": path.stat().st_size}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    manifest: dict[str, Json] = {
        "schema": SCHEMA,
        "inputs": inputs,
        "dimensions": dimensions,
        "passages": {"digest": passages_digest, "by_document": document_passages},
        "unread": unread,
        "suspicions": {source: list(names) for source, names in suspicions.items()},
        "files": files,
    }
    (folder / MANIFEST).write_bytes(canonical_json(manifest))


def read_snapshot(path: Path) -> SnapshotInfo:
    """What the manifest says, without looking at the other files. Raises SnapshotError."""
    return _info(path, _read_manifest(path))


def document_digests(path: Path) -> dict[str, str]:
    """The SHA-256 of each document that the snapshot was built from, by its name. Raises SnapshotError."""
    return _read_manifest(path).inputs.documents


def file_digests(path: Path) -> dict[str, str]:
    """The SHA-256 of each file that the manifest lists, by name. Raises SnapshotError."""
    return {name: file.sha256 for name, file in _read_manifest(path).files.items()}


def verify_snapshot(path: Path) -> SnapshotInfo:
    """Check every file against the manifest, and the manifest against the folder's name.

    Raises SnapshotError that names the first file which is missing, changed or too many.
    """
    manifest = _read_manifest(path)
    expected = {name: file.sha256 for name, file in manifest.files.items()}
    there = {file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()} - {MANIFEST}
    for name in sorted(expected.keys() | there):
        if name not in there:
            raise _damaged(path, f"{name!r} is missing")
        if name not in expected:
            raise _damaged(path, f"{name!r} is not in its manifest")
        if hash_file(path / name) != expected[name]:
            raise _damaged(path, f"{name!r} has changed since it was built")
    return _info(path, manifest)


def list_snapshots(folder: Path) -> tuple[SnapshotInfo, ...]:
    """All snapshots, newest first, with what each is live for. Raises SnapshotError for a broken manifest."""
    live: dict[str, list[str]] = {}
    for pointer in sorted((folder / "live").glob("*/*.json")):
        name = f"{pointer.parent.name}/{pointer.stem}"
        live.setdefault(_read_pointer(pointer), []).append(name)
    infos = [
        _info(path.parent, _read_manifest(path.parent), tuple(live.get(path.parent.name, ())))
        for path in folder.glob(f"*/{MANIFEST}")
        if not path.parent.name.startswith(".")
    ]
    return tuple(sorted(infos, key=lambda info: (info.built_at, info.digest), reverse=True))


def read_live(folder: Path, corpus_name: str, recipe_name: str) -> str | None:
    """The digest of the snapshot that is live for this corpus and recipe; None when none was built."""
    pointer = _pointer(folder, corpus_name, recipe_name)
    return _read_pointer(pointer) if pointer.exists() else None


def point_live(folder: Path, corpus_name: str, recipe_name: str, snapshot: str) -> None:
    """Swap the pointer, in one step."""
    content = canonical_json({"schema": SCHEMA, "snapshot": snapshot})
    replace_file(_pointer(folder, corpus_name, recipe_name), content + b"\n")


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pointer(folder: Path, corpus_name: str, recipe_name: str) -> Path:
    return folder / "live" / corpus_name / f"{recipe_name}.json"


def _read_pointer(pointer: Path) -> str:
    try:
        content = json.loads(pointer.read_bytes())
        if content["schema"] == SCHEMA:
            return str(content["snapshot"])
    except (OSError, ValueError, TypeError, KeyError):
        pass
    raise SnapshotError(
        f"the pointer {str(pointer)!r} cannot be read as schema {SCHEMA}",
        remedy="Run `surefoot index build`; it writes the pointer anew.",
    )


def _read_manifest(path: Path) -> _Manifest:
    try:
        manifest = _Manifest.model_validate_json((path / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise SnapshotError(
            f"there is no snapshot {path.name!r} in {str(path.parent)!r}",
            remedy="Run `surefoot index list` for those that are there, or `surefoot index build`.",
        ) from None
    except ValidationError as problem:
        first = problem.errors()[0]
        raise _damaged(path, f"its manifest is wrong at {first['loc']}: {first['msg']}") from None
    except OSError as problem:
        raise _damaged(path, f"its manifest cannot be read: {problem.strerror}") from problem
    if digest(manifest.inputs.model_dump(exclude_none=True)) != path.name:
        raise _damaged(path, "its manifest is that of another snapshot")
    return manifest


def _info(path: Path, manifest: _Manifest, live_for: tuple[str, ...] = ()) -> SnapshotInfo:
    return SnapshotInfo(
        digest=path.name,
        path=path,
        passages_digest=manifest.passages.digest,
        passages=sum(manifest.passages.by_document.values()),
        document_passages=manifest.passages.by_document,
        unread=manifest.unread,
        suspicions=manifest.suspicions,
        recipe=manifest.inputs.recipe,
        embedder=manifest.inputs.embedder,
        dimensions=manifest.dimensions,
        bytes=sum(file.bytes for file in manifest.files.values()),
        built_at=datetime.fromtimestamp((path / MANIFEST).stat().st_mtime, UTC),
        live_for=live_for,
    )


def _damaged(path: Path, why: str) -> SnapshotError:
    return SnapshotError(
        f"the snapshot {path.name!r} is damaged: {why}",
        remedy="Run `surefoot index build`; it builds the snapshot anew in its place.",
    )
