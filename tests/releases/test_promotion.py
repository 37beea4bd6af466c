"""Only what was proven is promoted; production is what it was, or what was proven, and nothing between."""

import asyncio
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.releases.examples import MODEL, SUITE, files_of, manifest_saying, run_of, scores
from tests.releases.repositories import (
    FIRST,
    SECOND,
    THIRD,
    Trial,
    candidate_of,
    new_trial,
    silent,
)

from surefoot.errors import NotFoundError, RefusedError, ResourceError, SettingsError, SurefootError
from surefoot.records import Outcome
from surefoot.releases import (
    Pointer,
    Receipt,
    check_proof,
    load_parts,
    read_channel,
    read_receipt,
    read_release,
    read_run,
    read_signatures,
    write_release,
)
from surefoot.releases.conditions import Candidate
from surefoot.releases.promotion import Moved, promote
from surefoot.releases.receipts import write_receipt
from surefoot.releases.runs import run_file
from surefoot.releases.signatures import new_key, sign, write_signature


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """A deployment whose first release is in production. Tests get copies."""
    trial = new_trial(tmp_path_factory.mktemp("promotion") / "repository")
    asyncio.run(trial.released(FIRST, None))
    return trial


@pytest.fixture
def trial(founded: Trial, tmp_path: Path) -> Trial:
    return founded.copied(tmp_path / "repository")


@pytest.fixture
def empty(tmp_path: Path) -> Trial:
    return new_trial(tmp_path / "empty")


def promoted(trial: Trial, candidate: Candidate) -> Moved:
    return asyncio.run(promote(trial.place, candidate, report=silent))


def serves(trial: Trial) -> str:
    """The release that a service would read and find proven, read as a service does."""
    serving = trial.place.serving
    pointer = read_channel(serving, "answers")
    assert pointer is not None
    bundle = read_release(serving / "releases", pointer.release)
    load_parts(bundle)
    receipt = read_receipt(bundle.folder, pointer.receipt)
    signatures = read_signatures(serving, bundle.folder, pointer.receipt)
    check_proof(bundle.manifest, receipt, signatures=signatures)
    for run in filter(None, (receipt.candidate_run, receipt.baseline_run)):
        read_run([bundle.folder], run)
    return pointer.release


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


def test_the_first_release_is_promoted_on_its_founding_receipt(empty: Trial) -> None:
    receipt = empty.gated(FIRST, None)

    moved = asyncio.run(empty.promote(FIRST))

    assert moved.pointer == Pointer(release=FIRST.digest, receipt=receipt.digest)
    assert (moved.replaced, moved.commit, moved.branch) == (None, empty.head(), "refs/heads/main")
    assert serves(empty) == FIRST.digest
    assert empty.git("status", "--porcelain") == ""


def test_one_commit_brings_release_receipt_runs_and_pointer(trial: Trial) -> None:
    before = trial.head()
    receipt = trial.gated(SECOND, FIRST.digest)

    moved = asyncio.run(trial.promote(SECOND))

    release = f"serving/releases/{SECOND.digest}"
    assert trial.git("rev-parse", "HEAD^").strip() == before
    assert sorted(trial.git("diff-tree", "-r", "--name-only", before, "HEAD").split()) == sorted(
        [
            "serving/channels/answers/production.toml",
            f"{release}/manifest.json",
            f"{release}/prompts/_rules.md",
            f"{release}/prompts/answer.prompt.md",
            f"{release}/receipts/{receipt.digest}.json",
            f"{release}/recipe.toml",
            f"{release}/runs/{receipt.baseline_run}.jsonl",
            f"{release}/runs/{receipt.candidate_run}.jsonl",
        ]
    )
    assert moved.replaced == FIRST.digest
    assert serves(trial) == SECOND.digest
    message = trial.git("log", "-1", "--format=%B")
    assert message.startswith(f"Promote answers to {SECOND.digest[:12]}\n\nrelease: {SECOND.digest}\n")
    assert f"replaces: {FIRST.digest}" in message and f"receipt: {receipt.digest} by answers" in message


def test_a_clone_with_other_line_endings_has_the_same_bytes(trial: Trial, tmp_path: Path) -> None:
    asyncio.run(trial.released(SECOND, FIRST.digest))

    trial.git("-c", "core.autocrlf=true", "clone", "-q", str(trial.project), str(tmp_path / "clone"))

    assert serves(Trial(project=tmp_path / "clone")) == SECOND.digest


def test_promoting_again_says_that_it_is_there_and_commits_nothing(trial: Trial) -> None:
    asyncio.run(trial.released(SECOND, FIRST.digest))
    head = trial.head()

    assert asyncio.run(trial.promote(SECOND)).commit is None
    assert trial.head() == head


def test_what_the_user_has_staged_is_not_in_the_commit(trial: Trial) -> None:
    (trial.project / "notes.txt").write_text("mine\n")
    trial.git("add", "notes.txt")

    asyncio.run(trial.released(SECOND, FIRST.digest))

    assert trial.git("status", "--porcelain") == "A  notes.txt\n"


def test_a_deployment_in_a_folder_below_the_top_is_promoted_there(tmp_path: Path) -> None:
    trial = new_trial(tmp_path / "repository", "services/answers")
    asyncio.run(trial.released(FIRST, None))
    asyncio.run(trial.released(SECOND, FIRST.digest))

    assert serves(trial) == SECOND.digest
    assert trial.git("status", "--porcelain") == ""
    assert trial.git("show", "--stat", "--format=", "HEAD").count("services/answers/serving/") > 0


def test_a_detached_head_is_promoted_on_and_no_branch_moves(trial: Trial) -> None:
    trial.git("checkout", "-q", "--detach")
    main = trial.git("rev-parse", "main")

    moved = asyncio.run(trial.released(SECOND, FIRST.digest))

    assert moved.branch is None and moved.commit == trial.head()
    assert trial.git("rev-parse", "main") == main


REFUSED: Mapping[str, tuple[dict[str, object], str]] = {
    "another model": ({"model": "9" * 64}, "a receipt earned with another model identity never counts"),
    "another app": ({"app": "support"}, "it is about the app 'support'"),
    "another suite's rules": ({"suite_digest": "0" * 64}, "the suite 'answers' has changed since"),
    "no receipt by the suite": ({"suite": "smoke"}, "has no receipt by the suite 'answers'"),
    "files not committed": ({"uncommitted": True}, "over files that were not committed"),
    "no revision": ({"revision": None}, "over files that were not committed"),
    "another revision": ({"revision": "0" * 40}, "which HEAD"),
    "an option as revision": ({"revision": "--output=x"}, "which HEAD"),
    "scores edited": ({"candidate_scores": scores(0.9)}, "it contradicts itself: the mean of overlap"),
    "a run that is not there": ({"candidate_run": "0" * 64}, "the recorded responses"),
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

    assert "1 other file has changed up to HEAD" in refusal(trial, trial.candidate(SECOND))


def test_a_promotion_of_another_app_in_between_does_no_harm(trial: Trial) -> None:
    trial.gated(SECOND, FIRST.digest)
    trial.commit("serving/channels/support/production.toml", "schema = 1\n")

    asyncio.run(trial.promote(SECOND))

    assert serves(trial) == SECOND.digest


def test_a_folder_that_only_begins_like_a_channel_is_another_file(trial: Trial) -> None:
    trial.gated(SECOND, FIRST.digest)
    trial.commit("serving/channels-old/x", "x\n")

    assert "1 other file has changed" in refusal(trial, trial.candidate(SECOND))


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
    new_key(tmp_path / "ci.key", trial.place.serving, "ci")
    trial.git("add", "serving/keys")
    trial.git("commit", "-q", "-m", "List a key")
    receipt = trial.gated(SECOND, FIRST.digest)

    assert "it has no signature" in refusal(trial, trial.candidate(SECOND))

    folder = trial.place.state / "releases" / SECOND.digest
    write_signature(folder, receipt.digest, sign(receipt.canonical(), tmp_path / "ci.key"))
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


def test_a_full_disk_leaves_the_old_release_in_production(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.gated(SECOND, FIRST.digest)
    head = trial.head()
    written = 0
    fsync = os.fsync

    def full(descriptor: int) -> None:
        nonlocal written
        written += 1
        if written > allowed:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    allowed = 0
    monkeypatch.setattr(os, "fsync", full)
    while True:
        written = 0
        try:
            asyncio.run(trial.promote(SECOND))
        except ResourceError as error:
            assert "No space left" in str(error)
            pointer = read_channel(trial.place.serving, "answers")
            assert pointer is not None and pointer.release in (FIRST.digest, SECOND.digest)
            assert serves(trial) == pointer.release
            assert trial.head() == head
            allowed += 1
        else:
            break
    assert allowed > 3 and serves(trial) == SECOND.digest
    assert trial.git("status", "--porcelain") == ""


def test_a_commit_that_cannot_be_made_takes_the_pointer_back(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.gated(SECOND, FIRST.digest)
    lock = trial.project / ".git" / "index.lock"
    lock.touch()
    monkeypatch.setattr("surefoot.releases.git._INDEX_BUSY_SECONDS", 0.0)

    with pytest.raises(SurefootError, match=r"index\.lock"):
        asyncio.run(trial.promote(SECOND))
    assert serves(trial) == FIRST.digest

    lock.unlink()
    asyncio.run(trial.promote(SECOND))
    assert serves(trial) == SECOND.digest


def test_without_a_name_to_commit_by_nothing_is_written(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.gated(SECOND, FIRST.digest)
    trial.git("config", "--unset", "user.email")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")

    with pytest.raises(SettingsError, match="does not know who commits"):
        asyncio.run(trial.promote(SECOND))

    assert not (trial.place.promoted / SECOND.digest).exists()


def test_rolling_back_goes_to_what_the_release_replaced(trial: Trial) -> None:
    asyncio.run(trial.released(SECOND, FIRST.digest))
    asyncio.run(trial.released(THIRD, SECOND.digest))

    moved = asyncio.run(trial.rollback(reason="three answers\nwere \x1b[31mwrong"))

    assert (moved.pointer.release, moved.replaced) == (SECOND.digest, THIRD.digest)
    assert moved.commit == trial.head() and serves(trial) == SECOND.digest
    message = trial.git("log", "-1", "--format=%B")
    assert message.startswith(f"Roll answers back to {SECOND.digest[:12]}\n\n")
    assert "reason: three answers were [31mwrong\n" in message
    assert trial.git("show", "--name-only", "--format=").split() == [
        "serving/channels/answers/production.toml"
    ]
    assert trial.git("status", "--porcelain") == ""

    assert asyncio.run(trial.rollback()).pointer.release == FIRST.digest == serves(trial)


def test_there_is_nothing_before_the_first_release(trial: Trial) -> None:
    with pytest.raises(RefusedError, match="there is nothing before it") as refused:
        asyncio.run(trial.rollback())

    assert "--to" in refused.value.remedy


def test_there_is_nothing_to_roll_back_before_the_first(empty: Trial) -> None:
    with pytest.raises(RefusedError, match="nothing of 'answers' is in production"):
        asyncio.run(empty.rollback())


def test_rolling_back_to_a_named_release_needs_its_proof(trial: Trial) -> None:
    asyncio.run(trial.released(SECOND, FIRST.digest))
    asyncio.run(trial.released(THIRD, SECOND.digest))

    moved = asyncio.run(trial.rollback(trial.place.find(FIRST.digest[:8])))
    assert moved.pointer.release == FIRST.digest == serves(trial)

    unproven = manifest_saying("Never gated.")
    write_release(trial.place.promoted, unproven, files_of("Never gated."))
    with pytest.raises(RefusedError, match="no receipt proves the release"):
        asyncio.run(trial.rollback(trial.place.find(unproven.digest)))
    assert serves(trial) == FIRST.digest


def test_a_candidate_that_was_never_promoted_is_nothing_to_go_back_to(trial: Trial) -> None:
    trial.gated(SECOND, FIRST.digest)

    with pytest.raises(NotFoundError):
        asyncio.run(trial.rollback(trial.place.find(SECOND.digest)))


def test_another_apps_release_is_nothing_to_go_back_to(trial: Trial) -> None:
    other = manifest_saying("Other.", app="support")
    folder = write_release(trial.place.promoted, other, files_of("Other."))
    write_receipt(folder, replace(trial.gated(SECOND, None), app="support", release=other.digest))

    with pytest.raises(RefusedError, match="is a release of 'support', not of 'answers'"):
        asyncio.run(trial.rollback(trial.place.find(other.digest)))


def test_a_damaged_receipt_beside_a_good_one_keeps_nobody_from_rolling_back(trial: Trial) -> None:
    asyncio.run(trial.released(SECOND, FIRST.digest))
    (trial.place.promoted / FIRST.digest / "receipts" / f"{'0' * 64}.json").write_text("{}")

    assert asyncio.run(trial.rollback()).pointer.release == FIRST.digest


def test_a_release_that_came_back_is_promoted_again_on_a_new_receipt(trial: Trial) -> None:
    asyncio.run(trial.released(SECOND, FIRST.digest))
    asyncio.run(trial.rollback())
    later = trial.gated(SECOND, FIRST.digest).made_at + timedelta(days=1)
    again = trial.gated(SECOND, FIRST.digest, made_at=later)

    moved = promoted(trial, candidate_of(trial, trial.place.find(SECOND.digest)))

    assert moved.pointer.receipt == again.digest and serves(trial) == SECOND.digest


def edit_as_a_user(trial: Trial) -> None:
    trial.pointer.write_text("release = 1\n")


def drop_the_file(trial: Trial) -> None:
    trial.pointer.unlink()


@pytest.mark.parametrize("damage", [edit_as_a_user, drop_the_file])
def test_a_pointer_that_somebody_broke_is_no_way_around_the_gate(
    trial: Trial, damage: Callable[[Trial], None]
) -> None:
    """Without its pointer, production looks as if there were none: a founding receipt still may not enter."""
    trial.gated(SECOND, None)
    damage(trial)

    with pytest.raises(SurefootError):
        asyncio.run(trial.promote(SECOND))
    assert trial.git("log", "--format=%s", "-1").startswith("Promote answers to " + FIRST.digest[:12])


def test_the_model_of_these_tests_is_one_identity() -> None:
    assert {FIRST.model, SECOND.model, THIRD.model} == {MODEL} and run_of("a") != run_of("b")
