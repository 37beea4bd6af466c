"""Build and search with the product's own pipeline, and compare recipes question by question."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy
from scipy import stats
from tests.benchmarks.retrieval.sets import Asked, QuestionSet

from surefoot.retrieval import Corpus, Embedder, Recipe, Source
from surefoot.retrieval.build import BuildProgress, build_snapshot
from surefoot.retrieval.searching import SearchableSnapshot, open_snapshot
from surefoot.wiring.indexing import engine

RESAMPLES = 10_000
Values = Mapping[str, Sequence[float]]
Heard = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean with its 95% bootstrap interval, over questions."""

    mean: float
    low: float
    high: float


def interval(values: Sequence[float]) -> Interval:
    """The mean and its interval. Of paired differences it is the interval of the paired comparison."""
    array = numpy.asarray(values)
    mean = float(array.mean())
    if numpy.ptp(array) == 0:
        return Interval(mean=mean, low=mean, high=mean)
    found = stats.bootstrap(
        (array,), numpy.mean, n_resamples=RESAMPLES, method="percentile", rng=numpy.random.default_rng(1)
    ).confidence_interval
    return Interval(mean=mean, low=float(found.low), high=float(found.high))


def difference(values: Sequence[float], others: Sequence[float]) -> Interval:
    """How much higher the first are, question by question."""
    return interval([one - other for one, other in zip(values, others, strict=True)])


async def measured(
    questions: QuestionSet,
    recipe: Recipe,
    asked: Sequence[Asked],
    embedder: Embedder,
    folder: Path,
    heard: Heard,
) -> Values:
    """Every measure of the set, one value for each question asked."""
    fitted = replace(
        recipe,
        limit=questions.shown,
        choice=replace(recipe.choice, per_document=questions.per_document),
    )
    values: dict[str, list[float]] = {name: [] for name in questions.measures}
    async with _opened(questions, fitted, embedder, folder, heard) as snapshot:
        for one in asked:
            found = await snapshot.search(one.text, limit=questions.shown)
            for name, value in questions.measured(one, found).items():
                values[name].append(value)
    return values


@asynccontextmanager
async def _opened(
    questions: QuestionSet, recipe: Recipe, embedder: Embedder, folder: Path, heard: Heard
) -> AsyncIterator[SearchableSnapshot]:
    documents = folder / "documents" / questions.name
    documents.mkdir(parents=True, exist_ok=True)
    for name, text in questions.documents.items():
        (documents / name).write_text(text, encoding="utf-8")
    corpus = Corpus(name=questions.name, sources=(Source(path=documents),))

    def progress(made: BuildProgress) -> None:
        heard(f"{questions.name}: {made.stage} {made.done} of {made.total}")

    report = await build_snapshot(
        corpus, recipe, embedder, folder / "snapshots", engine=engine(), progress=progress
    )
    if len(report.snapshot.document_passages) != len(questions.documents):
        raise SystemExit(f"not every document of {questions.name} was read: {report.snapshot.unread}")
    snapshot = await open_snapshot(
        report.snapshot.path, recipe, embedder, folder / "scratch", engine=engine()
    )
    try:
        yield snapshot
    finally:
        await snapshot.aclose()
