"""A summary as a table for a terminal: a row per measurement, a column per release."""

from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from surefoot.records import Score, Scored
from surefoot.reports.printable import one_line
from surefoot.traces import Quantiles, ReleaseSummary, ScoreSummary, Summary

_COLUMNS = 3  # releases side by side; more go into further tables
_DIGITS = 12


def summary_table(summary: Summary) -> RenderableType:
    """How each release went: counts, times, scores, and what could not be measured and why."""
    window = f"{summary.since:%Y-%m-%d %H:%M} to {summary.until:%Y-%m-%d %H:%M %Z}"
    if not summary.releases:
        return Text(f"No requests from {window}.")
    tables = [
        _table(summary.releases[start : start + _COLUMNS])
        for start in range(0, len(summary.releases), _COLUMNS)
    ]
    return Group(Text(f"Requests from {window}\n"), *tables, *_notes(summary))


def _table(releases: tuple[ReleaseSummary, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("")
    for release in releases:
        table.add_column(Text(_name(release)), overflow="fold")
    rows: list[tuple[str, Callable[[ReleaseSummary], str]]] = [
        ("prompt", _prompt),
        ("requests", lambda one: str(one.requests)),
        ("answered", lambda one: str(one.answered)),
        ("abstained", lambda one: str(one.abstained)),
        ("failed", _failed),
        ("error rate", lambda one: _percent(one.error_rate)),
        ("first token p50, p95", lambda one: _spread(one.first_token_seconds)),
        ("total p50, p95", lambda one: _spread(one.total_seconds)),
        ("tokens/s p50", lambda one: _middle(one.output_tokens_per_second)),
    ]
    for label, words in rows:
        table.add_row(label, *(Text(words(release)) for release in releases))
    for name in sorted({score.name for release in releases for score in release.scores}):
        table.add_row(Text(one_line(name)), *(Text(_mean(release, name)) for release in releases))
    table.add_row("feedback", *(Text(f"{one.rated_up} up, {one.rated_down} down") for one in releases))
    return table


def _notes(summary: Summary) -> list[Text]:
    """Why scores are missing, by release and score."""
    notes = [
        Text(
            f"{_name(release)}, {one_line(score.name)} not measured: "
            + "; ".join(f"{count} x {one_line(reason)}" for reason, count in score.unscored)
        )
        for release in summary.releases
        for score in release.scores
        if score.unscored
    ]
    return [Text(), *notes] if notes else []


def _name(release: ReleaseSummary) -> str:
    if release.app is None:
        return "plain chat"
    if release.release is None:
        return f"{one_line(release.app)} not open"
    return f"{one_line(release.app)} {release.release[:_DIGITS]}"


def _prompt(release: ReleaseSummary) -> str:
    if release.prompt is None or release.prompt_name is None:
        return "none"
    return f"{one_line(release.prompt_name)} {release.prompt[:_DIGITS]}"


def _failed(release: ReleaseSummary) -> str:
    kinds = ", ".join(f"{count} {one_line(kind)}" for kind, count in release.failures)
    return f"{release.failed} ({kinds})" if kinds else "0"


def _percent(score: Score) -> str:
    return f"{score.value:.1%}" if isinstance(score, Scored) else "-"


def _number(score: Score, unit: str = "") -> str:
    return f"{score.value:.2f}{unit}" if isinstance(score, Scored) else "-"


def _spread(quantiles: Quantiles) -> str:
    return f"{_number(quantiles.p50, ' s')}, {_number(quantiles.p95, ' s')}{_without(quantiles.unmeasured)}"


def _middle(quantiles: Quantiles) -> str:
    return f"{_number(quantiles.p50)}{_without(quantiles.unmeasured)}"


def _mean(release: ReleaseSummary, name: str) -> str:
    score = next((one for one in release.scores if one.name == name), None)
    if score is None:
        return "-"
    return f"{_number(score.mean)}{_without(_unscored(score))}"


def _unscored(score: ScoreSummary) -> int:
    return sum(count for _, count in score.unscored)


def _without(count: int) -> str:
    return f" ({count} without)" if count else ""
