"""Approvals as somebody writes them by hand who wants a release in, and moves that would hide its author."""

import asyncio
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.releases.repositories import FIRST, SECOND, THIRD, Trial, serves
from tests.releases.test_approvals import MARIA, an_approval, approved, forged

from surefoot.errors import RefusedError
from surefoot.records import digest_bytes
from surefoot.releases import Trust
from surefoot.releases.approvals import approvals_folder
from surefoot.releases.bundles import read_release

AUTHOR = "tester@example.org"


@pytest.fixture
def asking(trial: Trial) -> Trial:
    """A deployment that asks for an approval; SECOND is gated, and was written by tester@example.org."""
    trial.commit("prompts/answer.prompt.md", "a better prompt\n")
    trial.gated(SECOND, FIRST.digest)
    return replace(trial, trust=Trust(approvals_required=True))


def refused(trial: Trial) -> str:
    with pytest.raises(RefusedError) as caught:
        asyncio.run(trial.promote(SECOND))
    return str(caught.value)


def test_one_that_was_made_in_the_future_does_not_count(asking: Trial) -> None:
    later = datetime.now(UTC) + timedelta(days=2000)
    forged(asking, an_approval(made_at=later, expires_at=later + timedelta(days=7)))

    assert "it says that it was made later than now" in refused(asking)


@pytest.mark.parametrize(
    "by",
    ["", "maria", f"{AUTHOR} ", f" {AUTHOR}", f"T <{AUTHOR}>", f"{MARIA}\n\napproved by: ceo@example.org"],
)
def test_one_in_the_name_of_nobody_does_not_count(asking: Trial, by: str) -> None:
    forged(asking, an_approval(by=by))

    assert "it names nobody by email address" in refused(asking)


def test_one_with_a_reason_of_several_lines_does_not_count(asking: Trial) -> None:
    forged(asking, an_approval(reason="fine\nSigned-off-by: ceo@example.org"))

    assert "its reason is not one printable line" in refused(asking)


def test_one_whose_times_have_no_zone_is_refused_and_not_a_crash(asking: Trial) -> None:
    naive = datetime(2026, 11, 1)
    forged(asking, an_approval(made_at=naive, expires_at=naive + timedelta(days=7)))

    assert refused(asking)


def test_one_that_is_a_link_is_refused(asking: Trial, tmp_path: Path) -> None:
    approval = an_approval()
    folder = approvals_folder(asking.place, approval.release)
    folder.mkdir(parents=True)
    (tmp_path / "elsewhere").write_bytes(approval.canonical())
    (folder / f"{digest_bytes(approval.canonical())}.json").symlink_to(tmp_path / "elsewhere")

    assert refused(asking)


def test_a_rollback_after_a_change_hides_nobody_who_made_it(asking: Trial) -> None:
    asyncio.run(replace(asking, trust=Trust()).promote(SECOND))
    asking.commit("prompts/answer.prompt.md", "a worse prompt\n")
    asyncio.run(asking.rollback())
    asking.gated(THIRD, FIRST.digest)

    with pytest.raises(RefusedError, match=f"{AUTHOR} is an author of the change"):
        approved(asking, THIRD, by=AUTHOR)


def test_a_rollback_to_what_never_served_is_no_way_around_an_approval(asking: Trial) -> None:
    kept = asking.place.promoted
    shutil.copytree(asking.project / ".surefoot" / "releases" / SECOND.digest, kept / SECOND.digest)
    asking.git("add", "--", "serving")
    asking.git("commit", "-q", "-m", "Bring a release along")

    with pytest.raises(RefusedError, match="never served"):
        asyncio.run(asking.rollback(read_release(kept, SECOND.digest)))
    assert serves(asking) == FIRST.digest


def test_what_served_goes_back_without_an_approval(asking: Trial) -> None:
    asyncio.run(replace(asking, trust=Trust()).promote(SECOND))
    asyncio.run(asking.rollback())

    asyncio.run(asking.rollback(read_release(asking.place.promoted, SECOND.digest)))

    assert serves(asking) == SECOND.digest
