"""Where cases come from, which part they belong to, and that a proposed one decides nothing."""

import json
from pathlib import Path

import pytest
from tests.evals.test_suites import HEAD, RULES, TABLE, write_suite

from surefoot.errors import SettingsError
from surefoot.evals.suites import Suite, load_suite


def with_more(folder: Path, case: str, **keys: object) -> Suite:
    """The suite where one case has more keys."""
    file = folder / "cases.jsonl"
    cases = [json.loads(line) for line in file.read_text().splitlines()]
    changed = [{**one, **keys} if one["id"] == case else one for one in cases]
    file.write_text("".join(json.dumps(one) + "\n" for one in changed))
    return load_suite(folder)


# Receipts that stand in repositories name such digests: as it was before there were splits.
SMALL_DIGEST = "3a4fbd0671737a31e93a8f2d2b3d0a6010fa59f7a2731c650d9ab5c607701d75"


def test_cases_without_the_newer_keys_keep_their_digest(tmp_path: Path) -> None:
    assert load_suite(write_suite(tmp_path / "answers")).digest == SMALL_DIGEST


def test_where_a_case_came_from_changes_no_digest_and_its_split_does(tmp_path: Path) -> None:
    folder = write_suite(tmp_path / "answers")
    before = load_suite(folder).digest

    assert with_more(folder, "c03", provenance={"row": "7"}, status="accepted").digest == before
    assert with_more(folder, "c03", split="test").digest != before


def test_a_proposed_case_decides_nothing_until_it_is_accepted(tmp_path: Path) -> None:
    folder = write_suite(tmp_path / "answers")
    whole = load_suite(folder)
    without = load_suite(write_suite(tmp_path / "without", HEAD + RULES, cases=11))

    suite = with_more(folder, "c11", status="proposed")

    assert [case.id for case in suite.proposed] == ["c11"]
    assert "c11" not in {case.id for case in suite.cases} | set(suite.clusters()) | set(suite.judged_sample)
    assert all("c11" not in ids for ids in suite.expected().values())
    assert suite.digest == without.digest
    assert with_more(folder, "c11", status="accepted").digest == whole.digest


def test_a_suite_whose_cases_are_all_proposed_is_refused(tmp_path: Path) -> None:
    folder = write_suite(tmp_path / "answers", HEAD + TABLE, cases=1)

    with pytest.raises(SettingsError, match="none of the 1 cases is accepted") as caught:
        with_more(folder, "c00", status="proposed")
    assert "proposed" in caught.value.remedy
