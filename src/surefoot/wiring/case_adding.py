"""Add a case to a suite of the project, once its quotes are found in the documents."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import InputError
from surefoot.evals.case_lint import Documents, ReadCases, check_cases, duplicates
from surefoot.evals.case_writing import add_cases, drafted, free_id
from surefoot.evals.cases import asked_of
from surefoot.evals.suites import cases_place
from surefoot.records import Case, CaseStatus, Json
from surefoot.wiring.project import Project
from surefoot.wiring.prompt_files import shown
from surefoot.wiring.suite_documents import documents_of

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case as somebody wants it. Without `kind` its facts say it; without `cluster` its first document.

    Each of `places` is a source and a quote, and a fact of its own.
    """

    question: str
    reference: str
    places: tuple[tuple[str, str], ...]
    id: str | None
    kind: str | None
    cluster: str | None
    tags: tuple[str, ...]
    status: CaseStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """The case as it was written, its file, and what lint warns of: each warning with its remedy."""

    file: Path
    case: Case
    warnings: tuple[tuple[str, str], ...]


async def add_case(project: Project, suite: str, new: NewCase, told: Told) -> Added:
    """Write the case, or nothing: InputError for a quote that is not there, an id or a question that is."""
    place = own_cases(project, suite)
    folder = place.parent
    documents = None
    if new.places:
        app = project.app_named(cases_place(folder).app)
        documents = await documents_of(project, app, folder, told)
    warnings: list[tuple[str, str]] = []

    def choose(there: tuple[Case, ...]) -> Sequence[Case]:
        case = _drafted(new, there)
        warnings.extend(_checked(there, case, documents))
        return [case]

    (case,) = add_cases(place, choose)
    return Added(file=shown(place), case=case, warnings=tuple(warnings))


def own_cases(project: Project, suite: str) -> Path:
    """The file of the suite's own cases, there or not. InputError for a suite that takes another's."""
    folder = project.settings.folders.evals / suite
    file = cases_place(folder).file
    if file.parent != folder:
        raise InputError(
            f"the suite {suite!r} takes its cases from {file.parent.name!r}",
            remedy=f"add it to {file.parent.name!r}, and its id to cases.ids of {suite!r} if it has any",
        )
    return file


def _drafted(new: NewCase, there: Sequence[Case]) -> Case:
    name = new.id or free_id(new.question, {case.id for case in there})
    kind = new.kind or ("unanswerable", "single", "several")[min(len(new.places), 2)]
    facts: list[Json] = [[{"source": source, "quote": quote}] for source, quote in new.places]
    return drafted(
        {
            "id": name,
            "kind": kind,
            "cluster": new.cluster or (new.places[0][0] if new.places else name),
            "question": new.question,
            "reference": new.reference,
            "facts": facts,
            "tags": list(new.tags),
            "status": new.status,
        },
        "the new case",
    )


def _checked(there: Sequence[Case], case: Case, documents: Documents | None) -> list[tuple[str, str]]:
    """The warnings of the new case; InputError for the first error, of which nothing is written."""
    known = [(0, one) for one in there]
    read = ReadCases(file="", cases=(*known, (1, case)), findings=())
    found = [one for one in duplicates(read.file, read.cases) if one.line]
    if found:
        twin = next(one for one in there if one.id == case.id or asked_of(one) == asked_of(case))
        same = "id" if twin.id == case.id else "question"
        raise InputError(
            f"the suite has the {same} {getattr(twin, same)!r} already, in the case {twin.id!r}",
            remedy="give another, or change the case that is there",
        )
    findings = [one for one in check_cases(read, documents) if one.line]
    for one in findings:
        if one.level == "error":
            raise InputError(one.message, remedy=one.remedy)
    return [(one.message, one.remedy) for one in findings]
