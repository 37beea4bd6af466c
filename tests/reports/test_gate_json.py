import json

import pytest
from tests.reports.examples.gates import failing, founding
from tests.reports.examples.hostile import TRICKS, hostile

from surefoot.records import Verdict
from surefoot.records.encoding import from_plain, plain
from surefoot.reports.gate_json import gate_json


def test_the_verdict_can_be_read_back_whole() -> None:
    made = failing()
    value = json.loads(gate_json(made))
    assert value["schema"] == 1 and value["outcome"] == "FAIL"
    verdict = value["verdict"]
    assert plain(from_plain(Verdict, verdict)) == plain(made.receipt.verdict)


def test_every_score_of_both_arms_is_there_with_the_reason_for_a_missing_one() -> None:
    made = failing()
    scores = json.loads(gate_json(made))["scores"]
    assert scores["candidate"]["citations_valid"]["travel-03"] == {
        "unscored": "no answer came: ModelTimeoutError"
    }
    assert scores["baseline"]["evidence_recall"]["badge-02"] == {"value": 0.5}
    count = sum(map(len, made.receipt.candidate_scores.values()))
    assert sum(map(len, scores["candidate"].values())) == count


def test_a_broken_case_has_both_answers_and_the_passages() -> None:
    (first, second, *_) = json.loads(gate_json(failing()))["broken"]["shown"]
    assert first["case"] == "travel-03" and first["invariants"] == ["finishes"]
    assert first["candidate"] == {"failure": "ModelTimeoutError", "message": "no first token within 20 s"}
    assert len(second["baseline"]["passages"]) == 4 and second["changes"][0]["metric"] == "abstains_rightly"


def test_a_founding_gate_has_no_baseline() -> None:
    value = json.loads(gate_json(founding()))
    assert value["scores"]["baseline"] is None and value["receipt"]["baseline"] is None
    assert value["broken"]["shown"][0]["baseline"] is None


def test_the_receipt_is_named_with_all_that_it_pins() -> None:
    receipt = json.loads(gate_json(failing()))["receipt"]
    assert receipt["digest"] == "90" * 32 and receipt["made_at"] == "2026-11-22T12:00:00+00:00"
    assert set(receipt) == {
        *("digest app release baseline baseline_app model suite suite_digest instruments content".split()),
        *("revision uncommitted made_at candidate_run baseline_run".split()),
    }


@pytest.mark.parametrize("trick", TRICKS)
def test_any_text_is_kept_or_its_unsayable_part_replaced(trick: str) -> None:
    value = json.loads(gate_json(hostile(trick)).decode())
    assert value["prompt_diff"] == trick.replace("\ud800", "\ufffd")
