"""Keep every answer and failure, measure them, and keep what people said of them.

The store is `surefoot.traces.sqlalchemy_store`, the metrics `surefoot.traces.prometheus_metrics`: wiring
imports those two, everyone else is handed them.
"""

from surefoot.traces.outline import Ending, Outline, all_tokens, outline, output_tokens_per_second
from surefoot.traces.series import Point, Series, series
from surefoot.traces.summary import Quantiles, ReleaseSummary, ScoreSummary, Summary, percentile, summarise
from surefoot.traces.writer import TraceKeeper, TraceWriter

__all__ = [
    "Ending",
    "Outline",
    "Point",
    "Quantiles",
    "ReleaseSummary",
    "ScoreSummary",
    "Series",
    "Summary",
    "TraceKeeper",
    "TraceWriter",
    "all_tokens",
    "outline",
    "output_tokens_per_second",
    "percentile",
    "series",
    "summarise",
]
