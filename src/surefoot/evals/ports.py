"""What a metric is, whoever computes it: our own arithmetic, ragas in its worker, or a judge."""

from dataclasses import dataclass
from typing import Literal, Protocol

from surefoot.records import Case, Responded, Score

Needs = Literal["nothing", "ragas", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricInfo:
    """What is known of a metric before it is computed. `about` is one sentence for the reader of a report.

    `answerable_only` metrics say nothing of a case that the documents do not answer. Whether a metric
    applies is decided by the case alone, never by the answer: otherwise an answer could leave its exam.
    """

    name: str
    about: str
    needs: Needs = "nothing"
    answerable_only: bool = True
    lower_is_better: bool = False
    lowest: float = 0.0
    highest: float = 1.0

    def applies(self, case: Case) -> bool:
        """Whether the case is one that this metric measures."""
        return case.answerable or not self.answerable_only


class Metric(Protocol):
    """Scores one answer to one case that it applies to."""

    @property
    def info(self) -> MetricInfo:
        """Its name, range and needs."""
        ...

    async def score(self, case: Case, response: Responded) -> Score:
        """A value within the metric's range, or why there is none. What it raises becomes Unscored."""
        ...
