"""Check a project's suites: their cases by themselves, against their documents, and against their rules."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import NotFoundError, SurefootError
from surefoot.evals.case_lint import (
    CaseFinding,
    Documents,
    ReadCases,
    check_cases,
    check_suite,
    finding,
    read_cases,
)
from surefoot.evals.suites import cases_place, load_suite
from surefoot.gate.intervals import fewest_clusters
from surefoot.wiring.project import Project
from surefoot.wiring.prompt_files import shown
from surefoot.wiring.suite_documents import documents_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LintedSuites:
    """The suites that were checked, how many cases there are, and what was found, by file and line."""

    suites: tuple[str, ...]
    cases: int
    proposed: int
    findings: tuple[CaseFinding, ...]


async def lint_suites(
    project: Project, names: Sequence[str], told: Callable[[int, int], None]
) -> LintedSuites:
    """Check these suites, or all. NotFoundError for one that is not there."""
    evals = project.settings.folders.evals
    there = sorted(file.parent.name for file in evals.glob("*/suite.toml"))
    for name in names:
        if name not in there:
            raise NotFoundError(
                f"there is no suite {name!r} in {evals}",
                remedy=f"use one of: {', '.join(there) or 'none yet'}",
            )
    check = _Check(project, told)
    chosen = tuple(dict.fromkeys(names)) or tuple(there)
    findings: set[CaseFinding] = set()
    for name in chosen:
        findings.update(await check.suite(evals / name))
    cases = [case for read in check.read.values() for _, case in read.cases]
    return LintedSuites(
        suites=chosen,
        cases=len(cases),
        proposed=sum(not case.accepted for case in cases),
        findings=tuple(sorted(findings)),
    )


class _Check:
    """What several suites have in common is read once: a file of cases, the documents of an app."""

    def __init__(self, project: Project, told: Callable[[int, int], None]) -> None:
        self._project = project
        self._told = told
        self._documents: dict[tuple[str, Path], Documents | SurefootError] = {}
        self.read: dict[Path, ReadCases] = {}

    async def suite(self, folder: Path) -> list[CaseFinding]:
        """What is found in a suite's files."""
        file = folder / "suite.toml"
        try:
            place = cases_place(folder)
            read = self._cases(place.file)
        except SurefootError as error:
            return [_unreadable(file, error)]
        found = [*read.findings]
        try:
            documents = await self._documents_of(place.app, place.file.parent)
            found += check_cases(read, documents)
        except SurefootError as error:
            found.append(_no_documents(file, place.app, error))
            found += check_cases(read, None)
        if not read.findings:  # what is wrong with a line is told at that line
            found += self._rules(folder)
        return found

    def _cases(self, file: Path) -> ReadCases:
        if file not in self.read:
            self.read[file] = read_cases(file, str(shown(file)))
        return self.read[file]

    async def _documents_of(self, app: str, folder: Path) -> Documents:
        key = (app, folder)
        if key not in self._documents:
            try:
                named = self._project.app_named(app)
                self._documents[key] = await documents_of(self._project, named, folder, self._told)
            except SurefootError as error:
                self._documents[key] = error
        found = self._documents[key]
        if isinstance(found, SurefootError):
            raise found
        return found

    def _rules(self, folder: Path) -> Iterator[CaseFinding]:
        file = folder / "suite.toml"
        try:
            suite = load_suite(folder)
        except SurefootError as error:
            yield _unreadable(file, error)
            return
        lines = file.read_text(encoding="utf-8").splitlines()
        yield from check_suite(suite, str(shown(file)), lines, fewest_clusters(suite.confidence))


def _unreadable(file: Path, error: SurefootError) -> CaseFinding:
    message = error.message.removeprefix(f"{file}: ")
    return finding(str(shown(file)), 1, "suite", message, error.remedy)


def _no_documents(file: Path, app: str, error: SurefootError) -> CaseFinding:
    message = f"no quote was looked for, as the documents of {app!r} cannot be read: {error.message}"
    return finding(str(shown(file)), 1, "corpus", message, error.remedy)
