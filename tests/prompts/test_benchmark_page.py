"""The page of benchmarks shows what was measured, and what was measured meets the goal."""

import json

from tests.benchmarks.lint import LIMIT_SECONDS
from tests.benchmarks.prompts import BARE, OURS, PAGE, RESULTS, page_with

KEPT = json.loads(RESULTS.read_text(encoding="utf-8"))


def test_the_page_shows_the_kept_results() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_with(page, KEPT)


def test_rendering_costs_at_most_half_more_than_the_bare_sandbox() -> None:
    rendered = [rows[OURS]["ratio"] for rows in KEPT["results"].values() if BARE in rows]
    assert len(rendered) == 2
    assert max(rendered) <= 1.5


def test_lint_checks_500_files_in_less_than_two_seconds() -> None:
    assert KEPT["lint"]["files"] == 500
    assert KEPT["lint"]["seconds"] < LIMIT_SECONDS
