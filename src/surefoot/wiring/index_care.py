"""Snapshots as a deployment has them: what pins them, and which cases a change of documents touches."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from surefoot.errors import NotFoundError
from surefoot.evals.cases import load_cases
from surefoot.evals.evidence import stands_in
from surefoot.records import Case
from surefoot.releases import AppFile, read_release
from surefoot.retrieval.keeping import named
from surefoot.retrieval.passages_file import ParquetPassages
from surefoot.retrieval.snapshot_changes import SnapshotChanges, compare_snapshots
from surefoot.retrieval.snapshots import DOCUMENTS
from surefoot.wiring.project import Project
from surefoot.wiring.releasing import live_snapshot_of, read_production

Effect = Literal["lost", "new", "touched"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedCase:
    """A case whose evidence a change of documents reaches.

    `lost`: a fact stood in the documents before and stands there no more. `new`: one stands there now that
    did not. `touched`: its document changed, and the evidence still stands there.
    """

    suite: str
    case: str
    effect: Effect
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexDiff:
    """What differs between two snapshots, and the cases it reaches."""

    before: str
    after: str
    changes: SnapshotChanges
    cases: tuple[TouchedCase, ...]


def snapshot_named(project: Project, app: AppFile, beginning: str | None) -> Path:
    """The snapshot whose digest begins so; the app's live one without a word. Raises SnapshotError."""
    return named(project.snapshots, beginning or live_snapshot_of(project, app))


def served_snapshot(project: Project, app: AppFile) -> str:
    """The digest of the snapshot that the app's production release pins. NotFoundError without a release."""
    pointer = read_production(project, app)
    if pointer is None:
        raise NotFoundError(
            f"the app {app.name!r} has no production release yet",
            remedy="name two snapshots; `surefoot index list` shows those that are there",
        )
    releases = project.deployment.serving / "releases"
    return read_release(releases, pointer.release).manifest.snapshot


def pinned_snapshots(project: Project) -> frozenset[str]:
    """Every snapshot that a committed release pins, so that rolling back needs no build."""
    releases = project.deployment.serving / "releases"
    return frozenset(
        read_release(releases, folder.name).manifest.snapshot
        for folder in sorted(releases.glob("*"))
        if folder.is_dir()
    )


def diff_index(project: Project, before: Path, after: Path) -> IndexDiff:
    """Compare two snapshots, and lay the evidence of every suite's cases over the change."""
    files = ParquetPassages()
    changes = compare_snapshots(before, after, files)
    texts = _Texts(files, before / DOCUMENTS, after / DOCUMENTS)
    cases = tuple(
        touched
        for suite in sorted(project.settings.folders.evals.glob("*/cases.jsonl"))
        for case in load_cases(suite)
        if (touched := _touched(suite.parent.name, case, changes, texts)) is not None
    )
    return IndexDiff(before=before.name, after=after.name, changes=changes, cases=cases)


class _Texts:
    """Document texts of both snapshots, each read once."""

    def __init__(self, files: ParquetPassages, before: Path, after: Path) -> None:
        self._files, self._before, self._after = files, before, after
        self._read: dict[str, tuple[str, str]] = {}

    def of(self, source: str) -> tuple[str, str]:
        """The document before and after; nothing where it is not there."""
        if source not in self._read:
            self._read[source] = (
                self._files.read_document(self._before, source) or "",
                self._files.read_document(self._after, source) or "",
            )
        return self._read[source]


def _touched(suite: str, case: Case, changes: SnapshotChanges, texts: _Texts) -> TouchedCase | None:
    """The gravest that happens to a fact of the case; None where no document of its evidence differs."""
    found = [one for one in _effects(case, changes, texts) if one is not None]
    for effect in ("lost", "new", "touched"):
        for happened, source in found:
            if happened == effect:
                return TouchedCase(suite=suite, case=case.id, effect=happened, source=source)
    return None


def _effects(case: Case, changes: SnapshotChanges, texts: _Texts) -> Iterator[tuple[Effect, str] | None]:
    for fact in case.facts:
        reached = [place.source for place in fact.places if place.source in changes.documents]
        if not reached:
            continue
        stood = any(stands_in(place.quote, texts.of(place.source)[0]) for place in fact.places)
        stands = any(stands_in(place.quote, texts.of(place.source)[1]) for place in fact.places)
        if stood or stands:
            yield ("touched" if stood and stands else "lost" if stood else "new"), reached[0]
