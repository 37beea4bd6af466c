"""Change what serves: promote a proven release, or go back to one. One at a time, one commit each.

What a pointer will name is written whole first, then the pointer in one step, then the commit. Killed at any
point, production is the old release or the new one, and doing the same again finishes it.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import RefusedError, SettingsError
from surefoot.files import replace_file
from surefoot.local import Report
from surefoot.local.locks import one_at_a_time
from surefoot.releases.bundles import (
    ReleaseBundle,
    cannot_write,
    load_parts,
    read_release,
    write_release,
)
from surefoot.releases.channels import (
    Pointer,
    channel_bytes,
    channel_file,
    parse_channel,
    read_channel,
    write_channel,
)
from surefoot.releases.conditions import Candidate, proofs_of
from surefoot.releases.deployment import Deployment, Found, receipts_of, refuse_links
from surefoot.releases.git import Head, Repository, open_repository
from surefoot.releases.manifests import MANIFEST
from surefoot.releases.proofs import check_proof
from surefoot.releases.receipts import RECEIPTS, read_receipt, receipt_file
from surefoot.releases.runs import RUNS, read_run, run_file
from surefoot.releases.signatures import read_signatures, signature_file

# The bytes are what was proven: Git is told to hand them out as they are, on every machine.
_ATTRIBUTES = (".gitattributes", b"* -text -filter -ident\n")
_LOCK = "promotion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What production of an app names now, and what it named before, None for nothing.

    `commit` is the one that says so, None when it was said already. `branch` is as in Head.
    """

    app: str
    pointer: Pointer
    replaced: str | None
    commit: str | None
    branch: str | None


async def promote(place: Deployment, candidate: Candidate, *, report: Report) -> Moved:
    """Put a proven release into production. RefusedError says which condition does not hold.

    Writes the release with its receipts and recorded responses to `serving/`, then the pointer, and commits
    these files and no others. Where production is this release already, an interrupted promotion is finished.
    """
    app = candidate.release.manifest.app
    async with one_at_a_time(place.state, _LOCK, report):
        repository, head = _opened(place, app)
        now, committed = read_channel(place.serving, app), _committed(repository, place, app)
        digest = candidate.release.digest
        if now is not None and now == committed and now.release == digest:
            return Moved(app=app, pointer=now, replaced=None, commit=None, branch=head.branch)
        if now is None or now.release != digest:
            _refuse_uncommitted_pointer(app, now, committed)
        replaced = None if committed is None else committed.release
        proofs = await proofs_of(place, repository, candidate, replaced)
        files = _bring(place, candidate.release, proofs)
        pointer = Pointer(release=digest, receipt=proofs[0].digest)
        message = _promotion_message(app, pointer, replaced, proofs)
        commit = _point(place, app, pointer, files, message, repository, head)
        return Moved(app=app, pointer=pointer, replaced=replaced, commit=commit, branch=head.branch)


async def rollback(
    place: Deployment, app: str, *, to: ReleaseBundle | None = None, reason: str = "", report: Report
) -> Moved:
    """Point production back: to the release that the present one replaced, or to another proven one.

    `reason` goes into the commit's message. An interrupted rollback is finished. RefusedError when production
    names the first release, or when no receipt proves the release to go back to.
    """
    async with one_at_a_time(place.state, _LOCK, report):
        repository, head = _opened(place, app)
        now, committed = read_channel(place.serving, app), _committed(repository, place, app)
        if now is None:
            raise RefusedError(
                f"nothing of {app!r} is in production, so there is nothing to roll back",
                remedy="prove a first release with `surefoot gate run --against founding`, and promote it",
            )
        pointer = _goal(place, app, now, committed, to)
        replaced = committed.release if now == pointer and committed is not None else now.release
        message = _rollback_message(app, pointer, replaced, reason)
        commit = _point(place, app, pointer, {}, message, repository, head)
        return Moved(app=app, pointer=pointer, replaced=replaced, commit=commit, branch=head.branch)


def _opened(place: Deployment, app: str) -> tuple[Repository, Head]:
    """The repository, once everything else a commit needs is there too: before anything is written."""
    repository = open_repository(place.serving)
    repository.check_identity()
    for path in (*place.promotion_folders, channel_file(place.serving, app)):
        refuse_links(place.serving, path)
    return repository, repository.head()


def _committed(repository: Repository, place: Deployment, app: str) -> Pointer | None:
    """What HEAD says that production is; None where it says nothing that can be read."""
    file = channel_file(place.serving, app)
    content = repository.committed(file)
    with suppress(SettingsError):
        return None if content is None else parse_channel(content, file)
    return None


def _refuse_uncommitted_pointer(app: str, now: Pointer | None, committed: Pointer | None) -> None:
    """What is to be replaced must be what was committed: else a deleted pointer would let a founding in."""
    if now != committed:
        names = [pointer.release if pointer else "nothing" for pointer in (now, committed)]
        raise RefusedError(
            f"production of {app!r} names {names[0]} here and {names[1]} in the last commit",
            remedy="take the pointer back with `git restore`, or finish what was begun: promote the release "
            "that it names, or roll back to it with --to",
        )


def _goal(
    place: Deployment, app: str, now: Pointer, committed: Pointer | None, to: ReleaseBundle | None
) -> Pointer:
    """What to point back to."""
    if to is not None:
        return _proven(place, app, to.digest)
    if committed is not None and now != committed and now.release == _baseline(place, committed):
        return now  # a rollback that was killed before its commit: one step back, not two
    before = _baseline(place, now)
    if before is None:
        raise RefusedError(
            f"{now.release} is the first release of {app!r}: there is nothing before it",
            remedy="promote another release, or name one with --to",
        )
    return _proven(place, app, before)


def _baseline(place: Deployment, pointer: Pointer) -> str | None:
    """What the pointer's own receipt was compared with."""
    return read_receipt(place.promoted / pointer.release, pointer.receipt).baseline


def _proven(place: Deployment, app: str, release: str) -> Pointer:
    """A release in `serving/` with its newest receipt that proves it."""
    bundle = read_release(place.promoted, release)
    load_parts(bundle)
    if bundle.manifest.app != app:
        raise RefusedError(
            f"{release} is a release of {bundle.manifest.app!r}, not of {app!r}",
            remedy="name another release",
        )
    refusal: RefusedError | None = None
    for found in receipts_of([bundle.folder]):
        try:
            signatures = read_signatures(place.trust, bundle.folder, found.digest)
            check_proof(bundle.manifest, found.receipt, signatures=signatures)
        except RefusedError as error:
            refusal = refusal or error
        else:
            return Pointer(release=release, receipt=found.digest)
    why = f": {refusal.message}" if refusal else ""
    raise RefusedError(
        f"no receipt proves the release {release}{why}", remedy="name another release with --to"
    )


def _bring(place: Deployment, release: ReleaseBundle, proofs: tuple[Found, ...]) -> dict[Path, bytes]:
    """Write the release and all its proofs rest on to `serving/`. Returns the files, for the commit."""
    target = place.promoted / release.digest
    names = load_parts(release).files
    for name in ("", RECEIPTS, RUNS, *names):
        refuse_links(place.serving, target / name)
    write_release(
        place.promoted, release.manifest, {name: (release.folder / name).read_bytes() for name in names}
    )
    files = {target / name: (target / name).read_bytes() for name in (MANIFEST, *names)}
    files[place.promoted / _ATTRIBUTES[0]] = _ATTRIBUTES[1]
    folders = place.folders_of(release.digest)
    for proof in proofs:
        for run in (proof.receipt.candidate_run, proof.receipt.baseline_run):
            if run is not None:
                files[run_file(target, run)] = read_run(folders, run)
        kept = receipt_file(target, proof.digest)
        signature = signature_file(receipt_file(proof.folder, proof.digest))
        if signature.is_file():
            files[signature_file(kept)] = signature.read_bytes()
        files[kept] = proof.receipt.canonical()
    for file, content in files.items():
        _keep(file, content)
    return files


def _keep(file: Path, content: bytes) -> None:
    """Write a file that is not there with these bytes already."""
    _tidy(file)
    if file.is_symlink() or not file.is_file() or file.read_bytes() != content:
        try:
            replace_file(file, content)
        except OSError as error:
            raise cannot_write(file, error) from error


def _tidy(file: Path) -> None:
    """Remove what a killed promotion left of a file that it was writing."""
    for left in file.parent.glob(f".{file.name}.*"):
        left.unlink(missing_ok=True)


def _point(
    place: Deployment,
    app: str,
    pointer: Pointer,
    files: Mapping[Path, bytes],
    message: str,
    repository: Repository,
    head: Head,
) -> str | None:
    """Swap the pointer and commit; when the commit fails, the pointer is what it was."""
    file = channel_file(place.serving, app)
    before = file.read_bytes() if file.is_file() else None
    _tidy(file)
    try:
        write_channel(place.serving, app, pointer)
        return repository.commit_files({**files, file: channel_bytes(pointer)}, message, head)
    except BaseException:
        with suppress(OSError):  # the reason is the one to tell
            if before is None:
                file.unlink(missing_ok=True)
            else:
                replace_file(file, before)
        raise


def _promotion_message(app: str, pointer: Pointer, replaced: str | None, proofs: tuple[Found, ...]) -> str:
    lines = [
        f"Promote {app} to {pointer.release[:12]}",
        "",
        f"release: {pointer.release}",
        f"replaces: {replaced or 'nothing, it is the first'}",
        *(f"receipt: {proof.digest} by {proof.receipt.suite}" for proof in proofs),
    ]
    return "\n".join(lines) + "\n"


def _rollback_message(app: str, pointer: Pointer, replaced: str, reason: str) -> str:
    said = " ".join("".join(letter if letter.isprintable() else " " for letter in reason).split())
    lines = [
        f"Roll {app} back to {pointer.release[:12]}",
        "",
        *([f"reason: {said}"] if said else []),
        f"release: {pointer.release}",
        f"replaces: {replaced}",
        f"receipt: {pointer.receipt}",
    ]
    return "\n".join(lines) + "\n"
