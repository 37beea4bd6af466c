"""`surefoot index show | diff | verify | gc | export | import`: snapshots looked at, carried and removed."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.cli.indexing import apps_named
from surefoot.errors import SnapshotError

if TYPE_CHECKING:
    from surefoot.retrieval.snapshots import SnapshotInfo
    from surefoot.wiring.index_care import IndexDiff
    from surefoot.wiring.project import Project

SHORT = 12
MOST_LINES = 40
Snapshot = Annotated[str | None, typer.Argument(help="A snapshot, by how its digest begins.")]
AppName = Annotated[str | None, typer.Option("--app", help="The app that is meant; the first by default.")]


def show(
    snapshot: Snapshot = None,
    app_name: AppName = None,
    documents: Annotated[bool, typer.Option("--documents", help="List every document.")] = False,
) -> None:
    """Show what is in a snapshot; an app's live one by default."""
    run(_show(snapshot, app_name, documents=documents))


def diff(
    before: Snapshot = None,
    after: Snapshot = None,
    app_name: AppName = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show which documents, passages and cases differ: what serves against what is live, by default."""
    run(_diff(before, after, app_name, as_json=as_json))


def verify(snapshot: Snapshot = None) -> None:
    """Check every file of a snapshot against its manifest; of every snapshot by default."""
    run(_verify(snapshot))


def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
) -> None:
    """Remove snapshots that are neither live, nor pinned by a committed release, nor open in a process."""
    run(_gc(remove=not dry_run))


def export_to(
    snapshot: Annotated[str, typer.Argument(help="A snapshot, by how its digest begins.")],
    file: Annotated[Path, typer.Argument(help="The file to write.")],
) -> None:
    """Write a snapshot into one file, to carry it to another machine."""
    run(_export(snapshot, file))


def import_from(file: Annotated[Path, typer.Argument(help="A file that `index export` wrote.")]) -> None:
    """Take a snapshot from such a file, after every byte of it is checked."""
    run(_import(file))


def _project() -> "Project":
    from surefoot.wiring.project import open_project

    return open_project(project_top())


async def _show(beginning: str | None, app_name: str | None, *, documents: bool) -> None:
    from surefoot.retrieval.snapshots import list_snapshots
    from surefoot.wiring.index_care import pinned_snapshots, snapshot_named

    project = _project()
    path = snapshot_named(project, apps_named(project, app_name)[0], beginning)
    (info,) = [one for one in list_snapshots(project.snapshots) if one.digest == path.name]
    for name, value in _facts(info, pinned=info.digest in pinned_snapshots(project)):
        out.print(Text(f"{name:<12}{value}"))
    for source, reason in info.unread.items():
        out.print(Text(f"{'skipped':<12}{source}: {reason}"))
    for source, names in info.suspicions.items():
        out.print(Text(f"{'suspicious':<12}{source}: {', '.join(names)}"))
    if documents:
        for source, passages in info.document_passages.items():
            out.print(Text(f"{passages:>6} passages  {source}"))


def _facts(info: "SnapshotInfo", *, pinned: bool) -> Iterator[tuple[str, object]]:
    yield "snapshot", info.digest
    yield "built", f"{info.built_at:%Y-%m-%d %H:%M:%S %Z}"
    yield "holds", f"{info.passages} passages of {len(info.document_passages)} documents"
    yield "passages", info.passages_digest
    yield "indexed", f"as the recipe {info.recipe[:SHORT]} says"
    yield "embedder", f"{info.embedder[:SHORT]}, {info.dimensions} dimensions"
    yield "size", f"{info.bytes:,} bytes"
    yield "live for", ", ".join(info.live_for) or "nothing"
    yield "pinned", "by a committed release" if pinned else "by no committed release"


async def _diff(before: str | None, after: str | None, app_name: str | None, *, as_json: bool) -> None:
    from surefoot.wiring.index_care import diff_index, served_snapshot, snapshot_named

    project = _project()
    chosen = apps_named(project, app_name)[0]
    first = snapshot_named(project, chosen, before or served_snapshot(project, chosen))
    found = diff_index(project, first, snapshot_named(project, chosen, after))
    if as_json:
        out.print_json(json.dumps(_fields(found)))
        return
    lines = list(_lines(found))
    out.print(Text(f"{found.before[:SHORT]} -> {found.after[:SHORT]}"))
    for line in lines or ["The documents and passages are the same."]:
        out.print(Text(line))


def _lines(found: "IndexDiff") -> Iterator[str]:
    changes = found.changes
    yield from _some("+", changes.added)
    yield from _some("-", changes.removed)
    yield from _some("~", changes.changed)
    yield from _some(">", [f"{old} is now {new}" for new, old in changes.renamed.items()])
    more, fewer = sum(changes.passages_added.values()), sum(changes.passages_removed.values())
    if more or fewer:
        yield f"passages: {more} added, {fewer} removed"
    told = {
        "lost": "evidence is gone",
        "new": "evidence is there now",
        "touched": "evidence still stands in a document that changed",
    }
    for effect, words in told.items():
        cases = [f"{one.suite}/{one.case} ({one.source})" for one in found.cases if one.effect == effect]
        if cases:
            yield f"{'1 case, its' if len(cases) == 1 else f'{len(cases)} cases, their'} {words}:"
            yield from _some(" ", cases)


def _some(mark: str, names: "tuple[str, ...] | list[str]") -> Iterator[str]:
    yield from (f"{mark} {name}" for name in names[:MOST_LINES])
    if len(names) > MOST_LINES:
        yield f"{mark} and {len(names) - MOST_LINES} more; --json has all of them"


def _fields(found: "IndexDiff") -> Mapping[str, object]:
    changes = found.changes
    return {
        "before": found.before,
        "after": found.after,
        "documents": {
            "added": changes.added,
            "removed": changes.removed,
            "changed": changes.changed,
            "renamed": changes.renamed,
        },
        "passages": {"added": changes.passages_added, "removed": changes.passages_removed},
        "cases": [
            {"suite": one.suite, "case": one.case, "effect": one.effect, "source": one.source}
            for one in found.cases
        ],
    }


async def _verify(beginning: str | None) -> None:
    from surefoot.retrieval.keeping import named
    from surefoot.retrieval.snapshots import MANIFEST, verify_snapshot

    folder = _project().snapshots
    paths = (
        [named(folder, beginning)]
        if beginning
        else sorted(file.parent for file in folder.glob(f"*/{MANIFEST}"))
    )
    damaged = 0
    for path in paths:
        try:
            info = verify_snapshot(path)
            out.print(Text(f"whole    {info.digest}  {info.bytes:,} bytes"))
        except SnapshotError as error:
            damaged += 1
            err.print(Text(f"damaged  {path.name}: {error.message}"))
    if damaged:
        raise SnapshotError(
            f"{damaged} of {len(paths)} snapshots are damaged",
            remedy="run `surefoot index build`, which builds a damaged one anew, or `surefoot index gc`",
        )
    if not paths:
        err.print(Text("There is no snapshot yet: run `surefoot index build`."))


async def _gc(*, remove: bool) -> None:
    from surefoot.retrieval.keeping import sweep
    from surefoot.wiring.index_care import pinned_snapshots

    project = _project()
    if not project.snapshots.is_dir():
        err.print(Text("There is no snapshot yet: run `surefoot index build`."))
        return
    swept = sweep(project.snapshots, pinned_snapshots(project), remove=remove)
    for kept in swept.kept:
        out.print(Text(f"kept     {kept.snapshot.digest[:SHORT]}  {kept.reason}"))
    for gone in swept.removed:
        word = "removed" if remove else "would go"
        out.print(Text(f"{word:<9}{gone.digest[:SHORT]}  {gone.bytes:,} bytes"))
    freed = sum(gone.bytes for gone in swept.removed)
    out.print(Text(f"{freed:,} bytes {'freed' if remove else 'would be freed'}"))


async def _export(beginning: str, file: Path) -> None:
    from surefoot.retrieval.archives import export_snapshot
    from surefoot.retrieval.keeping import named

    info = export_snapshot(named(_project().snapshots, beginning), file)
    out.print(Text(f"{info.digest} is in {file}: {info.passages} passages, {info.bytes:,} bytes"))


async def _import(file: Path) -> None:
    from surefoot.retrieval.archives import import_snapshot

    info = import_snapshot(file, _project().snapshots)
    out.print(
        Text(f"{info.digest} is here: {info.passages} passages of {len(info.document_passages)} documents")
    )
