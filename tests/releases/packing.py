"""A small deployment whose production can be packed, made without an embedder or a model."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tests.releases.examples import (
    PROJECT,
    files_of,
    manifest_saying,
    receipt_for,
    recipe_kept,
    run_of,
)
from tests.releases.repositories import silent

from surefoot.records import Json, Manifest, digest
from surefoot.releases import Pointer, Trust, write_receipt, write_release, write_run
from surefoot.releases.channels import write_channel
from surefoot.releases.oci import Layout, Packed, copy_bundle, files_of_release, pack_bundle
from surefoot.retrieval.snapshots import write_manifest

PASSAGES = "b" * 64
# The snapshot's largest file has so many times eight bytes, more than any other file of the bundle.
LARGE = 25_000
APP = """schema = 1
prompt = "answer"
corpus = "papers"
recipe = "default"
model = "chat"
pipeline = "answers"
abstention = "The documents do not say."
example = "Where?"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """A `serving/` folder with releases, and the folder of its snapshots."""

    serving: Path
    snapshots: Path

    def promoted(self, words: str) -> Manifest:
        """Put a release whose prompt says these words into production, founded."""
        manifest = replace(manifest_saying(words), snapshot=self.snapshot(manifest_saying(words)))
        folder = write_release(self.serving / "releases", manifest, files_of(words))
        write_run(folder, run_of("candidate"))
        receipt = write_receipt(folder, receipt_for(manifest, baseline=None))
        write_channel(self.serving, "answers", Pointer(release=manifest.digest, receipt=receipt))
        return manifest

    def snapshot(self, manifest: Manifest) -> str:
        """A snapshot that the manifest's recipe and embedder could have made."""
        inputs: dict[str, Json] = {
            "format": 3,
            "documents": {"a.md": "1" * 64},
            "recipe": recipe_kept().index_digest,
            "embedder": manifest.embedder,
        }
        folder = self.snapshots / digest(inputs)
        if not folder.exists():
            (folder / "words").mkdir(parents=True)
            (folder / "passages.parquet").write_bytes(b"passages" * LARGE)
            (folder / "words" / "index").write_bytes(b"words")
            write_manifest(
                folder,
                inputs,
                dimensions=3,
                document_passages={"a.md": 2},
                unread={},
                suspicions={},
                passages_digest=PASSAGES,
            )
        return folder.name

    def files(self, manifest: Manifest) -> dict[str, Path]:
        """The files of its bundle, by name."""
        folder = self.snapshots / manifest.snapshot
        plain = ("models.toml", "settings.toml", "apps/answers.toml", "channels/answers/production.toml")
        return {
            **{name: self.serving / name for name in plain},
            **files_of_release(self.serving, manifest.digest),
            **{
                f"snapshots/{folder.name}/{path.relative_to(folder).as_posix()}": path
                for path in folder.rglob("*")
                if path.is_file()
            },
        }

    def pack(self, layout: Layout, manifest: Manifest, trust: Trust | None = None) -> Packed:
        """Pack what production names."""
        return packed(layout, {"answers": manifest.digest}, self.files(manifest), trust)


def packed(
    layout: Layout, releases: Mapping[str, str], files: Mapping[str, Path], trust: Trust | None = None
) -> Packed:
    """Pack these files."""
    packing = pack_bundle(
        layout, channel="production", releases=releases, files=files, trust=trust or Trust(), report=silent
    )
    return asyncio.run(packing)


def copied(source: Layout, target: Layout, trust: Trust | None = None) -> Packed:
    """Copy the bundle of production from one layout to another."""
    return asyncio.run(copy_bundle(source, target, "production", trust=trust or Trust(), report=silent))


def new_packing(top: Path) -> Packing:
    """A deployment with nothing in production."""
    serving = top / "serving"
    (serving / "apps").mkdir(parents=True)
    (serving / "apps" / "answers.toml").write_text(APP)
    (serving / "settings.toml").write_text("schema = 1\n")
    (serving / "models.toml").write_bytes((PROJECT / "serving" / "models.toml").read_bytes())
    return Packing(serving=serving, snapshots=top / "state" / "snapshots")


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
