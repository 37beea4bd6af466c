"""Keep up with the documents: a release over them as they are now, proven, and proposed or promoted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from surefoot.errors import RefusedError, SettingsError
from surefoot.evals.suites import Suite
from surefoot.local import Report
from surefoot.local.locks import one_at_a_time
from surefoot.records import Passage
from surefoot.releases import AppFile, write_release
from surefoot.releases.bundles import ReleaseBundle, read_release
from surefoot.releases.deployment import Found, newest, receipts_of
from surefoot.releases.pointing import Moved
from surefoot.releases.proposing import Proposal, check_proposable, propose
from surefoot.releases.receipts import Receipt, receipt_file
from surefoot.releases.signatures import signature_file
from surefoot.releases.taken_back import refuse_taken_back
from surefoot.reports.refresh_markdown import RefreshReport, refresh_markdown
from surefoot.retrieval.build import BuildProgress, BuildReport, build_snapshot
from surefoot.retrieval.snapshots import PASSAGES, document_digests
from surefoot.wiring.bringing import bring_documents
from surefoot.wiring.gating import Gated, GateOrder, reported, run_gate
from surefoot.wiring.guarding import suites_guarding
from surefoot.wiring.indexing import embedder_of, engine, present_snapshot, tokens_of
from surefoot.wiring.machine import Machine
from surefoot.wiring.project import Project
from surefoot.wiring.promoting import promote_release
from surefoot.wiring.releasing import Chosen, in_production, production_pointer
from surefoot.wiring.revisions import revision_of

LOCK = "refresh"
REPORT = "refresh.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What came of a refresh of one app; `report` is None where its documents make what serves already.

    Either `moved` or `proposal` is there then. `held_back` says why it was not promoted although the settings
    say so, or why nobody should before looking; "" for no such reason. `notes` says of documents that lie
    elsewhere which could not be brought anew, and why.
    """

    app: str
    serves: str
    report: RefreshReport | None = None
    gated: tuple[Gated, ...] = ()
    proposal: Proposal | None = None
    moved: Moved | None = None
    held_back: str = ""
    notes: tuple[str, ...] = ()


async def refresh(
    project: Project,
    app: AppFile,
    order: GateOrder,
    report: Report,
    progress: Callable[[BuildProgress], None],
) -> Refreshed:
    """Prove what production is over the documents as they are now, and propose or promote it.

    Only the documents differ from production: its own prompts, recipe and code are taken, whatever the
    working tree has. RefusedError where nothing is in production, or where it may not serve.
    """
    if project.settings.docs is not None:
        raise SettingsError(
            "the setting docs is on: its folder stands in for every corpus, and no release is over it",
            remedy="unset SUREFOOT_DOCS, or `docs` in the settings",
        )
    check_proposable(project.deployment)
    async with one_at_a_time(project.settings.folders.state, LOCK, report):
        serves = in_production(project, app, production_pointer(project, app))
        notes = await bring_documents(project, project.corpus_of(app), progress, anew=True)
        built = await _built(project, app, serves, report, progress)
        if built is None:
            return Refreshed(app=app.name, serves=serves.manifest.digest, notes=notes)
        release = _release_over(project, serves, built)
        gated = await _gated(project, app, release, serves, order, report)
        said = _report(project, serves, release, built, gated)
        return replace(await _settle(project, release, said, gated, report), notes=notes)


async def _built(
    project: Project,
    app: AppFile,
    serves: Chosen,
    report: Report,
    progress: Callable[[BuildProgress], None],
) -> BuildReport | None:
    """The snapshot of the documents as they are now, by production's recipe; None where that one serves."""
    corpus, recipe = project.corpus_of(app), serves.parts.recipe
    if recipe != project.recipe_of(app):
        # A name of its own: the pointer of the working tree's recipe stays where it is.
        recipe = replace(recipe, name=f"release-{serves.manifest.digest[:12]}")
    await Machine(project, report).bring_embedder()
    async with embedder_of(project) as embedder:
        if await present_snapshot(corpus, recipe, embedder) == serves.manifest.snapshot:
            return None
        return await build_snapshot(
            corpus,
            recipe,
            embedder,
            project.snapshots,
            engine=engine(tokens=tokens_of(project)),
            progress=progress,
        )


def _release_over(project: Project, serves: Chosen, built: BuildReport) -> ReleaseBundle:
    """What is in production, over another snapshot: a candidate in the state directory."""
    manifest = replace(
        serves.manifest, snapshot=built.snapshot.digest, passages=built.snapshot.passages_digest
    )
    promoted, candidates = project.deployment.folders
    folder = promoted / serves.manifest.digest
    write_release(candidates, manifest, {name: (folder / name).read_bytes() for name in serves.parts.files})
    return read_release(candidates, manifest.digest)


async def _gated(
    project: Project,
    app: AppFile,
    release: ReleaseBundle,
    serves: Chosen,
    order: GateOrder,
    report: Report,
) -> tuple[Gated, ...]:
    """What each suite says; one that has said it already, of the same on both sides, is not asked again."""
    suites = suites_guarding(project, app)
    standing = _standing(project, release, suites, serves.manifest.digest, order.signing_key)
    if suites and len(standing) == len(suites):
        return tuple(reported(project, standing[one.name].receipt, one.cases) for one in suites)
    return await run_gate(project, replace(order, app=app.name, release=release.digest), report)


def _standing(
    project: Project, release: ReleaseBundle, suites: tuple[Suite, ...], baseline: str, key: Path | None
) -> Mapping[str, Found]:
    """The newest receipt by each suite, where it was earned over just what is committed and serves now."""
    content = revision_of(project).content
    there = receipts_of(project.deployment.folders_of(release.digest))
    found = {}
    for suite in suites:

        def suits(receipt: Receipt, suite: Suite = suite) -> bool:
            return receipt.suite == suite.name

        one = newest(there, suits)
        if (
            one is not None
            and (one.receipt.suite_digest, one.receipt.baseline) == (suite.digest, baseline)
            and (one.receipt.content, one.receipt.uncommitted) == (content, False)
            and (key is None or signature_file(receipt_file(one.folder, one.digest)).is_file())
        ):
            found[suite.name] = one
    return found


def _report(
    project: Project, serves: Chosen, release: ReleaseBundle, built: BuildReport, gated: tuple[Gated, ...]
) -> RefreshReport:
    before = project.snapshots / serves.manifest.snapshot
    old = document_digests(before) if before.is_dir() else {}
    new = document_digests(built.snapshot.path)
    files = engine().files
    known = files.read_passages(before / PASSAGES) if before.is_dir() else ()
    passages = files.read_passages(built.snapshot.path / PASSAGES)
    return RefreshReport(
        app=serves.manifest.app,
        release=release.digest,
        serves=serves.manifest.digest,
        compared=before.is_dir(),
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(name for name in new.keys() & old.keys() if new[name] != old[name])),
        skipped={one.source: one.reason for one in built.documents if one.outcome == "skipped"},
        suspicious=_suspicious(known, passages),
        gates=tuple(one.report for one in gated),
    )


def _suspicious(before: tuple[Passage, ...], after: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """The passages that a scan marked and that production has not, marked, already."""
    known = {(one.source, one.text, one.suspicions) for one in before}
    return tuple(
        one for one in after if one.suspicions and (one.source, one.text, one.suspicions) not in known
    )


async def _settle(
    project: Project, release: ReleaseBundle, said: RefreshReport, gated: tuple[Gated, ...], report: Report
) -> Refreshed:
    """Promote where that is asked for and nothing speaks against it; else propose."""
    done = Refreshed(app=said.app, serves=said.serves, report=said, gated=gated)
    held_back = said.poisoned
    if project.settings.refresh.promote and said.outcome == "PASS" and not held_back:
        try:
            refuse_taken_back(project.deployment, said.app, release.digest)
            return replace(done, moved=await promote_release(project, release.digest, said.app, report))
        except RefusedError as error:
            held_back = f"{error.message}; to mend it: {error.remedy}"
    said = replace(said, held_back=held_back)
    place = project.deployment
    named = {one.report.digest for one in gated}
    proofs = tuple(one for one in receipts_of(place.folders_of(release.digest)) if one.digest in named)
    page = refresh_markdown(said).encode()
    proposal = propose(place, release, proofs, notes={REPORT: page}, why=said.in_short)
    return replace(done, report=said, proposal=proposal, held_back=held_back)
