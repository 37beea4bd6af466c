"""Receipts: the proof that a release met a suite, named by the digest of its own bytes."""

from dataclasses import dataclass
from datetime import datetime

from surefoot.records import Scores, Verdict, canonical_json, digest_bytes
from surefoot.records.encoding import plain

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was compared with what, by which rules, and what came of it. All digests are 64 hex digits.

    `baseline` is the release that was production, and None in a founding receipt. `model` is the identity
    of the model that answered as the candidate. `suite_digest` covers cases and rules; `instruments` names
    the code that scored and decided. `revision` is the Git commit the files stood at, and `uncommitted`
    whether files that decide the outcome differed from it. The runs are digests of recorded responses.
    `candidate_scores` and `baseline_scores` hold every score of the suite's metrics, advisory ones too.
    """

    app: str
    release: str
    baseline: str | None
    model: str
    suite: str
    suite_digest: str
    instruments: str
    revision: str | None
    uncommitted: bool
    made_at: datetime
    candidate_run: str
    baseline_run: str | None
    candidate_scores: Scores
    baseline_scores: Scores | None
    verdict: Verdict

    def canonical(self) -> bytes:
        """The bytes of the receipt's file: canonical JSON."""
        value = plain(self)
        assert isinstance(value, dict)  # noqa: S101 - a dataclass is written as its fields
        return canonical_json({"schema": SCHEMA, **value})

    @property
    def digest(self) -> str:
        """The receipt's name: SHA-256 of its canonical bytes."""
        return digest_bytes(self.canonical())
