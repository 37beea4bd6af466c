"""`surefoot gate run | verify | show`: prove a release against what serves, and check proofs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.cli.progress import Steps, reporter

if TYPE_CHECKING:
    from surefoot.wiring.gating import Gated, GateOrder

app = typer.Typer(help="Prove a release against what serves, and check proofs.", no_args_is_help=True)

EXIT_CODES = {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 3, "REFUSED": 4}

AppName = Annotated[str | None, typer.Option("--app", help="The app to prove; the first by default.")]


@app.command("run")
def run_gate(
    release: Annotated[
        str | None,
        typer.Option(
            help="The release to prove, by the beginning of its digest; the working tree by default."
        ),
    ] = None,
    against: Annotated[
        str,
        typer.Option(
            help="`production`; `founding` for the first release, which replaces none; or another app, to "
            "compare with its production: such a receipt promotes nothing."
        ),
    ] = "production",
    app_name: AppName = None,
    suite: Annotated[
        str | None, typer.Option(help="A folder of evals/; the suites the prompt names by default.")
    ] = None,
    judged: Annotated[
        bool, typer.Option(help="Let the judge score its sample; its scores are advisory.")
    ] = True,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="How many cases are asked at once.")] = 8,
    signing_key: Annotated[
        Path | None, typer.Option(help="A private key file to sign the receipt with.")
    ] = None,
) -> None:
    """Compare a release with production on the same cases, and write a receipt of what came of it.

    Exits with 0 for PASS, 1 for FAIL, 3 for INCONCLUSIVE and 4 for REFUSED.
    """
    from surefoot.wiring.gating import GateOrder

    order = GateOrder(
        app=app_name,
        release=release,
        against=against,
        suite=suite,
        judged=judged,
        concurrency=concurrency,
        signing_key=signing_key,
    )
    proven = run(_run(order))
    sys.exit(EXIT_CODES[max((each.report.receipt.verdict.outcome for each in proven), key=gravity)])


@app.command()
def verify(
    receipt: Annotated[str, typer.Argument(help="A receipt, by its digest or the beginning of it.")],
) -> None:
    """Compute a receipt again from its recorded responses; exits with 4 where it does not follow."""
    run(_verify(receipt))


@app.command()
def show(
    receipt: Annotated[str, typer.Argument(help="A receipt, by its digest or the beginning of it.")],
) -> None:
    """Print a receipt's report again, and write its other forms."""
    run(_show(receipt))


def gravity(outcome: str) -> int:
    """Of several verdicts, the one that the command ends with: proven harm first."""
    return ("PASS", "INCONCLUSIVE", "REFUSED", "FAIL").index(outcome)


async def _run(order: "GateOrder") -> "tuple[Gated, ...]":
    from surefoot.wiring.gating import run_gate
    from surefoot.wiring.project import open_project

    project = open_project(project_top())
    with Steps() as steps:
        proven = await run_gate(project, order, reporter(steps))
    for gated in proven:
        print_gated(gated)
    return proven


def print_gated(gated: "Gated") -> None:
    """A verdict's report, where its files are, and what to do next."""
    from surefoot.reports.gate_terminal import gate_view

    out.print(gate_view(gated.report))
    receipt = gated.report.receipt
    endings = ",".join(file.suffix.removeprefix(".") for file in gated.files)
    out.print(Text.assemble(("reports ", "dim"), f"{gated.files[0].with_suffix('')}.{{{endings}}}"))
    if receipt.verdict.outcome == "PASS":
        out.print(Text(f"next: surefoot release promote {receipt.release[:12]}"))


async def _verify(prefix: str) -> None:
    from surefoot.wiring.candidates import found_receipt
    from surefoot.wiring.indexing import embedder_of
    from surefoot.wiring.project import open_project
    from surefoot.wiring.verifying import verify_receipt

    project = open_project(project_top())
    receipt, folders = found_receipt(project, prefix)
    with Steps() as steps:
        async with embedder_of(project) as embedder:
            await verify_receipt(project, receipt, folders, embedder=embedder, report=reporter(steps))
    words = f"{receipt.verdict.outcome}, {receipt.verdict.kind}, release {receipt.release[:12]}"
    out.print(Text(f"the receipt holds: {words}; computed again from its recorded responses"))


async def _show(prefix: str) -> None:
    from surefoot.evals.suites import load_suite
    from surefoot.wiring.candidates import found_receipt
    from surefoot.wiring.gating import reported
    from surefoot.wiring.project import open_project

    project = open_project(project_top())
    receipt, _ = found_receipt(project, prefix)
    suite = load_suite(project.settings.folders.evals / receipt.suite)
    if suite.digest != receipt.suite_digest:
        err.print("the suite has changed since: cases are shown as they are now", markup=False)
    print_gated(reported(project, receipt, suite.cases))
