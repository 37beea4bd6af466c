"""What a gate decides from."""

from collections.abc import Mapping
from dataclasses import dataclass

from surefoot.records import Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSheet:
    """The scores of both arms, and which cases they should be of.

    `expected` names, for each metric, the cases it applies to; `clusters` the cluster of each case. Both come
    from the suite, so they are the caller's to get right: a case that stands twice or has no cluster is a
    ValueError. The scores may come from anywhere: what is missing, too much or out of range in them ends in
    the verdict, never in an exception. `baseline` None asks for a founding verdict.
    """

    expected: Mapping[str, tuple[str, ...]]
    clusters: Mapping[str, str]
    candidate: Scores
    baseline: Scores | None

    def __post_init__(self) -> None:
        """Refuse a suite that contradicts itself."""
        for metric, cases in self.expected.items():
            if len(set(cases)) != len(cases):
                raise ValueError(f"a case is expected twice for {metric!r}")
            if strays := sorted(set(cases) - set(self.clusters)):
                raise ValueError(f"no cluster is given for {strays[0]!r}, which {metric!r} applies to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Strictness:
    """How sure a verdict has to be.

    `confidence` is that of each one-sided bound. Below `scored_at_least`, a share of the expected cases of
    either arm, nothing is decided.
    """

    confidence: float = 0.95
    scored_at_least: float = 0.97

    def __post_init__(self) -> None:
        """Refuse what would decide by a coin or on nothing."""
        if not 0.5 < self.confidence < 1:
            raise ValueError(f"confidence must lie between 0.5 and 1, not {self.confidence!r}")
        if not 0 < self.scored_at_least <= 1:
            raise ValueError(
                f"scored_at_least must lie above 0 and not above 1, not {self.scored_at_least!r}"
            )
