"""Scores of responses: for every expected case and metric a number, or the reason why there is none."""

import asyncio
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from surefoot.evals.fault_words import fault_words, sound
from surefoot.evals.metrics import OUTCOMES
from surefoot.evals.ports import Metric, MetricInfo
from surefoot.evals.together import contained, work_through
from surefoot.records import Case, NoResponse, Responded, Response, Score, Scored, Scores, Unscored

# float32 vectors give a cosine of 1.0000001 for equal texts; more than this is a fault of the metric.
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringProgress:
    """How far the scoring is, in scores; `unscored` are among those `done`."""

    done: int
    total: int
    unscored: int


async def score(
    metrics: Sequence[Metric],
    cases: Sequence[Case],
    responses: Mapping[str, Response],
    expected: Mapping[str, Sequence[str]],
    *,
    concurrency: int = 4,
    timeout_seconds: float = 120.0,
    progress: Callable[[ScoringProgress], None] | None = None,
    secrets: Collection[str] = (),
) -> Scores:
    """Scores by metric, then by case, for every case that `expected` names for a metric: none is left out.

    `responses` are by case. Where there is none, where the request failed, and where the metric is not among
    `metrics`, raises, takes longer than `timeout_seconds`, or gives anything but a score within its range,
    the score is Unscored with the reason. Only `responds` and `finishes` score a failed request, with 0: that
    it failed is its outcome. `secrets` are blotted out of what errors say.
    """
    by_name = {metric.info.name: metric for metric in metrics}
    by_id = {case.id: case for case in cases}
    wanted = [(name, case) for name, ids in expected.items() for case in ids]
    # Filled in before anything runs: whatever happens below, a score that is not there is Unscored.
    scores: dict[str, dict[str, Score]] = {
        name: dict.fromkeys(ids, Unscored(reason="it was not scored")) for name, ids in expected.items()
    }
    done = unscored = 0

    async def act(what: tuple[str, str]) -> None:
        nonlocal done, unscored
        name, case = what
        scored = await _score_or_reason(
            by_name.get(name), by_id.get(case), responses.get(case), timeout_seconds=timeout_seconds
        )
        scores[name][case] = _without(secrets, scored)
        done, unscored = done + 1, unscored + isinstance(scored, Unscored)
        if progress is not None:
            progress(ScoringProgress(done=done, total=len(wanted), unscored=unscored))

    await work_through(wanted, act, concurrency=concurrency)
    return scores


async def _score_or_reason(
    metric: Metric | None, case: Case | None, response: Response | None, *, timeout_seconds: float
) -> Score:
    if metric is None:
        return Unscored(reason="nothing here computes this metric")
    if case is None:
        return Unscored(reason="the suite has no such case")
    if response is None:
        return Unscored(reason="there is no response to this case")
    if response.case != case.id:
        return Unscored(reason=f"the response is to the case {sound(response.case)!r}")
    if isinstance(response, NoResponse):
        return _score_of_none(metric.info, response)
    return await _measured(metric, case, response, timeout_seconds)


def _score_of_none(info: MetricInfo, response: NoResponse) -> Score:
    if info.name in OUTCOMES:
        return Scored(value=0.0)
    return Unscored(reason=f"no response: {response.kind}: {sound(response.message)}")


async def _measured(metric: Metric, case: Case, response: Responded, timeout_seconds: float) -> Score:
    try:
        async with asyncio.timeout(timeout_seconds) as limit:
            given: object = await contained(metric.score(case, response))
    except Exception as error:  # noqa: BLE001 - one score that fails must not stop the rest: it is Unscored
        if isinstance(error, TimeoutError) and limit.expired():
            return Unscored(reason=f"it took longer than {timeout_seconds:g} s")
        return Unscored(reason=fault_words(error))
    return _checked(given, metric.info)


def _checked(given: object, info: MetricInfo) -> Score:
    """What a metric gave, if it is a score. A type checker cannot vouch for what comes out of a vendor."""
    if isinstance(given, Unscored):
        return Unscored(reason=sound(str(given.reason)) or "the metric gives no reason")
    if not isinstance(given, Scored):
        return Unscored(reason=f"the metric gave a {type(given).__name__}, which is no score")
    value = _number(given.value)
    if value is None or not info.lowest - ROUNDING <= value <= info.highest + ROUNDING:
        return Unscored(
            reason=f"the metric gave {sound(repr(given.value))}, outside {info.lowest:g} to {info.highest:g}"
        )
    return Scored(value=min(max(value, info.lowest), info.highest))


def _number(value: object) -> float | None:
    try:
        number = float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        number = math.inf
    return number if math.isfinite(number) else None


def _without(secrets: Collection[str], given: Score) -> Score:
    if isinstance(given, Scored):
        return given
    reason = given.reason
    for secret in secrets:
        reason = reason.replace(secret, "***") if secret else reason
    return Unscored(reason=reason)
