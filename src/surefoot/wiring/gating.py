"""The gate's whole way: choose, ask, score, decide, and write the receipt with its reports."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from surefoot.errors import EvaluationError
from surefoot.evals.runs import RecordedRun
from surefoot.evals.suites import Suite
from surefoot.gate import decide
from surefoot.local import Notice, Report
from surefoot.records import Case, Response
from surefoot.releases.bundles import ReleaseBundle, find_release
from surefoot.releases.differences import diff
from surefoot.releases.receipts import Receipt, receipt_file, write_receipt
from surefoot.releases.runs import RUNS, read_run, write_run
from surefoot.releases.signatures import sign, write_signature
from surefoot.reports.gate_report import GateReport
from surefoot.reports.writing import write_reports
from surefoot.wiring.candidates import baseline_of, candidate_of
from surefoot.wiring.evaluating import (
    Bench,
    ask,
    bench_of,
    index_working_tree,
    reuse,
    score,
)
from surefoot.wiring.guarding import suites_chosen
from surefoot.wiring.project import Project
from surefoot.wiring.revisions import Revision, revision_of
from surefoot.wiring.verifying import INSTRUMENTS, metrics_of, rules_of, sheet_of, strictness_of


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOrder:
    """What to prove, and against what. None: the first app, the working tree, the suites of its prompt."""

    app: str | None
    release: str | None
    against: str
    suite: str | None
    judged: bool
    concurrency: int
    signing_key: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """What one suite said: the report, and the files that hold it."""

    report: GateReport
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What is compared; the baseline is None in a founding gate.

    `revision` is what was committed when the candidate was made, before the minutes of asking.
    """

    candidate: ReleaseBundle
    baseline: ReleaseBundle | None
    revision: Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """What both sides answered; the baseline is None in a founding gate."""

    candidate: RecordedRun
    baseline: RecordedRun | None


async def run_gate(project: Project, order: GateOrder, report: Report) -> tuple[Gated, ...]:
    """Prove a release by each suite, one after the other. A receipt is left whatever the verdict is."""
    app = project.app_named(order.app)
    suites = suites_chosen(project, app, order.suite)
    baseline = baseline_of(project, app, order.against)
    async with bench_of(project, report) as bench:
        if order.release is None:
            await index_working_tree(project, app, bench.embedder, report)
        sides = Sides(
            candidate=candidate_of(project, app, order.release),
            baseline=baseline,
            revision=revision_of(project),
        )
        return tuple([await _gate(bench, suite, sides, order) for suite in suites])


async def _gate(bench: Bench, suite: Suite, sides: Sides, order: GateOrder) -> Gated:
    candidate, baseline, revision = sides.candidate, sides.baseline, sides.revision
    rules = rules_of(suite, judged=order.judged)
    if suite.proposed:
        left_out = f"{suite.name}: {len(suite.proposed)} proposed of its cases are left out"
        bench.report(Notice(text=left_out))
    wanted = metrics_of(suite, rules)
    arms = await _ask_both(bench, suite, candidate, baseline, order.concurrency)
    after = await score(bench, suite, arms.candidate, wanted, step="scoring the candidate")
    before = None
    if arms.baseline is not None:
        before = await score(bench, suite, arms.baseline, wanted, step="scoring production")
    verdict = decide(rules, suite.invariants, sheet_of(suite, rules, after, before), strictness_of(suite))
    receipt = Receipt(
        app=candidate.manifest.app,
        release=candidate.digest,
        baseline=None if baseline is None else baseline.digest,
        baseline_app=None if baseline is None else baseline.manifest.app,
        model=candidate.manifest.model,
        suite=suite.name,
        suite_digest=suite.digest,
        instruments=INSTRUMENTS,
        content=revision.content,
        revision=revision.commit,
        uncommitted=revision.uncommitted,
        made_at=datetime.now(UTC),
        candidate_run=write_run(candidate.folder, arms.candidate.to_bytes()),
        baseline_run=None if arms.baseline is None else write_run(candidate.folder, arms.baseline.to_bytes()),
        candidate_scores=after,
        baseline_scores=before,
        verdict=verdict,
    )
    digest = write_receipt(candidate.folder, receipt)
    if order.signing_key is not None:
        signature = sign(receipt.canonical(), order.signing_key)
        write_signature(receipt_file(candidate.folder, digest), signature)
    return reported(bench.project, receipt, suite.cases)


async def _ask_both(
    bench: Bench, suite: Suite, candidate: ReleaseBundle, baseline: ReleaseBundle | None, concurrency: int
) -> Arms:
    """Both sides at the same time, so that whatever the server goes through meets them alike.

    The same release on both sides is asked once more, as the repeat 1: that measures the noise of the gate.
    """
    asked = "asking the candidate"
    if baseline is None:
        run = await ask(bench, candidate, suite.cases, step=asked, repeat=0, concurrency=concurrency)
        return Arms(candidate=run, baseline=None)
    repeat = int(candidate.digest == baseline.digest)
    if baseline.manifest.model != candidate.manifest.model:
        recorded = _recorded_by_another_model(baseline, suite)
        run = await ask(bench, candidate, suite.cases, step=asked, repeat=repeat, concurrency=concurrency)
        return Arms(candidate=run, baseline=recorded)
    stored = sum(reuse(bench, run, suite.cases) for run in _recorded(baseline))
    if stored:
        bench.report(Notice(text=f"production: {stored} recorded responses answer for it"))
    each = concurrency if stored >= len(suite.cases) else max(1, concurrency // 2)
    async with asyncio.TaskGroup() as both:
        old = both.create_task(
            ask(bench, baseline, suite.cases, step="asking production", repeat=0, concurrency=each)
        )
        new = both.create_task(
            ask(bench, candidate, suite.cases, step=asked, repeat=repeat, concurrency=each)
        )
    return Arms(candidate=new.result(), baseline=old.result())


def _recorded(baseline: ReleaseBundle) -> Sequence[RecordedRun]:
    """The runs of a release that stand beside it, whole ones."""
    digests = sorted(file.stem for file in (baseline.folder / RUNS).glob("*.jsonl"))
    runs = [RecordedRun.from_bytes(read_run([baseline.folder], digest)) for digest in digests]
    return [run for run in runs if run.release == baseline.digest]


def _recorded_by_another_model(baseline: ReleaseBundle, suite: Suite) -> RecordedRun:
    """What production answered when its model was served: that model is not, so it cannot be asked again."""
    for run in _recorded(baseline):
        there = run.responses_to(suite.cases)
        if run.repeat == 0 and len(there) == len(suite.cases):
            return RecordedRun.of(
                baseline.manifest,
                suite.cases,
                [there[case.id] for case in suite.cases],
                fingerprint=run.fingerprint,
            )
    raise EvaluationError(
        f"production answers by another model ({baseline.manifest.model_alias!r}), which is not served here, "
        f"and its responses to all {len(suite.cases)} cases of {suite.name!r} are not recorded",
        remedy="run the suite where that model is served and promote again, so that its responses are kept",
    )


def reported(project: Project, receipt: Receipt, cases: Sequence[Case]) -> Gated:
    """A receipt's report, in every form, from what was recorded with it."""
    folders = project.deployment.folders
    release = [folder / receipt.release for folder in folders]
    candidate = RecordedRun.from_bytes(read_run(release, receipt.candidate_run)).responses_to(cases)
    baseline: Mapping[str, Response] = {}
    if receipt.baseline_run is not None:
        baseline = RecordedRun.from_bytes(read_run(release, receipt.baseline_run)).responses_to(cases)
    report = GateReport(
        receipt=receipt,
        digest=receipt.digest,
        cases={case.id: case for case in cases},
        candidate=candidate,
        baseline=baseline,
        prompt_diff=_prompt_diff(project, receipt),
    )
    return Gated(
        report=report, files=write_reports(report, project.settings.folders.state / "gate" / receipt.digest)
    )


def _prompt_diff(project: Project, receipt: Receipt) -> str:
    """How the two releases' prompts and code differ, line by line; nothing in a founding gate."""
    if receipt.baseline is None:
        return ""
    before, after = (
        find_release(project.deployment.folders, digest) for digest in (receipt.baseline, receipt.release)
    )
    shown = ("prompt", "prompts", "pipeline")
    lines = [line for part in diff(before, after) if part.part in shown for line in part.lines]
    return "\n".join(lines)
