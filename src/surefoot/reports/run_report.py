"""What a release scored on a suite, with nothing to compare it with: as a table and as JSON.

A mean here is over the cases that were scored; how many were not, and why, always stands beside it. A gate is
stricter: there a missing score counts against the candidate.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from surefoot.records import (
    Case,
    Json,
    NoResponse,
    Responded,
    Response,
    Rule,
    Score,
    Scored,
    Scores,
    Unscored,
    canonical_json,
)
from surefoot.reports.json_report import sayable, score_json
from surefoot.reports.printable import one_line

SCHEMA = 1
_KINDS = ("single", "several", "misleading", "unanswerable")
_MOST_REASONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """A run: its release and the digest of its recorded responses, its cases, and what they scored.

    `rules` say which metrics there are and which of them block; metrics that only have scores come after.
    `proposed` counts the suite's cases that nobody has accepted yet: they were not asked.
    """

    app: str
    release: str
    suite: str
    run: str
    cases: Mapping[str, Case]
    rules: tuple[Rule, ...]
    responses: Mapping[str, Response]
    scores: Scores
    proposed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Some cases' scores of one metric. `mean` is None when none was scored; `unscored` counts reasons."""

    cases: int
    mean: float | None
    unscored: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricTally:
    """One metric over all cases and over each kind of case. `role` is blocking, advisory or invariant."""

    metric: str
    role: str
    all_cases: Tally
    by_kind: Mapping[str, Tally]


def run_tallies(report: RunReport) -> tuple[MetricTally, ...]:
    """A tally per metric: blocking rules, advisory ones, then the metrics without a rule."""
    roles = {rule.metric: "blocking" if rule.blocking else "advisory" for rule in report.rules}
    metrics = [*roles, *sorted(set(report.scores) - set(roles))]
    return tuple(
        _metric(report, metric, roles.get(metric, "invariant"), report.scores.get(metric, {}))
        for metric in metrics
    )


def run_table(report: RunReport) -> RenderableType:
    """Each metric's mean, over all cases and by kind, with what was not scored and why."""
    tallies = run_tallies(report)
    kinds = [kind for kind in _KINDS if any(case.kind == kind for case in report.cases.values())]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("metric", overflow="fold")
    table.add_column("rule")
    for heading in ("mean", "cases", "unscored", *kinds):
        table.add_column(heading, justify="right")
    for one in tallies:
        every = one.all_cases
        missing = sum(count for _, count in every.unscored)
        table.add_row(
            Text(one_line(one.metric)),
            one.role,
            Text(_mean(every), style="bold"),
            str(every.cases),
            Text(str(missing), style="yellow" if missing else "dim"),
            *(Text(_mean(one.by_kind[kind])) for kind in kinds),
        )
    head = (
        f"{one_line(report.app)} {report.release[:12]} on suite {one_line(report.suite)}: {_answered(report)}"
    )
    return Group(Text(head), Text(), table, *_notes(tallies))


def run_json(report: RunReport) -> bytes:
    """The same for programs, with every score."""
    value: Json = {
        "schema": SCHEMA,
        "app": report.app,
        "release": report.release,
        "suite": report.suite,
        "run": report.run,
        "cases": len(report.cases),
        "proposed": report.proposed,
        "answered": sum(isinstance(one, Responded) for one in report.responses.values()),
        "unanswered": dict(_failures(report)),
        "metrics": {
            one.metric: {
                "rule": one.role,
                **_tally(one.all_cases),
                "by_kind": {kind: _tally(tally) for kind, tally in one.by_kind.items() if tally.cases},
            }
            for one in run_tallies(report)
        },
        "scores": {
            metric: {case: score_json(score) for case, score in by_case.items()}
            for metric, by_case in report.scores.items()
        },
    }
    return canonical_json(sayable(value))


def _metric(report: RunReport, metric: str, role: str, scores: Mapping[str, Score]) -> MetricTally:
    by_kind: dict[str, list[Score]] = {kind: [] for kind in _KINDS}
    for case, score in scores.items():
        if case in report.cases:
            by_kind[report.cases[case].kind].append(score)
    return MetricTally(
        metric=metric,
        role=role,
        all_cases=_counted(list(scores.values())),
        by_kind={kind: _counted(there) for kind, there in by_kind.items()},
    )


def _counted(scores: Sequence[Score]) -> Tally:
    values = [score.value for score in scores if isinstance(score, Scored)]
    reasons = Counter(score.reason for score in scores if isinstance(score, Unscored))
    return Tally(
        cases=len(scores), mean=fmean(values) if values else None, unscored=tuple(reasons.most_common())
    )


def _tally(tally: Tally) -> dict[str, Json]:
    return {"mean": tally.mean, "cases": tally.cases, "unscored": dict(tally.unscored)}


def _mean(tally: Tally) -> str:
    return "-" if tally.mean is None else f"{tally.mean:.3f}"


def _failures(report: RunReport) -> list[tuple[str, int]]:
    return Counter(one.kind for one in report.responses.values() if isinstance(one, NoResponse)).most_common()


def _answered(report: RunReport) -> str:
    answers = [one for one in report.responses.values() if isinstance(one, Responded)]
    abstained = sum(one.abstained for one in answers)
    failed = "".join(f", {count} {one_line(kind)}" for kind, count in _failures(report))
    left_out = f"; {report.proposed} proposed left out" if report.proposed else ""
    return (
        f"{len(answers)} of {len(report.cases)} cases answered, {abstained} by abstaining{failed}{left_out}"
    )


def _notes(tallies: Sequence[MetricTally]) -> list[RenderableType]:
    notes: list[RenderableType] = []
    for one in tallies:
        for reason, count in one.all_cases.unscored[:_MOST_REASONS]:
            notes.append(Text(f"{one_line(one.metric)} not measured: {count} x {one_line(reason)[:300]}"))
        if len(one.all_cases.unscored) > _MOST_REASONS:
            others = len(one.all_cases.unscored) - _MOST_REASONS
            notes.append(Text(f"{one_line(one.metric)} not measured: {others} more reasons"))
    return [Text(), *notes] if notes else []
