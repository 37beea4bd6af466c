"""Change what serves: promote a release, proven or by break-glass, or go back to one. One commit each.

What a pointer will name is written whole first, then the pointer in one step, then the commit. Killed at any
point, production is the old release or the new one, and doing the same again finishes it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from surefoot.errors import RefusedError
from surefoot.local import Report
from surefoot.local.locks import one_at_a_time
from surefoot.releases.approving import approval_asked_for, approval_files
from surefoot.releases.break_glass import (
    MOST_NAME,
    MOST_REASON,
    BreakGlass,
    break_glass_file,
    break_glass_of,
    check_break_glass,
    checked_words,
    read_break_glass,
)
from surefoot.releases.bundles import ReleaseBundle, load_parts, read_release
from surefoot.releases.channels import Pointer, channel_file
from surefoot.releases.conditions import Candidate, proofs_of
from surefoot.releases.deployment import Deployment, Found, receipts_of
from surefoot.releases.entry import check_entry
from surefoot.releases.pointing import PROMOTION_LOCK, Moved, Stand, bring, point, stand_of
from surefoot.releases.receipts import read_receipt, receipt_file
from surefoot.releases.runs import read_run, run_file
from surefoot.releases.signatures import Signatures, sign, signature_bytes, signature_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """Who breaks the glass and why, in one printable line each, and the key to sign that with, if any."""

    by: str
    reason: str
    signing_key: Path | None = None


async def promote(place: Deployment, candidate: Candidate, *, report: Report) -> Moved:
    """Put a proven release into production. RefusedError says which condition does not hold.

    Writes the release with its receipts and recorded responses to `serving/`, then the pointer, and commits
    these files and no others. Where production is this release already, an interrupted promotion is finished.
    """
    release = candidate.release
    async with one_at_a_time(place.state, PROMOTION_LOCK, report):
        stand = stand_of(place, release.manifest.app)
        if stand.is_there(release.digest) and stand.now is not None:
            return stand.moved(stand.now, None, None)
        stand.refuse_uncommitted(release.digest)
        proofs = await proofs_of(place, stand.repository, candidate, stand.replaced)
        approval = approval_asked_for(stand, release.digest, candidate.deciding)
        beside = proof_files(place, release, proofs)
        lines = [f"receipt: {proof.digest} by {proof.receipt.suite}" for proof in proofs]
        if approval is not None:
            beside |= approval_files(approval)
            lines.append(f"approved by: {approval.approval.by}")
        files = bring(place, release, beside)
        pointer = Pointer(release=release.digest, receipt=proofs[0].digest)
        message = _message(f"Promote {stand.app} to", pointer, stand.replaced, lines)
        return stand.moved(pointer, stand.replaced, point(stand, pointer, files, message))


async def break_glass(
    place: Deployment, release: ReleaseBundle, emergency: Emergency, *, report: Report
) -> Moved:
    """Put a release into production that nothing proves, by a record of who did it and why.

    Where the trust file lists keys, one of its break-glass keys must sign. InputError for a name or a reason
    that is none.
    """
    by = checked_words(emergency.by, what="the name", most=MOST_NAME)
    reason = checked_words(emergency.reason, what="the reason", most=MOST_REASON)
    async with one_at_a_time(place.state, PROMOTION_LOCK, report):
        stand = stand_of(place, release.manifest.app)
        if stand.is_there(release.digest) and stand.now is not None:
            return stand.moved(stand.now, None, None)
        stand.refuse_uncommitted(release.digest)
        record = BreakGlass(
            app=stand.app,
            release=release.digest,
            replaces=stand.replaced,
            by=by,
            reason=reason,
            made_at=datetime.now(UTC),
        )
        key = emergency.signing_key
        signature = None if key is None else sign(record.canonical(), key)
        signatures = Signatures(signature=signature, keys=place.trust.break_glass)
        check_break_glass(release.manifest, record, trust=place.trust, signatures=signatures)
        file = break_glass_file(place.promoted / release.digest, record.digest)
        beside = {file: record.canonical()}
        if signature is not None:
            beside[signature_file(file)] = signature_bytes(signature)
        files = bring(place, release, beside)
        pointer = Pointer(release=release.digest, break_glass=record.digest)
        message = _message(f"Break the glass: {stand.app} to", pointer, stand.replaced, _said(record))
        return stand.moved(pointer, stand.replaced, point(stand, pointer, files, message))


async def rollback(
    place: Deployment, app: str, *, to: ReleaseBundle | None = None, reason: str = "", report: Report
) -> Moved:
    """Point production back: to the release that the present one replaced, or to another that served.

    `reason` goes into the commit's message. An interrupted rollback is finished. RefusedError when production
    names the first release, or when nothing lets the release in that is to go back to.
    """
    async with one_at_a_time(place.state, PROMOTION_LOCK, report):
        stand = stand_of(place, app)
        now = stand.now
        if now is None:
            raise RefusedError(
                f"nothing of {app!r} is in production, so there is nothing to roll back",
                remedy="prove a first release with `surefoot gate run --against founding`, and promote it",
            )
        pointer = _goal(stand, now, to)
        replaced = stand.committed.release if now == pointer and stand.committed else now.release
        said = " ".join("".join(letter if letter.isprintable() else " " for letter in reason).split())
        lines = [*([f"reason: {said}"] if said else []), *_proof_lines(place, pointer)]
        message = _message(f"Roll {app} back to", pointer, replaced, lines)
        return stand.moved(pointer, replaced, point(stand, pointer, {}, message))


def _goal(stand: Stand, now: Pointer, to: ReleaseBundle | None) -> Pointer:
    """What to point back to."""
    place, committed = stand.place, stand.committed
    if to is not None:
        _refuse_never_served(stand, to.digest)
        return _proven(place, stand.app, to.digest)
    if committed is not None and now != committed and now.release == _baseline(place, committed):
        return now  # a rollback that was killed before its commit: one step back, not two
    before = _baseline(place, now)
    if before is None:
        raise RefusedError(
            f"{now.release} is the first release of {stand.app!r}: there is nothing before it",
            remedy="promote another release, or name one with --to",
        )
    return _proven(place, stand.app, before)


def _refuse_never_served(stand: Stand, release: str) -> None:
    """Where approvals are asked for, only what served goes back without one: a rollback asks for none."""
    name = stand.repository.name_of(channel_file(stand.place.serving, stand.app))
    search = ("log", "-1", "--format=%H", f"-S{release}", "HEAD", "--", name)
    if stand.place.trust.approvals_required and not stand.repository.read(*search):
        raise RefusedError(
            f"{release[:12]} never served, as far as this clone knows, and a rollback asks for no approval",
            remedy="promote it with an approval; where the clone is shallow, `git fetch --unshallow` first",
        )


def _baseline(place: Deployment, pointer: Pointer) -> str | None:
    """What the release replaced, by its own receipt or by the record of the break-glass."""
    folder = place.promoted / pointer.release
    if pointer.break_glass is not None:
        return read_break_glass(folder, pointer.break_glass).replaces
    return read_receipt(folder, pointer.proof).baseline


def _proven(place: Deployment, app: str, release: str) -> Pointer:
    """A release in `serving/` with its newest receipt that proves it, or with how it was let in without."""
    bundle = read_release(place.promoted, release)
    load_parts(bundle)
    if bundle.manifest.app != app:
        raise RefusedError(
            f"{release} is a release of {bundle.manifest.app!r}, not of {app!r}",
            remedy="name another release",
        )
    refusal: RefusedError | None = None
    ways = (
        *(Pointer(release=release, receipt=found.digest) for found in receipts_of([bundle.folder])),
        *(Pointer(release=release, break_glass=one.digest) for one in break_glass_of(bundle.folder)),
    )
    for pointer in ways:
        try:
            check_entry(bundle, pointer, trust=place.trust)
        except RefusedError as error:
            refusal = refusal or error
        else:
            return pointer
    why = f": {refusal.message}" if refusal else ""
    raise RefusedError(
        f"no receipt proves the release {release}{why}", remedy="name another release with --to"
    )


def proof_files(place: Deployment, release: ReleaseBundle, proofs: tuple[Found, ...]) -> dict[Path, bytes]:
    """The receipts, their signatures, and the recorded responses they rest on, as `serving/` has them."""
    target, folders = place.promoted / release.digest, place.folders_of(release.digest)
    files = {}
    for proof in proofs:
        for run in (proof.receipt.candidate_run, proof.receipt.baseline_run):
            if run is not None:
                files[run_file(target, run)] = read_run(folders, run)
        kept = receipt_file(target, proof.digest)
        signature = signature_file(receipt_file(proof.folder, proof.digest))
        if signature.is_file():
            files[signature_file(kept)] = signature.read_bytes()
        files[kept] = proof.receipt.canonical()
    return files


def _proof_lines(place: Deployment, pointer: Pointer) -> list[str]:
    if pointer.break_glass is None:
        return [f"receipt: {pointer.receipt}"]
    return _said(read_break_glass(place.promoted / pointer.release, pointer.break_glass))


def _said(record: BreakGlass) -> list[str]:
    return [
        f"break-glass: {record.digest}, nothing proves this release",
        f"by: {record.by}",
        f"why: {record.reason}",
    ]


def _message(subject: str, pointer: Pointer, replaced: str | None, lines: list[str]) -> str:
    every = (
        f"{subject} {pointer.release[:12]}",
        "",
        f"release: {pointer.release}",
        f"replaces: {replaced or 'nothing, it is the first'}",
        *lines,
    )
    return "\n".join(every) + "\n"
