"""`surefoot eval run | plan | prepare | abstention`: ask and score a release; what a suite can tell."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import out, project_top, run
from surefoot.cli.progress import Steps, reporter
from surefoot.errors import RefusedError

if TYPE_CHECKING:
    from surefoot.evals.abstention import Threshold
    from surefoot.wiring.evaluation_run import EvaluationOrder

app = typer.Typer(help="Ask a release the cases of a suite, and score what it answers.", no_args_is_help=True)


@app.command("run")
def run_evaluation(
    release: Annotated[
        str | None,
        typer.Option(help="The release to ask, by how its digest begins; the working tree by default."),
    ] = None,
    app_name: Annotated[
        str | None, typer.Option("--app", help="The app to ask; the first by default.")
    ] = None,
    suite: Annotated[
        str | None, typer.Option(help="A folder of evals/; the suites the prompt names by default.")
    ] = None,
    repeat: Annotated[
        int, typer.Option(min=0, max=99, help="Ask once more under this number; 0 is what gates compare.")
    ] = 0,
    judged: Annotated[bool, typer.Option(help="Let the judge score its sample too.")] = False,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="How many cases are asked at once.")] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Ask every case, score every answer, print the means. A run that was stopped goes on where it was."""
    from surefoot.wiring.evaluation_run import EvaluationOrder

    order = EvaluationOrder(
        app=app_name, release=release, suite=suite, repeat=repeat, judged=judged, concurrency=concurrency
    )
    run(_run(order, as_json))


@app.command()
def prepare() -> None:
    """Make the environment of ragas, so that a later run need not: about a minute, once."""
    run(_prepare())


@app.command()
def plan(
    app_name: Annotated[
        str | None, typer.Option("--app", help="The app that is meant; the first by default.")
    ] = None,
    suite: Annotated[
        str | None, typer.Option(help="A folder of evals/; the suites the prompt names by default.")
    ] = None,
    differing: Annotated[
        float,
        typer.Option(min=0.001, max=1, help="The share of cases taken to differ where no gate was run yet."),
    ] = 0.15,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Say which losses a suite can tell, and how many cases its margins take. No model is asked."""
    run(_plan(app_name, suite, differing, as_json))


@app.command()
def abstention(
    app_name: Annotated[
        str | None, typer.Option("--app", help="The app that is meant; the first by default.")
    ] = None,
    suite: Annotated[
        str | None, typer.Option(help="A folder of evals/; the suites the prompt names by default.")
    ] = None,
    most_lost: Annotated[
        float, typer.Option(min=0, max=0.5, help="The share of answerable questions that may be declined.")
    ] = 0.02,
) -> None:
    """Measure below which similarity to abstain, on the cases of a suite. No model is asked."""
    run(_abstention(app_name, suite, most_lost))


async def _plan(app_name: str | None, suite: str | None, differing: float, as_json: bool) -> None:
    from surefoot.reports.plan_report import plan_json, plan_table, refusals
    from surefoot.wiring.planning import plan_suites
    from surefoot.wiring.project import open_project

    plans = plan_suites(open_project(project_top()), app_name, suite, differing=differing)
    for each in plans:
        if as_json:
            out.print_json(plan_json(each).decode())
        else:
            out.print(plan_table(each))
    refused = [one for each in plans for one in refusals(each)]
    if refused:
        messages, remedies = zip(*refused, strict=True)
        raise RefusedError("\n  ".join(messages), remedy="\n  ".join(remedies))


async def _abstention(app_name: str | None, suite: str | None, most_lost: float) -> None:
    from surefoot.wiring.calibrating import calibrate_abstention
    from surefoot.wiring.project import open_project

    project = open_project(project_top())
    with Steps() as steps:
        found = await calibrate_abstention(
            project, app_name, suite, most_lost=most_lost, report=reporter(steps)
        )
    out.print(Text("below      declines answerable   declines unanswerable"))
    for one in found.curve:
        out.print(Text(_declines(one)))
    if found.chosen is None or found.held_out is None:
        out.print(Text("No threshold declines an unanswerable question without declining too many others."))
        return
    out.print(
        Text(
            "the highest that keeps within what may be lost, and what it does on cases it was not chosen by:"
        )
    )
    out.print(Text(_declines(found.chosen)))
    out.print(Text(_declines(found.held_out)))
    least = found.chosen.similarity
    out.print(Text(f"To use it, write into the recipe:\n\n[abstention]\nleast_similarity = {least}"))


def _declines(one: "Threshold") -> str:
    lost = f"{one.declined_answerable} of {one.answerable}"
    return f"{one.similarity:<11.2f}{lost:<22}{one.declined_unanswerable} of {one.unanswerable}"


async def _run(order: "EvaluationOrder", as_json: bool) -> None:
    from surefoot.reports.run_report import run_json, run_table
    from surefoot.wiring.evaluation_run import run_evaluation
    from surefoot.wiring.project import open_project

    with Steps() as steps:
        done = await run_evaluation(open_project(project_top()), order, reporter(steps))
    for each in done:
        if as_json:
            out.print_json(run_json(each).decode())
        else:
            out.print(run_table(each))


async def _prepare() -> None:
    from surefoot.wiring.evaluating import ensure_ragas
    from surefoot.wiring.project import open_project

    with Steps() as steps:
        python = await ensure_ragas(open_project(project_top()), reporter(steps))
    out.print(Text(f"ragas is in {python.parent.parent}"))
