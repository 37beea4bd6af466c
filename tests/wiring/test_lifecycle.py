"""Twenty runs of fixed seeds of the benchmark, and that it sees what it is there to see."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from tests.benchmarks.lifecycle.papers import Papers, Wrong, says, wrong_with
from tests.benchmarks.lifecycle.runs import measured
from tests.benchmarks.lifecycle.written import Row, rows

from surefoot.records import Passage

SEEDS = range(20)


@pytest.mark.timeout(300)
def test_nothing_is_lost_stale_or_doubled_and_no_request_fails_through_twenty_runs(tmp_path: Path) -> None:
    tally = measured(tmp_path / "project", SEEDS)

    assert tally.said == []
    assert [row for row in rows(tally) if row.count] == []
    assert (tally.runs, tally.killed > 0, tally.full_disks > 0, tally.sweeps > 0) == (20, True, True, True)
    assert tally.embedders > 0, "one run at least goes over to another embedder"
    assert tally.requests > 100


def whole(texts: dict[str, str]) -> list[Passage]:
    return [
        Passage(id=source, source=source, start=0, end=len(text), text=text) for source, text in texts.items()
    ]


def test_what_is_lost_stale_or_doubled_is_seen(tmp_path: Path) -> None:
    papers = Papers(tmp_path / "papers", Random(1))
    texts = papers.texts()
    good = whole(texts)
    assert wrong_with(good, texts) == Wrong()

    first = good[0]
    things = len([*says(first.source, first.text)])
    assert wrong_with(good[1:], texts) == Wrong(lost=things)
    assert wrong_with([*good, replace(first, id="other", source="gone.md")], texts) == Wrong(stale=1)
    assert wrong_with([*good, replace(first, id="other")], texts) == Wrong(doubled=2)

    papers.change()
    assert wrong_with(good, papers.texts()) != Wrong()


def test_no_event_in_300_trials_allows_one_in_a_hundred() -> None:
    assert Row(name="x", count=0, trials=300, of="runs").interval == (0.0, 0.01)
    low, high = Row(name="x", count=3, trials=300, of="runs").interval
    assert 0 < low < 0.01 < high < 0.03
