"""`surefoot refresh`: keep what serves up with its documents, by one command for a timer."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.cli.gating import EXIT_CODES, gravity, print_gated
from surefoot.cli.indexing import AppName, apps_named
from surefoot.cli.progress import Steps, reporter

if TYPE_CHECKING:
    from surefoot.reports.refresh_markdown import RefreshReport
    from surefoot.wiring.gating import GateOrder
    from surefoot.wiring.refreshing import Refreshed

MOST_NAMED = 20
HELD_BACK = "REFUSED"


def refresh(
    app_name: AppName = None,
    judged: Annotated[
        bool, typer.Option(help="Let the judge score its sample; its scores are advisory.")
    ] = True,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="How many cases are asked at once.")] = 8,
    signing_key: Annotated[
        Path | None, typer.Option(help="A private key file to sign the receipts with.")
    ] = None,
) -> None:
    """Prove what serves over its documents as they are now, and propose it on a branch, or promote it.

    Exits with 0 where nothing has changed and for PASS, 1 for FAIL, 3 for INCONCLUSIVE and 4 for REFUSED or
    held back.
    """
    from surefoot.wiring.gating import GateOrder

    order = GateOrder(
        app=None,
        release=None,
        against="production",
        suite=None,
        judged=judged,
        concurrency=concurrency,
        signing_key=signing_key,
    )
    outcomes = run(_refresh(app_name, order))
    sys.exit(EXIT_CODES[max(outcomes, key=gravity, default="PASS")])


async def _refresh(app_name: str | None, order: "GateOrder") -> tuple[str, ...]:
    from surefoot.wiring.project import open_project
    from surefoot.wiring.releasing import read_production

    project = open_project(project_top())
    outcomes = []
    for app in apps_named(project, app_name):
        if app_name is None and read_production(project, app) is None:
            err.print(Text(f"{app.name}: nothing is in production yet, so there is nothing to refresh"))
            continue

        from surefoot.wiring.refreshing import refresh  # takes seconds, and a misspelt app is known before

        step = f"index {app.name}"
        with Steps() as steps:
            done = await refresh(
                project,
                app,
                order,
                reporter(steps),
                lambda said, step=step, steps=steps: steps.at(  # type: ignore[misc]
                    step, said.stage, done=said.done, total=said.total
                ),
            )
        outcomes.append(_print(done))
    return tuple(outcomes)


def _print(done: "Refreshed") -> str:
    """Say what changed, what the gate says, and what became of it; the outcome that the command ends with."""
    for note in done.notes:
        err.print(Text(f"not brought anew: {note}"))
    if done.report is None:
        err.print(Text(f"{done.app}: nothing has changed, {done.serves[:12]} goes on serving"))
        out.print(Text(done.serves))
        return "PASS"
    _print_documents(done.report)
    for gated in done.gated:
        print_gated(gated)
    if done.held_back:
        from surefoot.reports.printable import one_line

        err.print(Text.assemble(("held back: ", "bold red"), one_line(done.held_back)))
    if done.moved is not None:
        err.print(Text(f"promoted: production of {done.app} is {done.moved.pointer.release[:12]}"))
        out.print(Text(done.moved.pointer.release))
    elif done.proposal is not None:
        made = f"commit {done.proposal.commit[:12]}" if done.proposal.commit else "it was there already"
        err.print(Text(f"proposed on the branch {done.proposal.branch}: {made}"))
        out.print(Text(done.proposal.branch))
    return max((done.report.outcome, HELD_BACK if done.held_back else "PASS"), key=gravity)


def _print_documents(report: "RefreshReport") -> None:
    from surefoot.reports.printable import one_line

    err.print(Text(f"{report.app}: {report.in_short}"))
    for what, names in (
        ("added", report.added),
        ("changed", report.changed),
        ("removed", report.removed),
        ("skipped", tuple(f"{name}: {reason}" for name, reason in report.skipped.items())),
        (
            "suspicious",
            tuple(f"{one.source}: {', '.join(one.suspicions)}" for one in report.suspicious),
        ),
    ):
        for name in names[:MOST_NAMED]:
            err.print(Text(f"{what} {one_line(name)}"))
        if len(names) > MOST_NAMED:
            err.print(Text(f"{what}: and {len(names) - MOST_NAMED} more"))
