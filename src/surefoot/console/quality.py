"""How each release does: the numbers and the plots of the first page, from what was traced."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from surefoot.reports.plots import Plot, quality_plots
from surefoot.traces import Outline, Summary, series, summarise


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Releases in numbers, and the same over time. The plots' `svg` is our own markup, safe as it is."""

    summary: Summary
    plots: tuple[Plot, ...]


def quality(outlines: Sequence[Outline], since: datetime, until: datetime) -> Quality:
    """What happened in [since, until). Pure, and long enough over many requests to be put in a thread."""
    return Quality(
        summary=summarise(outlines, since, until), plots=quality_plots(series(outlines, since, until))
    )
