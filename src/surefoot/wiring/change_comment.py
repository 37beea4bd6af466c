"""What the comment of a pull request is made from: the branch, lint, and what the gate left here."""

import difflib
from collections.abc import Iterator
from pathlib import Path

from surefoot.changes.comment import Told, comment_markdown
from surefoot.errors import NotFoundError, SurefootError
from surefoot.releases.deployment import receipts_of
from surefoot.reports.gate_report import GateReport
from surefoot.wiring.branch_changes import Branch, read_branch
from surefoot.wiring.candidates import create_release
from surefoot.wiring.gating import reported
from surefoot.wiring.guarding import suites_guarding
from surefoot.wiring.project import open_project
from surefoot.wiring.prompt_checks import lint_project


def write_comment(top: Path, base: str | None) -> str:
    """The comment on what this branch changes. What cannot be read is said in it: a comment always comes."""
    branch = read_branch(top, base)
    reports: list[GateReport] = []
    unmeasured: dict[str, str] = {}
    for app in branch.change.apps:
        try:
            reports += _reports(top, app.app)
        except SurefootError as error:
            unmeasured[app.app] = f"{error}; {error.remedy}"
    told = Told(
        change=branch.change,
        findings=lint_project(top, ()).findings,
        diffs={name: _diff(branch, name) for name in branch.change.prompts},
        reports=reports,
        unmeasured=unmeasured,
    )
    return comment_markdown(told)


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


def _diff(branch: Branch, name: str) -> str:
    """How a prompt's files differ, its includes among them."""
    before, after = branch.before.prompts.get(name), branch.after.prompts.get(name)
    old, new = before.texts if before else {}, after.texts if after else {}
    lines = [
        line
        for file in sorted({*old, *new})
        for line in difflib.unified_diff(
            old.get(file, "").splitlines(), new.get(file, "").splitlines(), file, file, lineterm=""
        )
    ]
    return "\n".join(lines)
