"""docs/reference/metrics.md and suites.md say what the code does."""

import json
import re
from pathlib import Path

import pytest
from tests.house.tree import code_blocks, section, text

from surefoot.errors import SettingsError
from surefoot.evals.cases import load_cases
from surefoot.evals.catalogue import METRICS
from surefoot.evals.suites import load_suite

METRICS_PAGE = text(Path("docs/reference/metrics.md"))
SUITES_PAGE = text(Path("docs/reference/suites.md"))


def blocks(language: str) -> list[str]:
    return [block.code for block in code_blocks(SUITES_PAGE) if block.language == language]


def test_every_metric_has_its_row_and_its_section() -> None:
    rows = re.findall(
        r"^\| \[`(\w+)`\]\(#(\w+)\) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", METRICS_PAGE, re.MULTILINE
    )

    assert [name for name, *_ in rows] == list(METRICS)
    for name, anchor, bounds, measured, _ in rows:
        info = METRICS[name]
        assert anchor == name and section(METRICS_PAGE, f"`{name}`").strip()
        assert [float(bound) for bound in re.findall(r"-?\d+", bounds)] == [info.lowest, info.highest]
        assert measured == info.measures


def test_who_computes_a_metric_is_said() -> None:
    needs = {"surefoot": "nothing", "ragas": "ragas", "ragas and a judge": "judge"}
    for name, info in METRICS.items():
        (by,) = re.findall(rf"^\| \[`{name}`\].* \| ([^|]+) \|$", METRICS_PAGE, re.MULTILINE)
        assert needs[by.split(",")[0].strip()] == info.needs


def test_the_example_of_a_case_and_of_a_suite_can_be_read(tmp_path: Path) -> None:
    (case,), (suite,) = blocks("json"), blocks("toml")
    answers, demo = tmp_path / "answers", tmp_path / "demo"
    for folder in (answers, demo):
        folder.mkdir()
    first = json.loads(case)
    second = {**first, "id": "hold-maximum", "question": "How long may a hold last?"}
    (answers / "cases.jsonl").write_text(f"{json.dumps(first)}\n{json.dumps(second)}\n")
    (demo / "suite.toml").write_text(suite)

    assert load_cases(answers / "cases.jsonl")[0].id == "key-rotation-window"
    assert len(load_suite(demo).cases) == 2


def test_every_key_of_a_case_is_explained(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text('{"unknown": 1}')
    with pytest.raises(SettingsError) as caught:
        load_cases(tmp_path / "cases.jsonl")
    for name in caught.value.remedy.removeprefix("use only ").split(", "):
        assert f"| `{name}` |" in SUITES_PAGE
