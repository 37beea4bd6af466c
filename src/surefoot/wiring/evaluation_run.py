"""Ask and score one release, and compare it with nothing."""

from dataclasses import dataclass

from surefoot.local import Report
from surefoot.releases.runs import write_run
from surefoot.reports.run_report import RunReport
from surefoot.wiring.candidates import candidate_of
from surefoot.wiring.evaluating import ask, bench_of, index_working_tree, score
from surefoot.wiring.guarding import suites_chosen
from surefoot.wiring.project import Project
from surefoot.wiring.verifying import metrics_of, rules_of


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationOrder:
    """What to ask. None: the first app, the working tree, the suites of its prompt."""

    app: str | None
    release: str | None
    suite: str | None
    repeat: int
    judged: bool
    concurrency: int


async def run_evaluation(project: Project, order: EvaluationOrder, report: Report) -> tuple[RunReport, ...]:
    """Ask a release every case of each suite, score what it answers, and keep the responses with it."""
    app = project.app_named(order.app)
    suites = suites_chosen(project, app, order.suite)
    done: list[RunReport] = []
    async with bench_of(project, report) as bench:
        if order.release is None:
            await index_working_tree(project, app, bench.embedder, report)
        release = candidate_of(project, app, order.release)
        for suite in suites:
            step = f"asking {release.digest[:12]} the suite {suite.name}"
            run = await ask(
                bench, release, suite.cases, step=step, repeat=order.repeat, concurrency=order.concurrency
            )
            rules = rules_of(suite, judged=order.judged)
            scores = await score(bench, suite, run, metrics_of(suite, rules), step="scoring")
            done.append(
                RunReport(
                    app=app.name,
                    release=release.digest,
                    suite=suite.name,
                    run=write_run(release.folder, run.to_bytes()),
                    cases={case.id: case for case in suite.cases},
                    rules=rules,
                    responses=run.responses_to(suite.cases),
                    scores=scores,
                    proposed=len(suite.proposed),
                )
            )
    return tuple(done)
