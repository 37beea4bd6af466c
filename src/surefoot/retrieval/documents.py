"""Find a corpus's documents and read them strictly: what cannot be read is reported and stops nothing."""

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from surefoot.errors import SnapshotError
from surefoot.records import digest_bytes
from surefoot.retrieval.corpora import Corpus, Source
from surefoot.retrieval.origins import TREE, Pages, read_page

LARGEST_BYTES = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReport:
    """What became of one document. `reason` says why it was skipped; `passages` is 0 then."""

    source: str
    outcome: Literal["taken", "skipped"]
    reason: str = ""
    passages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFile:
    """A file: its name in the corpus, where it is, and the digest of its bytes.

    `metadata` and `access` are what its source says of it.
    """

    source: str
    path: Path
    digest: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    access: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a corpus holds now, sorted by name. Hidden and unmatched files are only counted."""

    documents: tuple[DocumentFile, ...]
    skipped: tuple[DocumentReport, ...]
    hidden: int
    unmatched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    name: str
    path: Path


def scan_corpus(corpus: Corpus) -> Scan:
    """Walk the sources. Raises SnapshotError when one is gone or when nothing can be read."""
    listings = [_walk(source) for source in corpus.sources]
    prefixes = _prefixes(corpus.sources, [[found.name for found in listing.found] for listing in listings])
    documents: list[DocumentFile] = []
    skipped = [report for listing in listings for report in listing.unbrought]
    seen: dict[Path, str] = {}
    for source, listing, prefix in zip(corpus.sources, listings, prefixes, strict=True):
        for found in listing.found:
            try:
                document = _examine(replace(found, name=prefix + found.name), source.path.resolve(), seen)
                documents.append(replace(document, metadata=source.metadata, access=source.access))
                seen[document.path] = document.source
            except ValueError as reason:
                skipped.append(
                    DocumentReport(source=prefix + found.name, outcome="skipped", reason=str(reason))
                )
    scan = Scan(
        documents=tuple(sorted(documents, key=lambda document: document.source)),
        skipped=tuple(sorted(skipped, key=lambda report: report.source)),
        hidden=sum(listing.hidden for listing in listings),
        unmatched=sum(listing.unmatched for listing in listings),
    )
    if not scan.documents:
        raise nothing_to_read(corpus, scan)
    return scan


def read_bytes(document: DocumentFile) -> bytes:
    """The document's bytes. Raises SnapshotError when it is no longer what the scan saw."""
    try:
        content = document.path.read_bytes()
    except OSError:
        content = b""
    if digest_bytes(content) != document.digest:
        raise SnapshotError(
            f"{document.source!r} changed while the index was being built", remedy="Build again."
        )
    return content


def nothing_to_read(corpus: Corpus, scan: Scan, unread: Mapping[str, str] | None = None) -> SnapshotError:
    """The error for a corpus without a single passage, saying what was there instead."""
    reasons = Counter([*(report.reason for report in scan.skipped), *(unread or {}).values()])
    why = "".join(f"; {count} skipped: {reason}" for reason, count in reasons.most_common(3))
    folders = ", ".join(source.name for source in corpus.sources)
    patterns = ", ".join(pattern for source in corpus.sources for pattern in source.include)
    return SnapshotError(
        f"the corpus {corpus.name!r} has no document that can be read in {folders}: "
        f"{scan.unmatched} files match no pattern, {scan.hidden} are hidden{why}",
        remedy=f"Add files that match {patterns}, or change `include` of the corpus.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    found: tuple[_Found, ...]
    hidden: int
    unmatched: int
    unbrought: tuple[DocumentReport, ...] = ()


def _walk(source: Source) -> _Listing:
    root = source.path.resolve()
    if source.origin is not None and not root.is_dir():
        raise _not_brought(source)
    if isinstance(source.origin, Pages):
        return _pages(source, root)
    if not root.is_dir():
        raise SnapshotError(
            f"the source {str(source.path)!r} is not a folder",
            remedy="Create it, or correct the corpus file.",
        )
    include = [_pattern(pattern) for pattern in source.include]
    exclude = [_pattern(pattern) for pattern in source.exclude]
    found: list[_Found] = []
    hidden = unmatched = 0
    for path, is_hidden in _files(root):
        name = path.relative_to(root).as_posix()
        wanted = any(one.fullmatch(name) for one in include) and not any(
            one.fullmatch(name) for one in exclude
        )
        if is_hidden:
            hidden += 1
        elif wanted:
            found.append(_Found(name=name, path=path))
        else:
            unmatched += 1
    return _Listing(found=tuple(found), hidden=hidden, unmatched=unmatched)


def _pages(source: Source, root: Path) -> _Listing:
    """What was brought of them, each page by its address."""
    urls = source.origin.urls if isinstance(source.origin, Pages) else ()
    pages = [page for url in urls if (page := read_page(root, url)) is not None]
    if len(pages) < len(urls):
        raise _not_brought(source)
    found = tuple(_Found(name=page.url, path=root / page.file) for page in pages if page.file)
    missing = tuple(
        DocumentReport(source=page.url, outcome="skipped", reason=page.problem)
        for page in pages
        if not page.file
    )
    return _Listing(found=found, hidden=0, unmatched=0, unbrought=missing)


def _not_brought(source: Source) -> SnapshotError:
    if any(parent.name == TREE and parent.is_dir() for parent in source.path.parents):
        return SnapshotError(
            f"{source.name} has no folder {source.path.name!r}", remedy="Correct `path` of that source."
        )
    return SnapshotError(
        f"the documents of {source.name} have not been brought here",
        remedy="Run `surefoot index build`, which brings them.",
    )


def _files(root: Path) -> Iterator[tuple[Path, bool]]:
    """Files, linked folders and hidden things, with whether each is hidden; a hidden folder counts once."""
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        hidden = [name for name in folders if name.startswith(".")]
        linked = [name for name in folders if (here / name).is_symlink() and name not in hidden]
        folders[:] = sorted(name for name in folders if name not in hidden and name not in linked)
        for name in sorted([*files, *hidden, *linked]):
            yield here / name, name.startswith(".")


def _pattern(glob: str) -> re.Pattern[str]:
    """`**/` is any depth, `*` and `?` stay within a name; capitals do not matter."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meaning.get(part, re.escape(part)) for part in parts), re.IGNORECASE)


def _prefixes(sources: Sequence[Source], names: Sequence[Sequence[str]]) -> list[str]:
    """For each source "" or, where its names clash with another's, the end of its path that differs."""
    counts = Counter(name for listing in names for name in set(listing))
    clashing = [any(counts[name] > 1 for name in listing) for listing in names]
    paths = [source.place for source in sources]
    prefixes = []
    for number, path in enumerate(paths):
        others = [other for at, other in enumerate(paths) if at != number and clashing[at]]
        depth = 1
        while depth < len(path) and any(other[-depth:] == path[-depth:] for other in others):
            depth += 1
        prefixes.append("/".join(path[-depth:]) + "/" if clashing[number] else "")
    return prefixes


def _examine(found: _Found, root: Path, seen: dict[Path, str]) -> DocumentFile:
    """Raises ValueError with the reason when the file cannot be taken."""
    try:
        found.name.encode()
    except UnicodeEncodeError:
        raise ValueError("its name is not UTF-8") from None
    try:
        path = found.path.resolve(strict=True)
        status = path.stat()
    except (OSError, RuntimeError):
        raise ValueError("it is a link to nothing") from None
    if not path.is_relative_to(root):
        raise ValueError("it is a link that leaves the source folder")
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is a linked folder" if path.is_dir() else "it is not a regular file")
    if path in seen:
        raise ValueError(f"it is the same file as {seen[path]!r}")
    if status.st_size > LARGEST_BYTES:
        raise ValueError(f"it has {status.st_size:,} bytes, more than {LARGEST_BYTES:,}")
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise ValueError(f"it cannot be opened: {problem.strerror}") from problem
    return DocumentFile(source=found.name, path=path, digest=digest_bytes(content))
