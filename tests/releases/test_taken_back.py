"""What was taken out of production is told from what a better release replaced."""

import asyncio

import pytest
from tests.releases.repositories import FIRST, SECOND, THIRD, Trial, silent

from surefoot.errors import RefusedError
from surefoot.records import Manifest
from surefoot.releases.promotion import Emergency, break_glass
from surefoot.releases.taken_back import refuse_taken_back


def taken_back(trial: Trial, manifest: Manifest) -> bool:
    try:
        refuse_taken_back(trial.place, "answers", manifest.digest)
    except RefusedError as error:
        assert trial.head()[:12] in error.message or "by the commit" in error.message
        assert f"surefoot release promote {manifest.digest[:12]}" in error.remedy
        return True
    return False


def test_what_another_release_replaced_was_not_taken_back(trial: Trial) -> None:
    asyncio.run(trial.released(SECOND, FIRST.digest))

    assert [taken_back(trial, one) for one in (FIRST, SECOND, THIRD)] == [False, False, False]


def test_what_was_rolled_back_from_was_taken_back(trial: Trial) -> None:
    asyncio.run(trial.released(SECOND, FIRST.digest))
    asyncio.run(trial.rollback())

    assert [taken_back(trial, one) for one in (FIRST, SECOND, THIRD)] == [False, True, False]


def test_every_release_of_two_rollbacks_was_taken_back(trial: Trial) -> None:
    asyncio.run(trial.released(SECOND, FIRST.digest))
    asyncio.run(trial.released(THIRD, SECOND.digest))
    asyncio.run(trial.rollback())
    asyncio.run(trial.rollback())

    assert [taken_back(trial, one) for one in (FIRST, SECOND, THIRD)] == [False, True, True]


def test_what_a_broken_glass_replaced_was_taken_back(trial: Trial) -> None:
    asyncio.run(trial.released(SECOND, FIRST.digest))
    emergency = Emergency(by="Maria", reason="answers are wrong")
    asyncio.run(break_glass(trial.place, trial.place.find(FIRST.digest), emergency, report=silent))

    assert taken_back(trial, SECOND)


def test_a_proven_release_since_then_settles_it(trial: Trial) -> None:
    asyncio.run(trial.released(SECOND, FIRST.digest))
    asyncio.run(trial.rollback())
    asyncio.run(trial.released(THIRD, FIRST.digest))

    assert not taken_back(trial, SECOND)


@pytest.mark.parametrize("manifest", [FIRST, SECOND])
def test_before_anything_was_promoted_nothing_was_taken_back(empty: Trial, manifest: Manifest) -> None:
    assert not taken_back(empty, manifest)
