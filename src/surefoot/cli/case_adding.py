"""`surefoot eval cases add | import`: new cases, by hand or from another tool's file."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.cli.progress import Steps
from surefoot.cli.prompt_checks import some

if TYPE_CHECKING:
    from surefoot.evals.case_import import Imported
    from surefoot.wiring.case_adding import Added, NewCase
    from surefoot.wiring.case_importing import Brought, ImportOrder

LEFT_OUT = 1

Kind = Literal["single", "several", "misleading", "unanswerable"]
Status = Literal["accepted", "proposed"]
Form = Literal["csv", "ragas", "promptfoo", "langfuse"]

Suite = Annotated[str, typer.Argument(help="A folder of evals/ with its own cases.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


def add(  # noqa: PLR0913 - one for each option
    suite: Suite,
    question: Annotated[str, typer.Option(help="What is asked.")],
    reference: Annotated[str, typer.Option(help="A right answer, short, with the numbers.")],
    sources: Annotated[
        list[str] | None,
        typer.Option("--source", help="The document that a quote is of, for each --quote in turn."),
    ] = None,
    quotes: Annotated[
        list[str] | None,
        typer.Option("--quote", help="What the answer rests on, word for word; each is a fact of its own."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--id", help="Its name in reports; made of the question by default.")
    ] = None,
    kind: Annotated[
        Kind | None, typer.Option(help="What makes it hard; by default as many quotes as there are say it.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(help="Cases that hang together; the first document by default.")
    ] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", help="A word of your own. Repeatable.")] = None,
    status: Annotated[
        Status, typer.Option(help="A proposed case decides nothing until it is accepted.")
    ] = "accepted",
    as_json: AsJson = False,
) -> None:
    """Add a case to a suite, once its quotes are found in the documents; nothing that is there changes."""
    from surefoot.wiring.case_adding import NewCase

    sources, quotes = sources or [], quotes or []
    if len(sources) != len(quotes):
        raise typer.BadParameter(f"there are {len(sources)} --source and {len(quotes)} --quote: give as many")
    new = NewCase(
        question=question,
        reference=reference,
        places=tuple(zip(sources, quotes, strict=True)),
        id=name,
        kind=kind,
        cluster=cluster,
        tags=tuple(tags or ()),
        status=status,
    )
    run(_add(suite, new, as_json))


async def _add(suite: str, new: "NewCase", as_json: bool) -> None:
    from surefoot.wiring.case_adding import add_case
    from surefoot.wiring.project import open_project

    with Steps(stay=False) as steps:
        added = await add_case(
            open_project(project_top()),
            suite,
            new,
            lambda done, total: steps.at("reading documents", done=done, total=total),
        )
    _say_added(added, as_json)


def _say_added(added: "Added", as_json: bool) -> None:
    from surefoot.evals.case_writing import case_line
    from surefoot.reports.printable import one_line

    if as_json:
        warnings = [{"message": message, "remedy": remedy} for message, remedy in added.warnings]
        case = json.loads(case_line(added.case))
        said = {"schema": 1, "file": str(added.file), "case": case, "warnings": warnings}
        out.print_json(json.dumps(said))
        return
    for message, remedy in added.warnings:
        err.print(Text(f"warning: {one_line(message)}", style="yellow"))
        err.print(Text(f"    {one_line(remedy)}"))
    proposed = "" if added.case.accepted else ", proposed"
    out.print(Text(f"wrote {added.case.id} to {added.file}: {added.case.kind}{proposed}"))


def import_file(
    suite: Suite,
    file: Annotated[Path, typer.Argument(help="A file that another tool wrote.")],
    form: Annotated[Form, typer.Option("--from", help="The form that it is in.")],
    mapped: Annotated[
        list[str] | None,
        typer.Option("--map", help="What a field is called there, as question=Frage. Repeatable."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Write nothing and exit with 1 when a row is left out.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of the file; write nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring another tool's cases into a suite, as proposed ones; nothing that is there changes."""
    from surefoot.wiring.case_importing import ImportOrder

    pairs = [one.partition("=") for one in mapped or []]
    if any(not field or not name for field, _, name in pairs):
        raise typer.BadParameter("write --map as FIELD=NAME, such as --map question=Frage")
    order = ImportOrder(
        suite=suite,
        file=file,
        form=form,
        columns={field: name for field, _, name in pairs},
        strict=strict,
        dry_run=dry_run,
    )
    raise typer.Exit(run(_import(order, as_json)))


async def _import(order: "ImportOrder", as_json: bool) -> int:
    from surefoot.wiring.case_importing import import_cases
    from surefoot.wiring.project import open_project

    with Steps(stay=False) as steps:
        brought = await import_cases(
            open_project(project_top()),
            order,
            lambda done, total: steps.at("reading documents", done=done, total=total),
        )
    if as_json:
        out.print_json(json.dumps(_brought(brought)))
    else:
        for line in _lines(brought.imported):
            out.print(Text(line))
        out.print(Text(_sum(brought, order)))
    return LEFT_OUT if order.strict and brought.imported.left_out else 0


def _brought(brought: "Brought") -> dict[str, object]:
    from surefoot.evals.case_import import Taken

    rows: Sequence[dict[str, object]] = [
        {"row": row.place, "case": row.case.id, "notes": list(row.notes)}
        if isinstance(row, Taken)
        else {"row": row.place, "left_out": row.reason}
        for row in brought.imported.rows
    ]
    return {
        "schema": 1,
        "file": str(brought.file),
        "written": brought.written,
        "rows": rows,
        "not_taken_over": dict(brought.imported.lost),
    }


def _lines(imported: "Imported") -> Iterator[str]:
    from surefoot.evals.case_import import Taken
    from surefoot.reports.printable import one_line

    for row in imported.rows:
        if isinstance(row, Taken):
            yield f"{one_line(row.place)}: taken as {row.case.id}"
            yield from (f"    {one_line(note)}" for note in row.notes)
        else:
            yield f"{one_line(row.place)}: left out: {one_line(row.reason)}"
    for what, rows in imported.lost.items():
        yield f"not taken over: {one_line(what)}, of {some(rows, 'row')}"


def _sum(brought: "Brought", order: "ImportOrder") -> str:
    taken, left_out = len(brought.imported.taken), len(brought.imported.left_out)
    cases, rows = some(taken, "proposed case"), some(left_out, "row")
    if brought.written:
        return f"wrote {cases} to {brought.file}; {rows} left out"
    if taken and order.dry_run:
        return f"would write {cases} to {brought.file}; {rows} left out"
    why = ", as --strict wants" if taken else ""
    return f"wrote nothing{why}: {rows} left out"
