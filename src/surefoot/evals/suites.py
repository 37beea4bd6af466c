"""A suite: cases, and the rules a release must meet on them. `evals/<suite>/suite.toml`, read strictly.

docs/reference/suites.md has the format.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import NotFoundError, SettingsError
from surefoot.evals.cases import load_cases
from surefoot.evals.catalogue import METRICS
from surefoot.evals.ports import MetricInfo
from surefoot.evals.sampling import stratified
from surefoot.records import Case, Invariant, Json, Rule, digest
from surefoot.records.encoding import plain
from surefoot.tables import Table, read_table

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What an app's releases are measured by.

    `rules` holds the blocking ones, then the advisory ones, then the judged ones, which are advisory and
    measured on `judged_sample` alone: ids of cases, chosen deterministically. `confidence` is that of each
    one-sided bound; `scored_at_least` the share of cases that must be scored for a blocking rule to count.
    `proposed` are cases that nobody has accepted yet: they decide nothing.
    """

    name: str
    app: str
    cases: tuple[Case, ...]
    rules: tuple[Rule, ...]
    invariants: tuple[Invariant, ...]
    confidence: float
    scored_at_least: float
    judged_sample: tuple[str, ...] = ()
    proposed: tuple[Case, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of what decides an outcome, 64 hex digits. Comments, order and the name do not matter."""
        return digest(
            {
                "schema": 1,
                "app": self.app,
                "confidence": self.confidence,
                "scored_at_least": self.scored_at_least,
                "cases": [_case_form(case) for case in sorted(self.cases, key=lambda case: case.id)],
                "rules": [plain(rule) for rule in sorted(self.rules, key=lambda rule: rule.metric)],
                "invariants": [plain(held) for held in sorted(self.invariants, key=lambda held: held.metric)],
                "judged_sample": sorted(self.judged_sample),
            }
        )

    def expected(self) -> Mapping[str, tuple[str, ...]]:
        """By metric, the cases that must have a score: all that it applies to; the sample if it is judged."""
        metrics = dict.fromkeys(
            [rule.metric for rule in self.rules] + [held.metric for held in self.invariants]
        )
        return {metric: self._measured_by(METRICS[metric]) for metric in metrics}

    def clusters(self) -> Mapping[str, str]:
        """The cluster of each case, by its id."""
        return {case.id: case.cluster for case in self.cases}

    def _measured_by(self, info: MetricInfo) -> tuple[str, ...]:
        sampled = info.needs == "judge"
        return tuple(
            case.id
            for case in self.cases
            if info.applies(case) and (not sampled or case.id in self.judged_sample)
        )


def load_suite(folder: Path) -> Suite:
    """The suite in that folder. Raises NotFoundError and SettingsError, each naming file and key."""
    file = folder / "suite.toml"
    if not file.is_file():
        raise _no_suite(folder)
    top = read_table(file)
    chosen = _cases(folder, top.table("cases"))
    cases = tuple(case for case in chosen if case.accepted)
    if not cases:
        raise SettingsError(
            f"{file}: none of the {len(chosen)} cases is accepted, all are proposed",
            remedy='read them, and take "status": "proposed" out of those that are right',
        )
    sample, judged = _judged(top, cases)
    suite = Suite(
        name=folder.name,
        app=top.text("app"),
        cases=cases,
        rules=(
            *(_rule(table, blocking=True) for table in _blocking(top)),
            *(_advisory(table) for table in _tables(top, "advisory")),
            *judged,
        ),
        invariants=tuple(_invariant(table) for table in _tables(top, "invariants")),
        confidence=top.number("confidence", 0.95, least=0.5, most=0.9999),
        scored_at_least=top.number("scored_at_least", 0.97, least=0.5, most=1.0),
        judged_sample=sample,
        proposed=tuple(case for case in chosen if not case.accepted),
    )
    top.refuse_others()
    _refuse_repeats(file, "rules", [rule.metric for rule in suite.rules])
    _refuse_repeats(file, "invariants", [invariant.metric for invariant in suite.invariants])
    return suite


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesPlace:
    """The app that a suite is for, and the file that its cases are in."""

    app: str
    file: Path


def cases_place(folder: Path) -> CasesPlace:
    """Where the cases of the suite in that folder are, whatever else is wrong with it.

    They need not be there yet. Raises NotFoundError and SettingsError.
    """
    file = folder / "suite.toml"
    if not file.is_file():
        raise _no_suite(folder)
    top = read_table(file)
    return CasesPlace(app=top.text("app"), file=_cases_folder(folder, top.table("cases")) / "cases.jsonl")


def _no_suite(folder: Path) -> NotFoundError:
    near = sorted(other.parent.name for other in folder.parent.glob("*/suite.toml"))
    file = folder / "suite.toml"
    return NotFoundError(
        f"there is no suite {folder.name!r}: {file} is not there",
        remedy=f"use one of: {', '.join(near)}" if near else f"write {file}",
    )


def _tables(top: Table, key: str) -> tuple[Table, ...]:
    return top.tables(key) if top.has(key) else ()


def _blocking(top: Table) -> tuple[Table, ...]:
    """The blocking rules; there may be none where invariants decide."""
    return _tables(top, "rules") if top.has("invariants") else top.tables("rules")


def _cases(folder: Path, table: Table) -> tuple[Case, ...]:
    """All cases of the suite beside, or of the one named, or the stated ones of them; in the file's order."""
    source = _cases_folder(folder, table)
    everything = load_cases(source / "cases.jsonl")
    ids = table.texts("ids") if table.has("ids") else None
    table.refuse_others()
    if ids is None:
        return everything
    there = {case.id for case in everything}
    for number, wanted in enumerate(ids):
        if wanted not in there:
            raise table.wrong(
                "ids", wanted, f"ids of {source / 'cases.jsonl'}{_meant(wanted, sorted(there))}"
            )
        if wanted in ids[:number]:
            raise table.wrong("ids", wanted, "ids that are each there once")
    if not ids:
        raise table.wrong("ids", [], "one id or more, or leave ids out to take every case")
    return tuple(case for case in everything if case.id in ids)


def _cases_folder(folder: Path, table: Table) -> Path:
    """The suite's own folder, or the one beside it that is named."""
    if not table.has("from"):
        return folder
    name = table.text("from")
    source = folder.parent / name
    if not _NAME.fullmatch(name) or not (source / "cases.jsonl").is_file():
        near = sorted(other.parent.name for other in folder.parent.glob("*/cases.jsonl"))
        raise table.wrong("from", name, f"a folder beside this one that has cases: {', '.join(near)}")
    return source


def _metric(table: Table, key: str, name: str) -> MetricInfo:
    if name not in METRICS:
        raise table.wrong(key, name, f"one of {', '.join(METRICS)}{_meant(name, list(METRICS))}")
    return METRICS[name]


def _meant(name: str, there: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, there, n=3)
    return f"; is {' or '.join(map(repr, near))} meant?" if near else ""


def _rule(table: Table, *, blocking: bool) -> Rule:
    info = _metric(table, "metric", table.text("metric"))
    floor = table.number("floor", least=info.lowest, most=info.highest) if table.has("floor") else None
    rule = _rule_of(info, blocking=blocking, margin=_margin(table, info), floor=floor)
    table.refuse_others()
    return rule


def _advisory(table: Table) -> Rule:
    rule = _rule(table, blocking=False)
    if rule.judged:
        raise table.wrong(
            "metric",
            rule.metric,
            "a metric without a judge; judged ones are named in [judged] and its sample",
        )
    return rule


def _rule_of(info: MetricInfo, *, blocking: bool, margin: float, floor: float | None) -> Rule:
    return Rule(
        metric=info.name,
        blocking=blocking,
        margin=margin,
        floor=floor,
        lower_is_better=info.lower_is_better,
        lowest=info.lowest,
        highest=info.highest,
        judged=info.needs == "judge",
    )


def _margin(table: Table, info: MetricInfo) -> float:
    widest = info.highest - info.lowest
    margin = table.number("margin", least=0.0, most=widest)
    if margin == 0:
        raise table.wrong(
            "margin", margin, f"a number above 0, up to {widest:g}: no run can show a loss of 0"
        )
    return margin


def _invariant(table: Table) -> Invariant:
    info = _metric(table, "metric", table.text("metric"))
    if info.needs == "judge":
        raise table.wrong("metric", info.name, "a metric without a judge: an invariant may not rest on one")
    held = Invariant(
        metric=info.name, at_least=table.number("at_least", least=info.lowest, most=info.highest)
    )
    table.refuse_others()
    return held


def _judged(top: Table, cases: Sequence[Case]) -> tuple[tuple[str, ...], tuple[Rule, ...]]:
    """The sample, and an advisory rule for each judged metric."""
    if not top.has("judged"):
        return (), ()
    table = top.table("judged")
    infos = [_metric(table, "metrics", name) for name in table.texts("metrics")]
    for info in infos:
        if info.needs != "judge":
            raise table.wrong(
                "metrics", info.name, "judged metrics; this one belongs in [[rules]] or [[advisory]]"
            )
    if not infos:
        raise table.wrong("metrics", [], "one judged metric or more, or remove [judged]")
    able = [case for case in cases if any(info.applies(case) for info in infos)]
    count = table.integer("cases", least=1, most=len(able))
    rules = tuple(_rule_of(info, blocking=False, margin=_margin(table, info), floor=None) for info in infos)
    table.refuse_others()
    return stratified(able, count), rules


def _refuse_repeats(file: Path, where: str, metrics: Sequence[str]) -> None:
    for metric in metrics:
        if metrics.count(metric) > 1:
            raise SettingsError(
                f"{file}: {metric!r} stands {metrics.count(metric)} times in {where}",
                remedy="let each metric have one rule: blocking, advisory or judged",
            )


def _case_form(case: Case) -> Json:
    """A case's canonical form; what it need not have stands there only where it has it.

    Where it came from is not part of it, for that decides nothing; nor is its status, for it is accepted.
    """
    form = plain(case)
    if isinstance(form, dict):
        del form["provenance"], form["status"]
        for name in ("groups", "planted", "split"):
            if not form[name]:
                del form[name]
    return form
