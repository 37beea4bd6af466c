"""Summaries, answers and traces as terminal text, JSON and small plots."""

from surefoot.reports.duration import parse_duration
from surefoot.reports.json_report import summary_json, trace_json
from surefoot.reports.plots import Plot, quality_plots

__all__ = ["Plot", "parse_duration", "quality_plots", "summary_json", "trace_json"]
