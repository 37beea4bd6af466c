"""Break-glass: a release put into production without proof, by somebody with a name and a reason.

The record lies beside the release as `break-glass/<sha256>.json`, and the channel names it in place of a
receipt. Where the trust file lists keys, one of its break-glass keys must have signed it.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from surefoot.errors import InputError, RefusedError
from surefoot.records import Manifest, digest_bytes
from surefoot.releases.canonical_files import canonical_of, list_canonical, read_canonical, write_canonical
from surefoot.releases.reading import damaged
from surefoot.releases.signatures import Signatures, read_signature
from surefoot.releases.trust import Trust

BREAK_GLASS = "break-glass"
SCHEMA = 1
MOST_NAME, MOST_REASON = 100, 1000
_MOST_BYTES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlass:
    """Who put which release of an app into production without proof, when and why.

    `replaces` is the release that was production, None for none. `by` and `reason` are one printable line.
    """

    app: str
    release: str
    replaces: str | None
    by: str
    reason: str
    made_at: datetime

    def canonical(self) -> bytes:
        """The bytes of the record's file."""
        return canonical_of(BreakGlass, self, SCHEMA)

    @property
    def digest(self) -> str:
        """The record's name: SHA-256 of its canonical bytes."""
        return digest_bytes(self.canonical())


def break_glass_file(release_folder: Path, digest: str) -> Path:
    """Where a record is kept."""
    return release_folder / BREAK_GLASS / f"{digest}.json"


def write_break_glass(release_folder: Path, record: BreakGlass) -> str:
    """Keep a record with the release it is about. Returns its digest."""
    return write_canonical(release_folder / BREAK_GLASS, record.canonical())


def read_break_glass(release_folder: Path, digest: str) -> BreakGlass:
    """The record of that name. RefusedError when it is not there, or is not what was written."""
    folder = release_folder / BREAK_GLASS
    try:
        record = read_canonical(
            BreakGlass, folder, digest, schema=SCHEMA, what="a break-glass record", most_bytes=_MOST_BYTES
        )
    except FileNotFoundError:
        raise RefusedError(
            f"the break-glass record {digest!r} of the release {release_folder.name} is missing",
            remedy="restore it from Git (`git restore`), or promote a release that is proven",
        ) from None
    try:
        checked_words(record.by, what="the name", most=MOST_NAME)
        checked_words(record.reason, what="the reason", most=MOST_REASON)
    except InputError as error:
        raise damaged(break_glass_file(release_folder, digest), error.message) from None
    return record


def break_glass_of(release_folder: Path) -> tuple[BreakGlass, ...]:
    """Every record of a release, the newest first."""
    records = (
        read_break_glass(release_folder, digest) for digest in list_canonical(release_folder / BREAK_GLASS)
    )
    return tuple(sorted(records, key=lambda record: (record.made_at, record.digest), reverse=True))


def break_glass_signatures(trust: Trust, release_folder: Path, digest: str) -> Signatures:
    """What `check_break_glass` asks about signatures."""
    signature = read_signature(break_glass_file(release_folder, digest))
    return Signatures(signature=signature, keys=trust.break_glass)


def check_break_glass(
    manifest: Manifest, record: BreakGlass, *, trust: Trust, signatures: Signatures
) -> None:
    """Return when the record lets this release in; else raise RefusedError with the reason why not."""
    why, remedy = "", "promote a release that is proven"
    if (record.release, record.app) != (manifest.digest, manifest.app):
        why = f"it is about the release {record.release[:12]} of {record.app!r}"
    elif trust.signed and not trust.break_glass:
        why = "the trust file lists keys, and none for break-glass"
        remedy += "; or let the deployment's operators list one in its trust file"
    elif trust.signed and signatures.signer(record.canonical()) is None:
        listed = ", ".join(trust.break_glass)
        why = "it has no signature" if signatures.signature is None else "none of the listed keys signed it"
        remedy = f"give --signing-key, one of the break-glass keys that the trust file lists: {listed}"
    if why:
        raise RefusedError(
            f"the break-glass record {record.digest} opens nothing: {why}",
            remedy=remedy,
        )


def checked_words(text: str, *, what: str, most: int) -> str:
    """One line of printable text, of a bounded length; InputError for anything else."""
    words = text.strip()
    if not words or len(words) > most or not words.isprintable():
        raise InputError(
            f"{what} is {text[:most]!r}",
            remedy=f"give it as one line of printable text, 1 to {most} characters",
        )
    return words
