"""Search the questions of a suite, and see how near their best passages are."""

from surefoot.errors import SettingsError
from surefoot.evals.abstention import Calibration, Nearest, calibrate
from surefoot.local import Report
from surefoot.records import Case, Reach
from surefoot.retrieval.searching import SearchableSnapshot
from surefoot.wiring.evaluating import index_working_tree
from surefoot.wiring.guarding import suites_chosen
from surefoot.wiring.indexing import embedder_of, open_index
from surefoot.wiring.project import Project


async def calibrate_abstention(
    project: Project, app_name: str | None, suite_name: str | None, *, most_lost: float, report: Report
) -> Calibration:
    """The thresholds of an app's suites over the working tree's documents and recipe. No model is asked.

    SettingsError for suites without cases of both kinds.
    """
    app = project.app_named(app_name)
    cases = {case.id: case for suite in suites_chosen(project, app, suite_name) for case in suite.cases}
    kinds = {case.answerable for case in cases.values()}
    if kinds != {True, False}:
        raise SettingsError(
            f"the cases of {app.name!r} are all {'answerable' if True in kinds else 'unanswerable'}",
            remedy="add cases of the other kind: a threshold is told from both",
        )
    limit = project.recipe_of(app).limit
    async with embedder_of(project) as embedder:
        await index_working_tree(project, app, embedder, report)
        snapshot = await open_index(project, app, embedder)
        try:
            nearest = [await _nearest(snapshot, case, limit) for case in cases.values()]
        finally:
            await snapshot.aclose()
    return calibrate(nearest, most_lost=most_lost)


async def _nearest(snapshot: SearchableSnapshot, case: Case, limit: int) -> Nearest:
    found = await snapshot.search(case.question, limit=limit, reach=Reach(groups=case.groups))
    similarities = [ranked.similarity for ranked in found if ranked.similarity is not None]
    return Nearest(
        case=case.id,
        cluster=case.cluster,
        answerable=case.answerable,
        similarity=max(similarities, default=None),
    )
