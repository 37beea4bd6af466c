"""What a bundle proves: that its files are what its digests say, and its releases what let them in says."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from surefoot.models.catalogue import load_models
from surefoot.releases.apps import load_app
from surefoot.releases.break_glass import BreakGlass, break_glass_signatures
from surefoot.releases.bundles import ReleaseBundle, cannot_write, load_parts, read_release
from surefoot.releases.channels import Pointer, read_channel
from surefoot.releases.entry import Entry, check_entry
from surefoot.releases.oci.bundle import Bundle, wrong
from surefoot.releases.oci.layout import Layout
from surefoot.releases.oci.names import APPS, MODELS, RELEASES, SNAPSHOTS, is_small, second_parts
from surefoot.releases.receipts import Receipt
from surefoot.releases.signatures import read_signatures
from surefoot.releases.trust import Trust
from surefoot.retrieval import snapshots


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A release in a bundle, and what lets it in: a receipt that holds, or the record of a break-glass.

    `signer` is the trusted key that signed that, None where the trust file lists none. `recorded` says
    whether the recorded responses of a receipt are there, from which it can be computed again.
    """

    app: str
    release: str
    receipt: str | None
    break_glass: str | None
    let_in_by: str
    signer: str | None
    recorded: bool
    passages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A bundle whose every byte was read and found to be what it says."""

    bundle: str
    channel: str
    files: int
    size: int
    releases: tuple[Proven, ...]

    def words(self) -> Iterator[str]:
        """What is proven and what is not, a sentence a line."""
        yield (
            f"bundle {self.bundle}: {self.files} files, {self.size} bytes, each with the SHA-256 that its "
            "manifest names"
        )
        for one in self.releases:
            yield (
                f"{one.app}: {self.channel} is the release {one.release}, and prompts, recipe and code are "
                "those that it pins"
            )
            yield f"{one.app}: {one.let_in_by}"
            yield f"{one.app}: {_signed(one)}"
            yield f"{one.app}: the snapshot has the {one.passages} passages that the release pins"
            if one.receipt is not None:
                yield f"{one.app}: {_recorded(one)}"


def verify_bundle(layout: Layout, bundle: Bundle, *, trust: Trust) -> Verified:
    """Read all of a bundle and check what it proves. Writes nothing but a temporary copy of its small files.

    RefusedError, or the error of a file in it, says what does not hold, and of which blob.
    """
    for blob in {file.digest: file for file in bundle.files}.values():
        layout.check(blob)
    with _laid_out(layout, bundle) as top:
        load_models(top / MODELS)
        proven = tuple(_proven(bundle, top, app, trust) for app in bundle.releases)
        pinned = {read_release(top / RELEASES, one.release).manifest.snapshot for one in proven}
    if others := second_parts((file.name for file in bundle.files), SNAPSHOTS) - pinned:
        raise wrong(
            f"the bundle {bundle.digest}", f"it holds the snapshot {min(others)}, which no release pins"
        )
    return Verified(
        bundle=bundle.digest,
        channel=bundle.channel,
        files=len(bundle.files),
        size=bundle.size,
        releases=proven,
    )


@contextmanager
def _laid_out(layout: Layout, bundle: Bundle) -> Iterator[Path]:
    """The small files of a bundle, in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="surefoot-bundle-") as name:
        top = Path(name)
        try:
            for file in (one for one in bundle.files if is_small(one.name)):
                (top / file.name).parent.mkdir(parents=True, exist_ok=True)
                with (top / file.name).open("xb") as stream:
                    layout.copy(file, stream.write)
        except OSError as error:
            raise cannot_write(top, error) from error
        yield top


def _proven(bundle: Bundle, top: Path, app: str, trust: Trust) -> Proven:
    where = f"the bundle {bundle.digest}"
    load_app(top / APPS, app)
    pointer = read_channel(top, app, bundle.channel)
    if pointer is None or pointer.release != bundle.releases[app]:
        raise wrong(where, f"its channel of {app!r} does not name the release {bundle.releases[app]}")
    release = read_release(top / RELEASES, pointer.release)
    if release.manifest.app != app:
        raise wrong(where, f"the release of {app!r} is one of {release.manifest.app!r}")
    entry = check_entry(release, pointer, trust=trust)
    parts = load_parts(release)
    runs = {entry.candidate_run, entry.baseline_run} - {None} if isinstance(entry, Receipt) else set()
    return Proven(
        app=app,
        release=release.digest,
        receipt=pointer.receipt,
        break_glass=pointer.break_glass,
        let_in_by=_receipt(entry) if isinstance(entry, Receipt) else _break_glass(entry),
        signer=_signer(release, pointer, entry, trust),
        recorded=runs <= {file.digest for file in bundle.named(f"{RELEASES}/{release.digest}/runs/")},
        passages=_check_snapshot(bundle, top, release, parts.recipe.index_digest),
    )


def _signer(release: ReleaseBundle, pointer: Pointer, entry: Entry, trust: Trust) -> str | None:
    read = read_signatures if isinstance(entry, Receipt) else break_glass_signatures
    return read(trust, release.folder, pointer.proof).signer(entry.canonical())


def _check_snapshot(bundle: Bundle, top: Path, release: ReleaseBundle, recipe: str) -> int:
    """The snapshot's files are those that its manifest lists, and it is the one that the release pins."""
    pinned, where = (
        release.manifest,
        f"the snapshot {release.manifest.snapshot} in the bundle {bundle.digest}",
    )
    start = f"{SNAPSHOTS}/{pinned.snapshot}/"
    info = snapshots.read_snapshot(top / start)
    listed = snapshots.file_digests(top / start)
    there = {file.name.removeprefix(start): file.digest for file in bundle.named(start)}
    there.pop(snapshots.MANIFEST, None)
    for name in sorted(listed.keys() | there.keys()):
        if listed.get(name) != there.get(name):
            raise wrong(
                where, f"its file {name!r} is not the one that was built: {there.get(name, 'missing')}"
            )
    for what, found, wanted in (
        ("passages", info.passages_digest, pinned.passages),
        ("recipe for its index", info.recipe, recipe),
        ("embedder", info.embedder, pinned.embedder),
    ):
        if found != wanted:
            raise wrong(where, f"the release pins the {what} {wanted}, and the snapshot has {found}")
    return info.passages


def _receipt(receipt: Receipt) -> str:
    against = "it is founding" if receipt.baseline is None else f"against the release {receipt.baseline[:12]}"
    return (
        f"the receipt {receipt.digest} says PASS by the suite {receipt.suite}, {against}, earned "
        f"{receipt.made_at:%Y-%m-%d}; it is about exactly this release and does not contradict itself"
    )


def _break_glass(record: BreakGlass) -> str:
    return (
        f"NOT PROVEN: {record.by} put it into production without a receipt on {record.made_at:%Y-%m-%d}, by "
        f"break-glass, record {record.digest}; the reason: {record.reason}"
    )


def _signed(one: Proven) -> str:
    what = "receipt" if one.receipt else "record"
    if one.signer is not None:
        return f"the key {one.signer!r} of the trust file signed the {what}"
    return f"nobody vouches for the {what}: no trust file (SUREFOOT_TRUST_FILE) lists whose signatures count"


def _recorded(one: Proven) -> str:
    if one.recorded:
        return (
            "the recorded responses are those the receipt names; that scores and verdict follow from them is "
            "checked where the suite is, by `surefoot gate verify`"
        )
    return "recorded responses are not in it, so the scores rest on the receipt's word"
