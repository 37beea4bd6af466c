"""Receipts: the proof that a release met a suite, named by the digest of its own bytes."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from surefoot.errors import NotFoundError
from surefoot.records import Scores, Verdict, digest_bytes
from surefoot.releases.canonical_files import canonical_of, list_canonical, read_canonical, write_canonical

SCHEMA = 2
RECEIPTS = "receipts"
_MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was compared with what, by which rules, and what came of it. All digests are 64 hex digits.

    `baseline` is the release that was production, and None in a founding receipt; `baseline_app` is its app.
    Where that is another app, the receipt says which of two answers better, and promotes nothing. `model` is
    the identity of the model that answered as the candidate. `suite_digest` covers cases and rules;
    `instruments` names the code that scored and decided. `content` is a digest of every committed file but
    those that promotions and approvals write, `revision` the Git commit that had them, for people; None where
    there was none. `uncommitted` says whether files that decide the outcome differed from what was committed.
    The runs are digests of recorded responses. `candidate_scores` and `baseline_scores` hold every score of
    the suite's metrics, advisory ones too.
    """

    app: str
    release: str
    baseline: str | None
    baseline_app: str | None
    model: str
    suite: str
    suite_digest: str
    instruments: str
    content: str | None
    revision: str | None
    uncommitted: bool
    made_at: datetime
    candidate_run: str
    baseline_run: str | None
    candidate_scores: Scores
    baseline_scores: Scores | None
    verdict: Verdict

    @property
    def compares_apps(self) -> bool:
        """Whether the baseline is another app's, which this release would not replace."""
        return self.baseline_app not in (None, self.app)

    def canonical(self) -> bytes:
        """The bytes of the receipt's file: canonical JSON, in which the score 1 is written as 1.0."""
        return canonical_of(Receipt, self, SCHEMA)

    @property
    def digest(self) -> str:
        """The receipt's name: SHA-256 of its canonical bytes."""
        return digest_bytes(self.canonical())


def receipt_file(release_folder: Path, digest: str) -> Path:
    """Where a receipt is kept."""
    return release_folder / RECEIPTS / f"{digest}.json"


def write_receipt(release_folder: Path, receipt: Receipt) -> str:
    """Keep a receipt with the release it is about. Returns its digest."""
    return write_canonical(release_folder / RECEIPTS, receipt.canonical())


def read_receipt(release_folder: Path, digest: str) -> Receipt:
    """The receipt of that name, whatever it says: `check_proof` says whether it proves anything.

    Raises NotFoundError when it is not there, RefusedError when its bytes do not hash to its name or are not
    a receipt, SettingsError for a schema that this surefoot does not know.
    """
    try:
        return read_canonical(
            Receipt,
            release_folder / RECEIPTS,
            digest,
            schema=SCHEMA,
            what="a receipt",
            most_bytes=_MOST_BYTES,
        )
    except FileNotFoundError:
        there = ", ".join(list_receipts(release_folder)) or "none yet: run `surefoot gate run`"
        raise NotFoundError(
            f"there is no receipt {digest!r} of the release {release_folder.name}",
            remedy=f"use one that is there: {there}",
        ) from None


def list_receipts(release_folder: Path) -> tuple[str, ...]:
    """The digests of a release's receipts, sorted; empty when there are none."""
    return list_canonical(release_folder / RECEIPTS)
