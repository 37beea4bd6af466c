"""The metrics that ragas computes, behind the port of every metric.

What can be said without ragas is said here first, by rules: an answer that is empty, an abstention, a search
that showed nothing. The rest goes to the worker. A response's passages are ragas's contexts, in their order;
its text goes without the [n] marks.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

from surefoot.errors import NotFoundError, SettingsError
from surefoot.evals.catalogue import METRICS
from surefoot.evals.ports import Metric, MetricInfo
from surefoot.evals.ragas_process import (
    Asked,
    Embeds,
    JudgeAddress,
    JudgeUse,
    RagasProcess,
    running_process,
)
from surefoot.records import Case, Passage, Responded, Score, Scored, Unscored

RAGAS_WORKER = Path(__file__).with_name("ragas_worker.py")

FactsHeld: TypeAlias = Callable[[Case, Passage], Sequence[int]]
"""The places in `case.facts` of those that a passage holds."""

ROUNDING = 1e-6
_MARK = re.compile(r"\s*\[\d{1,3}(?:\s*,\s*\d{1,3})*\]")
# ragas takes any two of these for quotation marks: "don't ... it's" would be a quotation.
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_LETTER_APOSTROPHE = "\N{MODIFIER LETTER APOSTROPHE}"
_NOTHING_SHOWN = Scored(value=0.0)


class Ragas:
    """Ragas, running: what `running_ragas` yields."""

    def __init__(
        self, process: RagasProcess, version: str, *, judged: bool, facts_held: FactsHeld, concurrency: int
    ) -> None:
        self.version = version
        self._process = process
        self._judged = judged
        self._preparations = _preparations(facts_held)
        # Judged scores take a minute where others take a millisecond: neither waits for the other.
        self._judge_slots, self._slots = asyncio.Semaphore(concurrency), asyncio.Semaphore(concurrency)

    @property
    def use(self) -> Mapping[str, JudgeUse]:
        """What was asked of the judge so far, by metric."""
        return dict(self._process.use)

    def metrics(self, names: Sequence[str]) -> tuple[Metric, ...]:
        """The metrics of these names. NotFoundError for one that ragas does not compute here."""
        return tuple(self._metric(name) for name in names)

    def _metric(self, name: str) -> Metric:
        if name not in self._preparations:
            raise NotFoundError(
                f"ragas computes no metric {name!r} here", remedy=f"use {', '.join(self._preparations)}"
            )
        info = METRICS[name]
        if info.needs == "judge" and not self._judged:
            raise SettingsError(
                f"the metric {name!r} needs a judge, and there is none",
                remedy="name a judge, or leave the metric out of the suite",
            )
        slots = self._judge_slots if info.needs == "judge" else self._slots
        return _RagasMetric(info, self._preparations[name], self._process, slots)


class _RagasMetric:
    """One metric: the rules that come first, then ragas."""

    def __init__(
        self, info: MetricInfo, prepare: "_Preparation", process: RagasProcess, slots: asyncio.Semaphore
    ) -> None:
        self._info = info
        self._prepare = prepare
        self._process = process
        self._slots = slots

    @property
    def info(self) -> MetricInfo:
        return self._info

    async def score(self, case: Case, response: Responded) -> Score:
        """By rule where one speaks, else by ragas. EvaluationError when its worker is gone for good."""
        prepared = self._prepare(case, response)
        if isinstance(prepared, Scored | Unscored):
            return prepared
        arguments, texts = prepared
        async with self._slots:
            asked = Asked(metric=self._info.name, arguments=arguments, texts=texts)
            scored = await self._process.score(asked)
        return _within(scored, self._info) if isinstance(scored, Scored) else scored


def _within(scored: Scored, info: MetricInfo) -> Scored:
    """Without the rounding of cosines, and with 0 for a question that points away from the one asked."""
    rounded = min(scored.value, info.highest) if scored.value < info.highest + ROUNDING else scored.value
    return Scored(value=max(rounded, info.lowest))


_Arguments: TypeAlias = Mapping[str, str | Sequence[str]]
_Prepared: TypeAlias = tuple[_Arguments, tuple[str, ...]] | Score
_Preparation: TypeAlias = Callable[[Case, Responded], _Prepared]


def _preparations(facts_held: FactsHeld) -> Mapping[str, _Preparation]:
    return {
        "ragas_semantic_similarity": _semantic_similarity,
        "ragas_quoted_spans": _quoted_spans,
        "ragas_context_recall_by_id": lambda case, response: _recall_by_id(case, response, facts_held),
        "ragas_context_precision_by_id": lambda case, response: _precision_by_id(case, response, facts_held),
        "ragas_faithfulness": _faithfulness,
        "ragas_answer_relevancy": _answer_relevancy,
        "ragas_context_precision": _contexts_against_reference,
        "ragas_context_recall": _contexts_against_reference,
    }


def _said(response: Responded) -> str:
    """The answer without its marks."""
    return _MARK.sub("", response.text).strip()


def _contexts(response: Responded) -> list[str]:
    return [passage.text for passage in response.passages]


def _semantic_similarity(case: Case, response: Responded) -> _Prepared:
    said = _said(response)
    if not case.reference.strip():
        return Unscored(reason="the case has no reference to compare with")
    if not said:
        return Scored(value=0.0)  # ragas would take the vector of a single space
    return {"reference": case.reference, "response": said}, (case.reference, said)


def _quoted_spans(case: Case, response: Responded) -> _Prepared:
    said, *contexts = (
        _APOSTROPHE.sub(_LETTER_APOSTROPHE, text) for text in (_said(response), *_contexts(response))
    )
    return {"response": said, "retrieved_contexts": contexts}, ()


def _recall_by_id(case: Case, response: Responded, facts_held: FactsHeld) -> _Prepared:
    if not case.facts:
        return Unscored(reason="the case names no facts")
    return _ids(case, response, facts_held), ()


def _precision_by_id(case: Case, response: Responded, facts_held: FactsHeld) -> _Prepared:
    if not case.facts:
        return Unscored(reason="the case names no facts")
    if not response.passages:
        return _NOTHING_SHOWN  # ragas would divide by nothing, and give NaN
    return _ids(case, response, facts_held), ()


def _ids(case: Case, response: Responded, facts_held: FactsHeld) -> _Arguments:
    """A passage goes by the facts it holds, and by its own id where it holds none."""
    retrieved: list[str] = []
    for passage in response.passages:
        held = [f"fact {number}" for number in facts_held(case, passage)]
        retrieved += held or [f"passage {passage.id}"]
    needed = [f"fact {number}" for number in range(len(case.facts))]
    return {"retrieved_context_ids": retrieved, "reference_context_ids": needed}


def _faithfulness(case: Case, response: Responded) -> _Prepared:
    said = _said(response)
    if response.abstained:
        return Unscored(reason="the answer abstains: it states nothing that passages could hold")
    if not said:
        return Unscored(reason="the answer is empty: it states nothing that passages could hold")
    if not response.passages:
        return _NOTHING_SHOWN  # ragas would raise
    asked = {"user_input": case.question, "response": said, "retrieved_contexts": _contexts(response)}
    return asked, ()


def _answer_relevancy(case: Case, response: Responded) -> _Prepared:
    said = _said(response)
    if response.abstained or not said:
        return Scored(value=0.0)  # what ragas gives when the judge finds an answer noncommittal
    return {"user_input": case.question, "response": said}, (case.question,)


def _contexts_against_reference(case: Case, response: Responded) -> _Prepared:
    if not case.reference.strip():
        return Unscored(reason="the case has no reference to compare with")
    if not response.passages:
        return _NOTHING_SHOWN  # ragas would raise
    contexts = _contexts(response)
    asked = {"user_input": case.question, "reference": case.reference, "retrieved_contexts": contexts}
    return asked, ()


@asynccontextmanager
async def running_ragas(
    python: Path,
    *,
    embedder: Embeds,
    judge: JudgeAddress | None,
    facts_held: FactsHeld,
    concurrency: int = 4,
    timeout_seconds: float = 120.0,
    script: Path = RAGAS_WORKER,
) -> AsyncIterator[Ragas]:
    """Ragas in its worker, run by `python`, the interpreter of ragas's environment.

    At most `concurrency` judged scores are in the making at once, and as many others; each has
    `timeout_seconds` from when it begins, all its questions to the judge included. Raises EvaluationError
    when the worker cannot be started.
    """
    async with running_process(
        python, script=script, embedder=embedder, judge=judge, timeout_seconds=timeout_seconds
    ) as process:
        yield Ragas(
            process,
            await process.start(),
            judged=judge is not None,
            facts_held=facts_held,
            concurrency=concurrency,
        )
