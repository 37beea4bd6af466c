"""What the comment of a pull request is made from: the branch, lint, and what the gate left here."""

from collections.abc import Iterator
from pathlib import Path

from surefoot.changes.comment import Told, comment_markdown, unreadable_markdown
from surefoot.changes.prompt_diff import Counting, diff_prompts, source_lines
from surefoot.changes.texts import diff_lines
from surefoot.changes.word_diff import marked
from surefoot.errors import NotFoundError, SettingsError, SurefootError
from surefoot.prompts.linting import Finding
from surefoot.releases.deployment import receipts_of
from surefoot.reports.gate_report import GateReport
from surefoot.settings import read_settings
from surefoot.wiring.branch_changes import Branch, read_branch
from surefoot.wiring.candidates import create_release
from surefoot.wiring.counting import counting_of
from surefoot.wiring.gating import reported
from surefoot.wiring.guarding import suites_guarding
from surefoot.wiring.project import Project, open_project
from surefoot.wiring.prompt_checks import lint_project
from surefoot.wiring.prompt_versions import samples_for, suites_of


async def write_comment(top: Path, base: str | None) -> str:
    """The comment on what this branch changes. What cannot be read of prompts, models and apps is said in it.

    Where the settings cannot be read, that is all it says. Only where Git cannot be read is there none.
    """
    try:
        read_settings(top)
    except SettingsError as error:
        return unreadable_markdown(_words(error, top))
    branch = read_branch(top, base)
    reports: list[GateReport] = []
    unmeasured: dict[str, str] = {}
    for app in branch.change.apps:
        try:
            reports += _reports(top, app.app)
        except SurefootError as error:
            unmeasured[app.app] = _words(error, top)
    findings, unchecked = _lint(top)
    told = Told(
        change=branch.change,
        findings=findings,
        unchecked=unchecked,
        diffs=await _diffs(top, branch),
        reports=reports,
        unmeasured=unmeasured,
    )
    return comment_markdown(told)


def _lint(top: Path) -> tuple[tuple[Finding, ...], str]:
    """What lint found, or why it found nothing."""
    try:
        return lint_project(top, ()).findings, ""
    except SurefootError as error:
        return (), _words(error, top)


def _words(error: SurefootError, top: Path) -> str:
    """What was wrong and what to do, with paths as an author sees them: from the project's top."""
    words = f"{error}; {error.remedy}"
    for folder, short in ((top, ""), (top.resolve(), ""), (Path.home(), "~/")):
        words = words.replace(f"{folder}/", short)
    return words


async def _diffs(top: Path, branch: Branch) -> dict[str, str]:
    """What each changed prompt means: of source alone where the project around it cannot be read."""
    names = branch.change.prompts
    try:
        project = open_project(top)
        async with counting_of(project) as counting:
            return {name: await _diff(project, branch, name, counting) for name in names}
    except SurefootError:
        return {
            name: "\n".join(source_lines(branch.before.prompts.get(name), branch.after.prompts.get(name)))
            for name in names
        }


async def _diff(project: Project, branch: Branch, name: str, counting: Counting) -> str:
    before, after = branch.before.prompts.get(name), branch.after.prompts.get(name)
    samples = samples_for(project, name, suites_of(after, before), ())
    base = f"the commit {branch.change.commit[:12]}"
    found = await diff_prompts(before, after, samples, counting, base=base)
    return "\n".join(map(marked, diff_lines(found)))


def _reports(top: Path, app_name: str) -> Iterator[GateReport]:
    """The newest verdict of each suite that guards the app, on what the working tree would release."""
    project = open_project(top)
    app = project.app_named(app_name)
    release, suites = create_release(project, app), suites_guarding(project, app)
    found = receipts_of([folder / release.digest for folder in project.deployment.folders])
    for suite in suites:
        mine = [one.receipt for one in found if one.receipt.suite == suite.name]
        receipt = next((one for one in mine if not one.compares_apps), None)
        if receipt is None:
            raise NotFoundError(
                f"the gate gave no verdict on {release.digest[:12]} by the suite {suite.name}",
                remedy=f"run `surefoot gate run --app {app_name}`",
            )
        yield reported(project, receipt, suite.cases).report
