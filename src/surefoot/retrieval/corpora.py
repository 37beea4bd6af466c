"""The documents to answer from, named by their sources: `serving/corpora/<name>.toml`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from surefoot.errors import SettingsError
from surefoot.records import digest_bytes
from surefoot.retrieval.origins import (
    TREE,
    Origin,
    Pages,
    Repository,
    check_ref,
    check_remote,
    check_urls,
    origin_folder,
)
from surefoot.tables import Table, read_table

SCHEMA = 1
DEFAULT_INCLUDE = tuple(f"**/*.{ending}" for ending in "md txt rst html pdf docx csv jsonl".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A folder of documents. `include` and `exclude` are patterns over paths within it, ** for any depth.

    `metadata` is said of each of its documents. `access` names the groups that may read them; with none
    everybody may. `origin` is where the documents come from when they are brought into `path` first.
    """

    path: Path
    include: tuple[str, ...] = DEFAULT_INCLUDE
    exclude: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    access: tuple[str, ...] = ()
    origin: Origin | None = None

    @property
    def name(self) -> str:
        """How it is told of."""
        return str(self.path) if self.origin is None else self.origin.name

    @property
    def place(self) -> tuple[str, ...]:
        """The parts of its path, by which it is told from other sources; wherever it was brought to."""
        path = self.path
        if isinstance(self.origin, Repository):
            inner = path.parts[len(path.parts) - path.parts[::-1].index(TREE) :]
            return (*re.split(r"[/:]+", self.origin.address.removesuffix(".git")), *inner)
        return path.resolve().parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Documents under one name. The name tells people; what is in the documents makes the snapshot."""

    name: str
    sources: tuple[Source, ...]


def load_corpus(path: Path, root: Path, brought: Path) -> Corpus:
    """Read `<name>.toml`; its source paths start at `root` and stay within it.

    Documents of repositories and pages are below `brought`, once they were brought. Raises NotFoundError and
    SettingsError. `corpus_of_folder` is the way to a folder elsewhere.
    """
    top = read_table(path, schema=SCHEMA)
    sources = tuple(_source(table, root.resolve(), brought, path) for table in top.tables("sources"))
    top.refuse_others()
    _refuse_twice([source.origin for source in sources if isinstance(source.origin, Pages)], path)
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


def _refuse_twice(sources: Sequence[Pages], file: Path) -> None:
    """Two sources may not name one page: it would be two documents of one name."""
    check_urls([url for pages in sources for url in pages.urls], str(file))


def _metadata(table: Table, file: Path) -> dict[str, str]:
    """What is said of each document; `time` may stand beside `metadata`, and is held to a form."""
    said = table.table("metadata")
    values = {name: said.text(name) for name in said.names()}
    said.refuse_others()
    if table.has("time"):
        values["time"] = table.text("time")
    if "time" in values:
        try:
            datetime.fromisoformat(values["time"])
        except ValueError:
            raise SettingsError(
                f"{file}: the time {values['time']!r} of a source is neither a day nor a moment",
                remedy="Write it as 2026-01-31, or as 2026-01-31T12:00:00+00:00.",
            ) from None
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


def _source(table: Table, root: Path, brought: Path, file: Path) -> Source:
    pages = _pages(table, root, file)
    origin: Origin | None = pages or _repository(table, file)
    if pages is not None and origin is not None:
        folder = origin_folder(brought, origin)
    elif origin is not None:
        folder = _within_repository(table, origin_folder(brought, origin) / TREE, file)
    else:
        folder = _folder(table, root, file)
    source = Source(
        path=folder,
        include=("*",) if pages is not None else table.texts("include", DEFAULT_INCLUDE),
        exclude=() if pages is not None else table.texts("exclude", ()),
        metadata=_metadata(table, file),
        access=_access(table, file),
        origin=origin,
    )
    table.refuse_others()
    return source


def _folder(table: Table, root: Path, file: Path) -> Path:
    written = table.text("path")
    folder = (root / written).resolve()
    if not folder.is_relative_to(root):
        raise SettingsError(
            f"{file}: the source {written!r} leaves the project",
            remedy="Name a folder within the project; for one elsewhere use `make up DOCS=path`.",
        )
    if not folder.is_dir():
        raise SettingsError(
            f"{file}: the source {written!r} is not a folder", remedy="Create it, or name one that is there."
        )
    return folder


def _repository(table: Table, file: Path) -> Repository | None:
    if not table.has("git"):
        return None
    address = check_remote(table.text("git"), str(file))
    return Repository(
        address=address, ref=check_ref(table.text("ref"), str(file)) if table.has("ref") else ""
    )


def _within_repository(table: Table, tree: Path, file: Path) -> Path:
    inner = PurePosixPath(table.text("path", "."))
    if inner.is_absolute() or ".." in inner.parts:
        raise SettingsError(
            f"{file}: the path {str(inner)!r} leaves its repository", remedy="Name a folder within it."
        )
    return tree / inner


def _pages(table: Table, root: Path, file: Path) -> Pages | None:
    if not table.has("urls") and not table.has("url_list"):
        return None
    for other in ("git", "path", "ref", "include", "exclude"):
        if table.has(other):
            raise SettingsError(
                f"{file}: a source has pages and {other!r}",
                remedy="Give each its own [[sources]]; pages are all read.",
            )
    urls = list(table.texts("urls", ()))
    if table.has("url_list"):
        urls += _listed(root, table.text("url_list"), file)
    if not urls:
        raise SettingsError(f"{file}: a source names no page", remedy="Name one in `urls`, or in its list.")
    return Pages(urls=check_urls(urls, str(file)), private=table.flag("private", default=False))


def _listed(root: Path, written: str, file: Path) -> list[str]:
    """The addresses in a file, one a line; what follows a # that begins a word is a comment."""
    listing = (root / written).resolve()
    if not listing.is_relative_to(root):
        raise SettingsError(
            f"{file}: the list {written!r} leaves the project", remedy="Name a file within it."
        )
    try:
        lines = listing.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsError(
            f"{file}: the list {written!r} cannot be read: {problem}",
            remedy="Write a text file there, in UTF-8.",
        ) from None
    plain = (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines)
    return [line for line in plain if line]
