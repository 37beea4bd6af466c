"""Which similarity parts questions that the documents answer from those they do not: measured on cases."""

from collections.abc import Sequence
from dataclasses import dataclass

FOLDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """A case, and the similarity of its best passage; None where nothing was found by its vector."""

    case: str
    cluster: str
    answerable: bool
    similarity: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """What declining below a similarity does: of how many cases, and how many it declines."""

    similarity: float
    declined_answerable: int
    answerable: int
    declined_unanswerable: int
    unanswerable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Thresholds from low to high; the one to use, or None; and what it does on cases it was not chosen by.

    `held_out` sums up `FOLDS` folds of clusters: each is declined by the threshold that the others give.
    """

    curve: tuple[Threshold, ...]
    chosen: Threshold | None
    held_out: Threshold | None


def calibrate(cases: Sequence[Nearest], *, most_lost: float) -> Calibration:
    """The highest threshold that declines at most the share `most_lost` of answerable cases."""
    chosen = _chosen(cases, most_lost)
    return Calibration(
        curve=tuple(_declining(cases, step / 100) for step in range(0, 100, 5)),
        chosen=chosen,
        held_out=None if chosen is None else _held_out(cases, chosen, most_lost),
    )


def _chosen(cases: Sequence[Nearest], most_lost: float) -> Threshold | None:
    """In hundredths; None where even the lowest declines nothing unanswerable, or too much."""
    tried = [_declining(cases, step / 100) for step in range(0, 100)]
    fit = [
        one
        for one in tried
        if one.declined_unanswerable and one.declined_answerable <= most_lost * one.answerable
    ]
    return fit[-1] if fit else None


def _held_out(cases: Sequence[Nearest], chosen: Threshold, most_lost: float) -> Threshold:
    clusters = sorted({case.cluster for case in cases})
    fold_of = {cluster: at % FOLDS for at, cluster in enumerate(clusters)}
    declined = [0, 0]
    for fold in range(FOLDS):
        left = [case for case in cases if fold_of[case.cluster] != fold]
        found = _chosen(left, most_lost)
        if found is None:
            continue
        there = _declining([case for case in cases if fold_of[case.cluster] == fold], found.similarity)
        declined[0] += there.declined_answerable
        declined[1] += there.declined_unanswerable
    return Threshold(
        similarity=chosen.similarity,
        declined_answerable=declined[0],
        answerable=chosen.answerable,
        declined_unanswerable=declined[1],
        unanswerable=chosen.unanswerable,
    )


def _declining(cases: Sequence[Nearest], similarity: float) -> Threshold:
    below = [case for case in cases if case.similarity is None or case.similarity < similarity]
    answerable = sum(case.answerable for case in cases)
    return Threshold(
        similarity=similarity,
        declined_answerable=sum(case.answerable for case in below),
        answerable=answerable,
        declined_unanswerable=sum(not case.answerable for case in below),
        unanswerable=len(cases) - answerable,
    )
