"""Bring the cases of another tool's file into a suite of the project, as proposed ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import InputError
from surefoot.evals.case_import import Imported, import_rows
from surefoot.evals.case_rows import FIELDS, LeftOut, ReadRows, Row
from surefoot.evals.case_writing import add_cases
from surefoot.evals.cases import LARGEST_FILE_BYTES
from surefoot.evals.csv_rows import read_csv_rows
from surefoot.evals.langfuse_rows import read_langfuse_rows
from surefoot.evals.promptfoo_rows import read_promptfoo_rows
from surefoot.evals.ragas_rows import read_ragas_rows
from surefoot.evals.suites import cases_place
from surefoot.records import Case
from surefoot.wiring.case_adding import Told, own_cases
from surefoot.wiring.project import Project
from surefoot.wiring.prompt_files import shown
from surefoot.wiring.suite_documents import documents_of

FORMS: Mapping[str, ReadRows] = {
    "csv": read_csv_rows,
    "ragas": read_ragas_rows,
    "promptfoo": read_promptfoo_rows,
    "langfuse": read_langfuse_rows,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrder:
    """A file in the form of another tool. `columns` says by field what it is called there.

    Nothing is written where `dry_run` says so, or where `strict` does and a row is left out.
    """

    suite: str
    file: Path
    form: str
    columns: Mapping[str, str]
    strict: bool
    dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What became of the file's rows, the suite's file, and whether anything was written to it."""

    file: Path
    imported: Imported
    written: bool


async def import_cases(project: Project, order: ImportOrder, told: Told) -> Brought:
    """Write every row that can be one as a proposed case; what the suite has stays as it is."""
    place = own_cases(project, order.suite)
    rows = _rows(order)
    app = project.app_named(cases_place(place.parent).app)
    documents = await documents_of(project, app, place.parent, told)
    found: list[Imported] = []

    def choose(there: tuple[Case, ...]) -> Sequence[Case]:
        imported = import_rows(rows, there, documents, {"from": order.form, "file": order.file.name})
        found.append(imported)
        nothing = order.dry_run or (order.strict and imported.left_out)
        return () if nothing else [row.case for row in imported.taken]

    added = add_cases(place, choose)
    return Brought(file=shown(place), imported=found[-1], written=bool(added))


def _rows(order: ImportOrder) -> tuple[Row | LeftOut, ...]:
    for field in order.columns:
        if field not in FIELDS:
            raise InputError(f"a case has no {field!r} to map", remedy=f"use one of: {', '.join(FIELDS)}")
    try:
        with order.file.open("rb") as stream:
            content = stream.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"{str(order.file)!r} cannot be read: {error.strerror}", remedy="name a file that is there"
        ) from error
    if len(content) > LARGEST_FILE_BYTES:
        raise InputError(
            f"{str(order.file)!r} is larger than {LARGEST_FILE_BYTES:,} bytes", remedy="split it"
        )
    return tuple(FORMS[order.form](content, order.columns))
