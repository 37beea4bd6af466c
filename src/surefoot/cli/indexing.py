"""`surefoot index`: snapshots of documents, built, listed and searched."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.cli.progress import Steps, TimeLeft
from surefoot.errors import InputError, SurefootError
from surefoot.records import Reach

if TYPE_CHECKING:
    from surefoot.releases import AppFile
    from surefoot.retrieval import Embedder
    from surefoot.retrieval.build import BuildReport
    from surefoot.wiring.project import Project

app = typer.Typer(help="Build, search, compare and carry snapshots of documents.", no_args_is_help=True)

AppName = Annotated[str | None, typer.Argument(help="An app of serving/apps/; every app by default.")]


@app.command()
def build(
    app_name: AppName = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many processes read, and batches are embedded at once; by default one for each core.",
        ),
    ] = None,
) -> None:
    """Make the snapshot of an app's documents as they are now, and make it live in one step."""
    run(_build(app_name, workers))


@app.command("list")
def list_snapshots() -> None:
    """List the snapshots there are, and what each is live for."""
    run(_list())


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="What to look for.")],
    app_name: Annotated[str | None, typer.Option("--app", help="The app whose documents to search.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, max=100, help="How many passages; the recipe's by default.")
    ] = None,
    group: Annotated[
        list[str] | None, typer.Option(help="A group of the reader's. Repeat for several.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help="name=value of the metadata. Repeat for several."),
    ] = None,
) -> None:
    """Search an app's live snapshot, and print the passages with their scores."""
    run(_search(question, app_name, limit, groups=group or [], where=where or []))


def reach_from(groups: list[str], where: list[str]) -> Reach:
    """The reach that the options say; InputError for one that is no name=value."""
    values: dict[str, tuple[str, ...]] = {}
    for one in where:
        name, equals, value = one.partition("=")
        if not (name and equals):
            raise InputError(f"--where is {one!r}", remedy="give name=value, such as --where team=docs")
        values[name] = (*values.get(name, ()), value)
    return Reach(groups=tuple(groups), where=values)


async def _build(app_name: str | None, workers: int | None) -> None:
    from surefoot.wiring.project import open_project

    project = open_project(project_top())
    apps = apps_named(project, app_name)

    from surefoot.wiring.indexing import embedder_of  # takes seconds, and a misspelt app is known before

    async with embedder_of(project) as embedder:
        for chosen in apps:
            with Steps() as steps:
                report = await build_with_steps(project, chosen, embedder, steps, anew=True, workers=workers)
                built = report.snapshot.digest
                try:
                    await build_production_with_steps(
                        project, chosen, embedder, steps, built=built, workers=workers
                    )
                except SurefootError as error:  # the working tree's own index is here all the same
                    err.print(Text(f"production: {error.message}; to mend it: {error.remedy}"))
            print_report(report)


async def build_with_steps(
    project: "Project",
    app_file: "AppFile",
    embedder: "Embedder",
    steps: Steps,
    *,
    anew: bool = False,
    workers: int | None = None,
) -> "BuildReport":
    """Build an app's index, showing each stage as it goes; `anew` brings what lies elsewhere once more."""
    from surefoot.wiring.indexing import build_index

    step, left = f"index {app_file.name}", TimeLeft()

    def show(progress: object) -> None:
        from surefoot.retrieval.build import BuildProgress

        if isinstance(progress, BuildProgress):
            words = left.words(progress.stage, progress.done, progress.total)
            steps.at(step, words, done=progress.done, total=progress.total)

    report = await build_index(project, app_file, embedder, show, anew=anew, workers=workers)
    snapshot = report.snapshot
    passages = sum(snapshot.document_passages.values())
    made = "there already" if report.reused else "built"
    steps.ended(step, f"{passages} passages of {len(snapshot.document_passages)} documents, {made}")
    return report


async def build_production_with_steps(
    project: "Project",
    app_file: "AppFile",
    embedder: "Embedder",
    steps: Steps,
    *,
    built: str,
    workers: int | None = None,
) -> None:
    """Make sure that the snapshot of the app's production release is here, beside the one just `built`."""
    from surefoot.wiring.indexing import build_production_index
    from surefoot.wiring.releasing import read_production

    if project.settings.serves_unproven or read_production(project, app_file) is None:
        return
    step = f"index {app_file.name}, production"
    report = await build_production_index(
        project,
        app_file,
        embedder,
        lambda progress: steps.at(step, progress.stage, done=progress.done, total=progress.total),
        built=built,
        workers=workers,
    )
    if report is not None:
        steps.ended(step, f"{report.snapshot.passages} passages, {report.snapshot.digest[:12]}")


def print_report(report: "BuildReport") -> None:
    """Name every document that was left out, with its reason, and the snapshot that is live now."""
    for note in report.notes:
        err.print(Text(f"not brought anew: {note}"))
    for document in report.documents:
        if document.outcome == "skipped":
            err.print(Text(f"skipped {document.source}: {document.reason}"))
    for source, names in report.snapshot.suspicions.items():
        err.print(Text(f"suspicious {source}: it may speak to a model ({', '.join(names)})"))
    left = [f"{report.hidden} hidden"] * bool(report.hidden) + [f"{report.unmatched} of other kinds"] * bool(
        report.unmatched
    )
    if left:
        err.print(Text(f"not read: {', '.join(left)}"))
    out.print(Text(report.snapshot.digest))


def apps_named(project: "Project", name: str | None) -> tuple["AppFile", ...]:
    """The app of that name, or every app."""
    from surefoot.releases import load_app

    if name is None:
        return project.apps
    return (load_app(project.settings.folders.serving / "apps", name),)


async def _list() -> None:
    from surefoot.retrieval.snapshots import list_snapshots
    from surefoot.wiring.project import open_project

    project = open_project(project_top())
    found = list_snapshots(project.snapshots) if project.snapshots.is_dir() else ()
    if not found:
        err.print(Text("There is no snapshot yet: run `surefoot index build`."))
    for snapshot in found:
        live = ", ".join(snapshot.live_for) or "not live"
        passages = sum(snapshot.document_passages.values())
        out.print(
            Text(
                f"{snapshot.digest}  {passages} passages  {len(snapshot.document_passages)} documents  {live}"
            )
        )


async def _search(
    question: str, app_name: str | None, limit: int | None, *, groups: list[str], where: list[str]
) -> None:
    from surefoot.reports.printable import one_line, printable
    from surefoot.wiring.indexing import embedder_of, open_index
    from surefoot.wiring.project import open_project

    reach = reach_from(groups, where)
    project = open_project(project_top())
    chosen = apps_named(project, app_name)[0]
    async with embedder_of(project) as embedder:
        snapshot = await open_index(project, chosen, embedder)
        try:
            found = await snapshot.search(
                question, limit=limit or project.recipe_of(chosen).limit, reach=reach
            )
        finally:
            await snapshot.aclose()
    for place, ranked in enumerate(found, start=1):
        passage = ranked.passage
        page = [f"page {passage.page}"] * (passage.page is not None)
        place_in = " > ".join((passage.source, *page, *passage.headings))
        scores = [f"suspicious: {', '.join(passage.suspicions)}"] * bool(passage.suspicions)
        scores += [f"fused {ranked.score:.4f}"]
        if ranked.similarity is not None:
            scores.append(f"cosine {ranked.similarity:.3f}")
        if ranked.lexical_score is not None:
            scores.append(f"words {ranked.lexical_score:.2f}")
        out.print(
            Text.assemble((f"{place}. ", "bold"), one_line(place_in), (f"  {', '.join(scores)}", "dim"))
        )
        out.print(Text(f"{printable(passage.text).strip()}\n"))
