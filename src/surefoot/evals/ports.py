"""What a metric is, whoever computes it: our own arithmetic, ragas in its worker, or a judge."""

from dataclasses import dataclass
from typing import Literal, Protocol

from surefoot.records import Case, Responded, Score

Needs = Literal["nothing", "ragas", "judge"]
Measured = Literal["every case", "answerable cases", "unanswerable cases", "planted cases"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricInfo:
    """What is known of a metric before it is computed. `about` is one sentence for the reader of a report.

    Whether a metric applies is decided by the case alone, `measures` says how, and never by the answer:
    otherwise an answer could leave its exam.
    """

    name: str
    about: str
    needs: Needs = "nothing"
    measures: Measured = "answerable cases"
    lower_is_better: bool = False
    lowest: float = 0.0
    highest: float = 1.0

    def applies(self, case: Case) -> bool:
        """Whether the case is one that this metric measures."""
        if self.measures == "planted cases":
            return bool(case.planted)
        return self.measures == "every case" or case.answerable == (self.measures == "answerable cases")


class Metric(Protocol):
    """Scores one answer to one case that it applies to."""

    @property
    def info(self) -> MetricInfo:
        """Its name, range and needs."""
        ...

    async def score(self, case: Case, response: Responded) -> Score:
        """A value within the metric's range, or why there is none. What it raises becomes Unscored."""
        ...
