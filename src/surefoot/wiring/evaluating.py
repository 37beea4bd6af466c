"""Ask a release the cases of a suite in this process, with its own pipeline, and score what it answers."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from surefoot.answering import App
from surefoot.errors import EvaluationError
from surefoot.evals import scoring
from surefoot.evals.catalogue import METRICS
from surefoot.evals.evidence import holds
from surefoot.evals.kept_responses import KeptResponses
from surefoot.evals.metrics import JUDGE_FREE
from surefoot.evals.ports import Metric
from surefoot.evals.ragas_metrics import running_ragas
from surefoot.evals.ragas_process import JudgeAddress
from surefoot.evals.running import RunProgress, ask_cases, response_key
from surefoot.evals.runs import RecordedRun
from surefoot.evals.suites import Suite
from surefoot.files import own_or_shipped
from surefoot.local import Progress, Report
from surefoot.local.environment import RAGAS, ensure_environment
from surefoot.local.progress import Unit
from surefoot.models import verify
from surefoot.records import Case, Passage, Responded, Response, Score, Scores, digest
from surefoot.releases import AppFile
from surefoot.releases.bundles import ReleaseBundle, load_parts
from surefoot.retrieval import Embedder
from surefoot.retrieval.build import BuildProgress, Stage
from surefoot.wiring.indexing import build_index, embedder_of, open_pinned
from surefoot.wiring.machine import Machine
from surefoot.wiring.opening import app_of
from surefoot.wiring.project import Project, secret
from surefoot.wiring.serving import ModelParts, expectation_of, model_of

JUDGE = "judge"
# Two at a time keep a CPU's batches short.
JUDGED_AT_ONCE = 2
JUDGED_WITHIN_SECONDS = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What evaluations share: the embedder, the model server that showed to be the pinned one, the cache.

    `fingerprint` is the digest of how the server showed it, so that the responses of one that answers
    otherwise are never taken for its own.
    """

    project: Project
    embedder: Embedder
    model: ModelParts
    fingerprint: str
    kept: KeptResponses
    report: Report


@asynccontextmanager
async def bench_of(project: Project, report: Report) -> AsyncIterator[Bench]:
    """The embedder and the model server, started if it is this project's own. Raises ModelError."""
    machine = Machine(project, report)
    await machine.bring_embedder()
    if project.settings.chat.url is None:
        await machine.start_model()
    async with embedder_of(project) as embedder, model_of(project) as model:
        taken = await verify(model.chat, expectation_of(project))
        yield Bench(
            project=project,
            embedder=embedder,
            model=model,
            fingerprint=digest({"model": project.chat_identity(), "texts": taken.texts}),
            kept=KeptResponses(project.settings.folders.state / "evals" / "responses"),
            report=report,
        )


_COUNTED: Mapping[Stage, Unit] = {
    "bring": "documents",
    "read": "documents",
    "cut": "documents",
    "embed": "passages",
    "index": "vectors",
    "store": "vectors",
}


async def index_working_tree(project: Project, app: AppFile, embedder: Embedder, report: Report) -> None:
    """Build the index of the documents as they are now; quick where nothing has changed."""

    def tell(said: BuildProgress) -> None:
        if said.total:
            report(Progress(step="index", done=said.done, total=said.total, unit=_COUNTED[said.stage]))

    await build_index(project, app, embedder, tell)


@asynccontextmanager
async def opened(bench: Bench, release: ReleaseBundle) -> AsyncIterator[App]:
    """The release's own pipeline in this process, over the snapshot that it pins."""
    parts = load_parts(release)
    snapshot = await open_pinned(bench.project, release.manifest.snapshot, parts.recipe, bench.embedder)
    try:
        yield await app_of(
            release.manifest, parts, retriever=snapshot, model=bench.model.chat, counter=bench.model.counter
        )
    finally:
        await snapshot.aclose()


async def ask(
    bench: Bench, release: ReleaseBundle, cases: Sequence[Case], *, step: str, repeat: int, concurrency: int
) -> RecordedRun:
    """What the release answers to the cases. What it answered before is not asked again."""

    def tell(said: RunProgress) -> None:
        bench.report(
            Progress(
                step=step,
                done=said.done,
                total=said.total,
                unit="cases",
                seconds_left=said.seconds_left,
                failed=said.failed,
            )
        )

    async with opened(bench, release) as app:
        responses = await ask_cases(
            app,
            cases,
            kept=bench.kept,
            model_fingerprint=bench.fingerprint,
            repeat=repeat,
            concurrency=concurrency,
            progress=tell,
        )
    return RecordedRun.of(release.manifest, cases, responses, fingerprint=bench.fingerprint, repeat=repeat)


def reuse(bench: Bench, run: RecordedRun, cases: Sequence[Case]) -> int:
    """Take a recorded run's responses into the cache where the same model answered alike: how many it has."""
    if run.fingerprint != bench.fingerprint:
        return 0
    there = run.responses_to(cases)
    taken = 0
    for case in cases:
        response = there.get(case.id)
        if isinstance(response, Responded):
            key = response_key(
                release=run.release, model_fingerprint=run.fingerprint, case=case, repeat=run.repeat
            )
            bench.kept.put(key, response)
            taken += 1
    return taken


def facts_held(case: Case, passage: Passage) -> tuple[int, ...]:
    """Which of the case's facts a passage holds, by their places in `case.facts`."""
    return tuple(number for number, fact in enumerate(case.facts) if holds(passage, fact))


async def score_responses(
    project: Project,
    suite: Suite,
    responses: Mapping[str, Response],
    metrics: Sequence[str],
    *,
    embedder: Embedder,
    report: Report,
    step: str,
) -> Scores:
    """A score, or the reason for none, of each of these metrics for every case of the suite it applies to."""
    expected = {name: ids for name, ids in suite.expected().items() if name in metrics}
    judged = [name for name in expected if METRICS[name].needs == "judge"]
    theirs = [name for name in expected if METRICS[name].needs == "ragas"]
    found: dict[str, Mapping[str, Score]] = {}
    async with AsyncExitStack() as stack:
        available: tuple[Metric, ...] = JUDGE_FREE
        if theirs:
            ragas = running_ragas(
                await ensure_ragas(project, report), embedder=embedder, judge=None, facts_held=facts_held
            )
            available = (*available, *(await stack.enter_async_context(ragas)).metrics(theirs))
        plain = {name: ids for name, ids in expected.items() if name not in judged}
        found.update(
            await scoring.score(available, suite.cases, responses, plain, progress=_teller(report, step))
        )
    if judged:
        by_judge = {name: expected[name] for name in judged}
        found.update(await _judge(project, suite, responses, by_judge, embedder=embedder, report=report))
    return found


async def _judge(
    project: Project,
    suite: Suite,
    responses: Mapping[str, Response],
    expected: Mapping[str, Sequence[str]],
    *,
    embedder: Embedder,
    report: Report,
) -> Scores:
    """The scores that the judge gives its sample. A judge on a CPU takes most of a minute for one of them."""
    key = secret(project.settings.chat.key_variable)
    async with running_ragas(
        await ensure_ragas(project, report),
        embedder=embedder,
        judge=_judge_of(project),
        facts_held=facts_held,
        concurrency=JUDGED_AT_ONCE,
        timeout_seconds=JUDGED_WITHIN_SECONDS,
    ) as ragas:
        wanted = sum(map(len, expected.values()))
        return await scoring.score(
            ragas.metrics([*expected]),
            suite.cases,
            responses,
            expected,
            # ragas's side limits how many are in the making, and times each: here they only wait their turn.
            concurrency=wanted,
            timeout_seconds=JUDGED_WITHIN_SECONDS * wanted,
            progress=_teller(report, "judging the sample"),
            secrets=() if key is None else (key,),
        )


async def score(bench: Bench, suite: Suite, run: RecordedRun, metrics: Sequence[str], *, step: str) -> Scores:
    """The scores of a run, as `score_responses` gives them."""
    return await score_responses(
        bench.project,
        suite,
        run.responses_to(suite.cases),
        metrics,
        embedder=bench.embedder,
        report=bench.report,
        step=step,
    )


async def ensure_ragas(project: Project, report: Report) -> Path:
    """The interpreter of ragas's own environment, which is made from its lock file if it is not here."""
    environment = await ensure_environment(
        own_or_shipped(project.settings.folders.evals / "ragas.lock", "evals/ragas.lock"),
        cache=project.settings.folders.cache,
        python=sys.executable,
        variables=os.environ,
        report=report,
        tenant=RAGAS,
    )
    return environment.python


def _judge_of(project: Project) -> JudgeAddress:
    """The model server, asked by the judge's identity, where the weights it serves are the judge's."""
    chat = project.settings.chat
    identity = project.models.named(JUDGE).identity
    if chat.model is None and identity != project.chat_identity():
        raise EvaluationError(
            f"the alias {JUDGE!r} is another model than the one that is served, {project.chat_alias()!r}",
            remedy=f"let {JUDGE!r} be `same_as` it in serving/models.toml, or give --no-judged",
        )
    return JudgeAddress(
        base_url=f"{project.chat_url()}/v1",
        model=chat.model or identity,
        api_key=secret(chat.key_variable),
    )


def _teller(report: Report, step: str) -> Callable[[scoring.ScoringProgress], None]:
    def tell(said: scoring.ScoringProgress) -> None:
        report(Progress(step=step, done=said.done, total=said.total, unit="scores", failed=said.unscored))

    return tell
