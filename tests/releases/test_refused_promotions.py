"""What is not proven, or proves something else, is not promoted: it hears why, and nothing is written."""

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.releases.examples import SUITE, files_of, scores
from tests.releases.repositories import (
    FIRST,
    SECOND,
    THIRD,
    Trial,
    promoted,
    serves,
)

from surefoot.errors import RefusedError, SurefootError
from surefoot.records import Outcome
from surefoot.releases import (
    Receipt,
    Trust,
    read_channel,
)
from surefoot.releases.conditions import Candidate
from surefoot.releases.receipts import receipt_file
from surefoot.releases.runs import run_file
from surefoot.releases.signatures import new_key, sign, write_signature


def refusal(trial: Trial, candidate: Candidate) -> str:
    """Why it is not promoted; production, commits and files are as they were."""
    head, pointer = trial.head(), read_channel(trial.place.serving, "answers")
    status = trial.git("status", "--porcelain", "--untracked-files=all")
    with pytest.raises(RefusedError) as refused:
        promoted(trial, candidate)
    assert refused.value.remedy and refused.value.exit_code == 4
    assert (trial.head(), read_channel(trial.place.serving, "answers")) == (head, pointer)
    assert trial.git("status", "--porcelain", "--untracked-files=all") == status
    return refused.value.message


REFUSED: Mapping[str, tuple[dict[str, object], str]] = {
    "another model": ({"model": "9" * 64}, "a receipt earned with another model identity never counts"),
    "another app": ({"app": "support", "baseline_app": "support"}, "it is about the app 'support'"),
    "another suite's rules": ({"suite_digest": "0" * 64}, "the suite 'answers' has changed since"),
    "no receipt by the suite": ({"suite": "smoke"}, "has no receipt by the suite 'answers'"),
    "files not committed": ({"uncommitted": True}, "over files that were not committed"),
    "no content": ({"content": None}, "over files that were not committed"),
    "another content": ({"content": "0" * 64}, "so the receipt contradicts itself"),
    "another content, at a commit nobody has": (
        {"content": "0" * 64, "revision": "0" * 40},
        "its commit, '000000000000', is not in this clone",
    ),
    "another content, at no commit": (
        {"content": "0" * 64, "revision": None},
        "its commit, '', is not in this clone",
    ),
    "an option as commit": (
        {"content": "0" * 64, "revision": "--output=x"},
        "its commit, '--output=x', is not in this clone",
    ),
    "scores edited": ({"candidate_scores": scores(0.9)}, "it contradicts itself: the mean of overlap"),
    "a run that is not there": ({"candidate_run": "0" * 64}, "the recorded responses"),
    "a run of the baseline that is not there": ({"baseline_run": "0" * 64}, "the recorded responses"),
    "a run by a path": ({"candidate_run": "../../x"}, "the recorded responses"),
    "production that moved": ({"baseline": THIRD.digest}, "production has moved from"),
}


@pytest.mark.parametrize(("changes", "complaint"), REFUSED.values(), ids=REFUSED.keys())
def test_a_receipt_that_does_not_hold_promotes_nothing(
    trial: Trial, changes: dict[str, object], complaint: str
) -> None:
    trial.gated(SECOND, **{"baseline": FIRST.digest, **changes})  # type: ignore[arg-type]

    assert complaint in refusal(trial, trial.candidate(SECOND))


@pytest.mark.parametrize("outcome", ["FAIL", "INCONCLUSIVE", "REFUSED"])
def test_only_pass_promotes(trial: Trial, outcome: Outcome) -> None:
    passed = trial.gated(SECOND, FIRST.digest)
    later = passed.made_at + timedelta(minutes=1)
    trial.gated(SECOND, FIRST.digest, verdict=replace(passed.verdict, outcome=outcome), made_at=later)

    assert f"its verdict is {outcome}" in refusal(trial, trial.candidate(SECOND))


def test_a_later_pass_promotes_after_an_earlier_failure(trial: Trial) -> None:
    passed = trial.gated(SECOND, FIRST.digest)
    sooner = passed.made_at - timedelta(minutes=1)
    trial.gated(SECOND, FIRST.digest, verdict=replace(passed.verdict, outcome="FAIL"), made_at=sooner)

    assert asyncio.run(trial.promote(SECOND)).pointer.receipt == passed.digest


def test_a_comparison_with_another_app_promotes_nothing(trial: Trial) -> None:
    trial.gated(SECOND, FIRST.digest, baseline_app="agent")

    assert "has no receipt by the suite 'answers'" in refusal(trial, trial.candidate(SECOND))


def test_a_later_comparison_with_another_app_takes_no_proof_away(trial: Trial) -> None:
    passed = trial.gated(SECOND, FIRST.digest)
    later = passed.made_at + timedelta(minutes=1)
    trial.gated(SECOND, THIRD.digest, baseline_app="agent", made_at=later)

    assert asyncio.run(trial.promote(SECOND)).pointer.receipt == passed.digest


def test_a_founding_receipt_replaces_nothing(trial: Trial) -> None:
    trial.gated(SECOND, None)

    assert "a founding receipt counts only while" in refusal(trial, trial.candidate(SECOND))


def test_a_comparison_founds_nothing(empty: Trial) -> None:
    empty.gated(SECOND, FIRST.digest)

    assert "nothing is in production" in refusal(empty, empty.candidate(SECOND))


def test_production_that_moved_meanwhile_wants_a_new_gate(trial: Trial) -> None:
    trial.gated(THIRD, FIRST.digest)
    asyncio.run(trial.released(SECOND, FIRST.digest))

    said = refusal(trial, trial.candidate(THIRD))

    assert f"production has moved from {FIRST.digest} to {SECOND.digest} since" in said


def test_every_suite_that_guards_the_prompt_must_have_its_receipt(trial: Trial) -> None:
    trial.gated(SECOND, FIRST.digest)
    both = {"answers": SUITE, "safety": "7" * 64}

    assert "no receipt by the suite 'safety'" in refusal(trial, trial.candidate(SECOND, both))

    trial.gated(SECOND, FIRST.digest, suite="safety", suite_digest="7" * 64)
    moved = promoted(trial, trial.candidate(SECOND, both))

    assert moved.pointer.release == SECOND.digest == serves(trial)
    assert len([*(trial.place.promoted / SECOND.digest / "receipts").iterdir()]) == 2


def test_a_prompt_that_no_suite_guards_is_not_promoted(trial: Trial) -> None:
    trial.gated(SECOND, FIRST.digest)

    assert "no suite guards the prompt 'answer'" in refusal(trial, trial.candidate(SECOND, {}))


def test_an_edit_of_what_decides_must_be_committed_first(trial: Trial) -> None:
    trial.gated(SECOND, FIRST.digest)
    (trial.project / "prompts" / "answer.prompt.md").write_text("suites: []\n")

    said = refusal(trial, trial.candidate(SECOND))

    assert "what decides about a promotion is not committed: prompts/answer.prompt.md" in said


def test_after_another_commit_the_gate_runs_again(trial: Trial) -> None:
    trial.gated(SECOND, FIRST.digest)
    trial.commit("src/code.py", "1\n")

    assert "1 file differs from its commit" in refusal(trial, trial.candidate(SECOND))


def test_a_promotion_of_another_app_in_between_does_no_harm(trial: Trial) -> None:
    trial.gated(SECOND, FIRST.digest)
    trial.commit("serving/channels/support/production.toml", "schema = 1\n")

    asyncio.run(trial.promote(SECOND))

    assert serves(trial) == SECOND.digest


def test_a_folder_that_only_begins_like_a_channel_is_another_file(trial: Trial) -> None:
    trial.gated(SECOND, FIRST.digest)
    trial.commit("serving/channels-old/x", "x\n")

    assert "1 file differs" in refusal(trial, trial.candidate(SECOND))


def test_a_recheck_that_says_no_promotes_nothing(trial: Trial) -> None:
    """A forgery that is consistent in itself: only its recorded responses tell."""
    trial.gated(SECOND, FIRST.digest)
    asked: list[tuple[Receipt, tuple[Path, ...]]] = []

    async def disbelieve(receipt: Receipt, folders: tuple[Path, ...]) -> None:
        asked.append((receipt, folders))
        raise RefusedError("overlap in case-1 is 0.1 by its response", remedy="run the gate again")

    said = refusal(trial, replace(trial.candidate(SECOND), recheck=disbelieve))

    assert "0.1 by its response" in said
    assert asked[0][0].release == SECOND.digest and asked[0][1] == (
        trial.place.state / "releases" / SECOND.digest,
    )


def test_responses_edited_after_the_gate_promote_nothing(trial: Trial) -> None:
    receipt = trial.gated(SECOND, FIRST.digest)
    run = run_file(trial.place.state / "releases" / SECOND.digest, receipt.candidate_run)
    run.write_bytes(run.read_bytes() + b"{}\n")

    assert "not the one in its name" in refusal(trial, trial.candidate(SECOND))


def test_a_receipt_edited_after_the_gate_is_no_receipt(trial: Trial) -> None:
    failed = trial.gated(SECOND, FIRST.digest)
    file = trial.place.state / "releases" / SECOND.digest / "receipts" / f"{failed.digest}.json"
    file.write_bytes(file.read_bytes().replace(b"0.75", b"0.95"))

    assert "has no receipt by the suite" in refusal(trial, trial.candidate(SECOND))


def test_a_candidate_whose_prompt_was_edited_is_not_promoted(trial: Trial) -> None:
    trial.gated(SECOND, FIRST.digest)
    prompt = trial.place.state / "releases" / SECOND.digest / "prompts" / "answer.prompt.md"
    prompt.write_bytes(files_of("Worse.")["prompts/answer.prompt.md"])

    assert "pins the prompt" in refusal(trial, trial.candidate(SECOND))


def test_where_keys_are_listed_only_a_signed_receipt_promotes(trial: Trial, tmp_path: Path) -> None:
    trial = replace(trial, trust=Trust(keys={"ci": new_key(tmp_path / "ci.key")}))
    receipt = trial.gated(SECOND, FIRST.digest)

    assert "it has no signature" in refusal(trial, trial.candidate(SECOND))

    folder = trial.place.state / "releases" / SECOND.digest
    write_signature(receipt_file(folder, receipt.digest), sign(receipt.canonical(), tmp_path / "ci.key"))
    asyncio.run(trial.promote(SECOND))

    assert serves(trial) == SECOND.digest
    assert f"{receipt.digest}.sig" in trial.git("show", "--stat=300", "--format=", "HEAD")


@pytest.mark.parametrize("link", ["releases", "channels", "channels/answers", f"releases/{SECOND.digest}"])
def test_nothing_is_written_through_a_link(trial: Trial, tmp_path: Path, link: str) -> None:
    trial.gated(SECOND, FIRST.digest)
    place = trial.place.serving / link
    outside = tmp_path / "outside"
    if place.exists():
        shutil.move(place, outside)
    else:
        shutil.copytree(trial.place.state / "releases" / SECOND.digest, outside)
    place.symlink_to(outside)
    before = sorted(outside.rglob("*"))

    with pytest.raises(SurefootError, match="is a link"):
        asyncio.run(trial.promote(SECOND))

    assert sorted(outside.rglob("*")) == before


def test_a_pointer_that_somebody_deleted_does_not_let_a_founding_in(trial: Trial) -> None:
    """Without its pointer, production looks as if there were none."""
    trial.gated(SECOND, None)
    trial.pointer.unlink()

    assert f"names nothing here and {FIRST.digest} in the last commit" in refusal(
        trial, trial.candidate(SECOND)
    )


def test_a_pointer_that_somebody_edited_is_not_written_over(trial: Trial) -> None:
    trial.gated(SECOND, THIRD.digest)
    trial.pointer.write_text(trial.pointer.read_text().replace(FIRST.digest, THIRD.digest))

    assert f"names {THIRD.digest} here and {FIRST.digest}" in refusal(trial, trial.candidate(SECOND))


def test_a_pointer_that_cannot_be_read_is_to_be_restored_first(trial: Trial) -> None:
    trial.gated(SECOND, None)
    trial.pointer.write_text("release = 1\n")

    with pytest.raises(SurefootError, match=r"production\.toml"):
        promoted(trial, trial.candidate(SECOND))
