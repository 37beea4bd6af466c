"""Sum up how requests went, per release. Pure: no clock, no store.

A percentile here is the nearest-rank one: of n measured values in order, the p-th is the one at place
ceil(p / 100 * n), counted from 1. So it is always a value that was measured, never one between two.
Times, speeds and scores are those of answers, abstentions included: a request that fails at once must
not make a release look fast. What was not measured is counted beside what was, never as 0.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean

from surefoot.records import Score, Scored, Unscored
from surefoot.traces.outline import Outline

_NOTHING_MEASURED = Unscored(reason="no answer has it")
_NOT_RECORDED = "the trace does not have it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """Where the middle and the slow end of a measurement lie, and how many answers have none."""

    measured: int
    unmeasured: int
    p50: Score
    p95: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSummary:
    """The mean of one score over the answers that have it; `unscored` counts the others by reason."""

    name: str
    mean: Score
    scored: int
    unscored: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSummary:
    """How the requests of one release went: `requests` = `answered` + `abstained` + `failed`.

    `app`, `release` and the prompt are None for plain chat. `failures` counts by error class, most first.
    """

    app: str | None
    release: str | None
    prompt_name: str | None
    prompt: str | None
    requests: int
    answered: int
    abstained: int
    failed: int
    failures: tuple[tuple[str, int], ...]
    error_rate: Score
    first_token_seconds: Quantiles
    total_seconds: Quantiles
    output_tokens_per_second: Quantiles
    scores: tuple[ScoreSummary, ...]
    rated_up: int
    rated_down: int

    def score(self, name: str) -> Score:
        """The mean of the score of that name; Unscored when no answer carries it."""
        return next((score.mean for score in self.scores if score.name == name), _NOTHING_MEASURED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What happened in [since, until), one entry per release, by app and then most requests first."""

    since: datetime
    until: datetime
    releases: tuple[ReleaseSummary, ...]


def summarise(outlines: Iterable[Outline], since: datetime, until: datetime) -> Summary:
    """Sum up the requests that started in [since, until), per release; the others are left out."""
    groups = by_release(short for short in outlines if since <= short.started_at < until)
    releases = [summarise_release(group) for group in groups]
    releases.sort(key=lambda one: (one.app or "", -one.requests, one.release or ""))
    return Summary(since=since, until=until, releases=tuple(releases))


def by_release(outlines: Iterable[Outline]) -> tuple[tuple[Outline, ...], ...]:
    """The outlines of each app's release together, in the order they came."""
    groups: dict[tuple[str | None, str | None], list[Outline]] = {}
    for short in outlines:
        groups.setdefault((short.app, short.release), []).append(short)
    return tuple(tuple(group) for group in groups.values())


def summarise_release(outlines: Sequence[Outline], *, named: Outline | None = None) -> ReleaseSummary:
    """Sum up requests of one release. `named` is any of them, for when `outlines` is empty."""
    first = named or outlines[0]
    answers = [short for short in outlines if short.ending != "failed"]
    failures = [short.failure_kind or "unknown" for short in outlines if short.ending == "failed"]
    abstained = sum(short.ending == "abstained" for short in answers)
    return ReleaseSummary(
        app=first.app,
        release=first.release,
        prompt_name=first.prompt_name,
        prompt=first.prompt,
        requests=len(outlines),
        answered=len(answers) - abstained,
        abstained=abstained,
        failed=len(failures),
        failures=_counted(failures),
        error_rate=_share(len(failures), len(outlines)),
        first_token_seconds=_quantiles(answers, lambda short: short.first_token_seconds),
        total_seconds=_quantiles(answers, lambda short: short.total_seconds),
        output_tokens_per_second=_quantiles(answers, lambda short: short.output_tokens_per_second),
        scores=_scores(answers),
        rated_up=sum(short.rated_up for short in outlines),
        rated_down=sum(short.rated_down for short in outlines),
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of at least one value: one of them, at place ceil(percent / 100 * n)."""
    if not values or not 0 < percent <= 100:
        raise ValueError(f"needs values, and a percent in (0, 100]; got {len(values)} values, {percent!r}")
    return sorted(values)[math.ceil(percent * len(values) / 100) - 1]


def _quantiles(answers: Sequence[Outline], measure: Callable[[Outline], float | None]) -> Quantiles:
    values = [value for value in map(measure, answers) if value is not None]
    return Quantiles(
        measured=len(values),
        unmeasured=len(answers) - len(values),
        p50=Scored(value=percentile(values, 50)) if values else _NOTHING_MEASURED,
        p95=Scored(value=percentile(values, 95)) if values else _NOTHING_MEASURED,
    )


def _scores(answers: Sequence[Outline]) -> tuple[ScoreSummary, ...]:
    names = sorted({name for short in answers for name in short.scores})
    return tuple(_score(name, answers) for name in names)


def _score(name: str, answers: Sequence[Outline]) -> ScoreSummary:
    scores = [short.scores.get(name, Unscored(reason=_NOT_RECORDED)) for short in answers]
    values = [score.value for score in scores if isinstance(score, Scored)]
    return ScoreSummary(
        name=name,
        mean=Scored(value=mean(values)) if values else _NOTHING_MEASURED,
        scored=len(values),
        unscored=_counted([score.reason for score in scores if isinstance(score, Unscored)]),
    )


def _share(part: int, whole: int) -> Score:
    return Scored(value=part / whole) if whole else Unscored(reason="no requests")


def _counted(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Each word with how often it came, most often first, then by the word."""
    return tuple(sorted(Counter(words).items(), key=lambda item: (-item[1], item[0])))
