"""Going back goes to what was proven, one step at a time, in one commit."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.releases.examples import files_of, manifest_saying
from tests.releases.repositories import (
    FIRST,
    SECOND,
    THIRD,
    Trial,
    candidate_of,
    promoted,
    serves,
)

from surefoot.errors import NotFoundError, RefusedError
from surefoot.releases import (
    write_release,
)
from surefoot.releases.receipts import write_receipt


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
