"""The documents to answer from, named by their sources: `serving/corpora/<name>.toml`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from surefoot.errors import SettingsError
from surefoot.records import digest_bytes
from surefoot.tables import Table, read_table

SCHEMA = 1
DEFAULT_INCLUDE = tuple(f"**/*.{ending}" for ending in "md txt rst html pdf docx csv jsonl".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A folder of documents. `include` and `exclude` are patterns over paths within it, ** for any depth.

    `metadata` is said of each of its documents. `access` names the groups that may read them; with none
    everybody may.
    """

    path: Path
    include: tuple[str, ...] = DEFAULT_INCLUDE
    exclude: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    access: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Documents under one name. The name tells people; what is in the documents makes the snapshot."""

    name: str
    sources: tuple[Source, ...]


def load_corpus(path: Path, root: Path) -> Corpus:
    """Read `<name>.toml`; its source paths start at `root` and stay within it.

    Raises NotFoundError and SettingsError. `corpus_of_folder` is the way to a folder elsewhere.
    """
    top = read_table(path, schema=SCHEMA)
    sources = tuple(_source(table, root.resolve(), path) for table in top.tables("sources"))
    top.refuse_others()
    return Corpus(name=path.stem, sources=sources)


def corpus_of_folder(path: Path) -> Corpus:
    """A corpus of one folder, wherever it is, for `make up DOCS=path`.

    Its name is the folder's, with some digits of its whole path: two folders called docs do not clash.
    """
    folder = path.expanduser().resolve()
    if not folder.is_dir():
        raise SettingsError(
            f"{str(path)!r} is not a folder",
            remedy="Name a folder that holds documents, such as Markdown, HTML, PDF or DOCX files.",
        )
    name = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-") or "folder"
    return Corpus(
        name=f"{name}-{digest_bytes(str(folder).encode(errors='surrogateescape'))[:8]}",
        sources=(Source(path=folder),),
    )


def _metadata(table: Table) -> dict[str, str]:
    said = table.table("metadata")
    values = {name: said.text(name) for name in said.names()}
    said.refuse_others()
    return values


def _access(table: Table, file: Path) -> tuple[str, ...]:
    """An empty list could mean everybody or nobody, so it is refused."""
    groups = table.texts("access", ())
    if table.has("access") and not groups:
        raise SettingsError(
            f"{file}: `access` of a source is an empty list",
            remedy="Name the groups that may read it, or leave the key out: then everybody may.",
        )
    return tuple(sorted(set(groups)))


def _source(table: Table, root: Path, file: Path) -> Source:
    written = table.text("path")
    folder = (root / written).resolve()
    source = Source(
        path=folder,
        include=table.texts("include", DEFAULT_INCLUDE),
        exclude=table.texts("exclude", ()),
        metadata=_metadata(table),
        access=_access(table, file),
    )
    table.refuse_others()
    if not folder.is_relative_to(root):
        raise SettingsError(
            f"{file}: the source {written!r} leaves the project",
            remedy="Name a folder within the project; for one elsewhere use `make up DOCS=path`.",
        )
    if not folder.is_dir():
        raise SettingsError(
            f"{file}: the source {written!r} is not a folder", remedy="Create it, or name one that is there."
        )
    return source
