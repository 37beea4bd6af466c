"""Instruments that fail: whatever breaks while scoring, nothing passes for it."""

import asyncio
from collections.abc import Mapping

from tests.cli.gauges import GAUGES

from surefoot.evals.catalogue import METRICS
from surefoot.evals.ports import Metric, MetricInfo
from surefoot.evals.scoring import score
from surefoot.gate import ScoreSheet, Strictness, decide
from surefoot.records import Case, Evidence, Fact, Responded, Rule, Score, Scored, Scores, Verdict

CASES = tuple(
    Case(
        id=f"gauge-{gauge}",
        kind="single",
        cluster=f"gauge-{gauge}.md",
        question=f"What does gauge {gauge} say?",
        reference=f"{gauge} bar",
        facts=(Fact(places=(Evidence(source="gauges.md", quote=f"{gauge} bar"),)),),
    )
    for gauge in GAUGES
)
EXPECTED = {"answer_overlap": tuple(case.id for case in CASES)}
RULES = (Rule(metric="answer_overlap", blocking=True, margin=0.1),)


class Overlap:
    """Gives every answer a full score, but raises on every tenth one where it is told to."""

    def __init__(self, *, breaks: bool) -> None:
        self._breaks = breaks
        self._scored = 0

    @property
    def info(self) -> MetricInfo:
        return METRICS["answer_overlap"]

    async def score(self, case: Case, response: Responded) -> Score:
        self._scored += 1
        if self._breaks and self._scored % 10 == 0:
            raise ZeroDivisionError("the answer has no words")
        return Scored(value=1.0)


def responses(cases: tuple[Case, ...] = CASES) -> Mapping[str, Responded]:
    return {
        case.id: Responded(
            case=case.id,
            repeat=0,
            text=case.reference,
            finish_reason="stop",
            abstained=False,
            passages=(),
            usage=None,
            first_token_seconds=0.1,
            total_seconds=0.2,
        )
        for case in cases
    }


def scored(metric: Metric, answered: tuple[Case, ...] = CASES) -> Scores:
    return asyncio.run(score((metric,), CASES, responses(answered), EXPECTED))


def verdict(candidate: Scores, baseline: Scores) -> Verdict:
    sheet = ScoreSheet(
        expected=EXPECTED,
        clusters={case.id: case.cluster for case in CASES},
        candidate=candidate,
        baseline=baseline,
    )
    return decide(RULES, (), sheet, Strictness())


def test_a_metric_that_is_whole_passes() -> None:
    assert verdict(scored(Overlap(breaks=False)), scored(Overlap(breaks=False))).outcome == "PASS"


def test_a_metric_that_raises_on_every_tenth_case_decides_nothing() -> None:
    for arms in (
        (scored(Overlap(breaks=True)), scored(Overlap(breaks=False))),
        (scored(Overlap(breaks=False)), scored(Overlap(breaks=True))),
    ):
        found = verdict(*arms)

        assert found.outcome == "REFUSED"
        assert "ZeroDivisionError" in found.reasons[0]


def test_responses_that_are_missing_decide_nothing() -> None:
    found = verdict(scored(Overlap(breaks=False), CASES[:20]), scored(Overlap(breaks=False)))

    assert found.outcome == "REFUSED"
    assert "gauge-" in found.reasons[0]
