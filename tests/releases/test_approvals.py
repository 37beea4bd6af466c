"""A release is promoted only with an approval that counts, where the deployment asks for one."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.releases.repositories import FIRST, SECOND, Trial, git, serves, silent

from surefoot.errors import InputError, RefusedError, SettingsError
from surefoot.records import Manifest, digest_bytes
from surefoot.releases import Trust
from surefoot.releases.approvals import LONGEST, Approval, approvals_folder, expiry, person
from surefoot.releases.approving import Approved, Assent, approve
from surefoot.releases.authors import authors_of_change
from surefoot.releases.bundles import read_release
from surefoot.releases.git import open_repository
from surefoot.releases.signatures import new_key
from surefoot.releases.standings import standing_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MARIA = "maria@example.org"


@pytest.fixture
def asking(trial: Trial) -> Trial:
    """A deployment that asks for an approval; SECOND is gated, and was written by tester@example.org."""
    trial.commit("prompts/answer.prompt.md", "a better prompt\n")
    trial.gated(SECOND, FIRST.digest)
    return replace(trial, trust=Trust(approvals_required=True))


def approved(
    trial: Trial,
    manifest: Manifest = SECOND,
    *,
    by: str = MARIA,
    expires: str = "7d",
    key: Path | None = None,
) -> Approved:
    release = read_release(trial.project / ".surefoot" / "releases", manifest.digest)
    assent = Assent(by=by, expires=expires, signing_key=key)
    deciding = (trial.project / "prompts",)
    return asyncio.run(approve(trial.place, release, assent, deciding=deciding, report=silent))


def forged(trial: Trial, approval: Approval) -> None:
    """An approval as somebody may write it who does not ask the command."""
    folder = approvals_folder(trial.place, approval.release)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{digest_bytes(approval.canonical())}.json").write_bytes(approval.canonical())


def an_approval(**changes: object) -> Approval:
    now = datetime.now(UTC)
    approval = Approval(
        app="answers",
        release=SECOND.digest,
        by=MARIA,
        reason="",
        made_at=now,
        expires_at=now + timedelta(days=1),
    )
    return replace(approval, **changes)  # type: ignore[arg-type]


def test_without_an_approval_nothing_is_promoted_and_the_refusal_says_what_to_type(asking: Trial) -> None:
    with pytest.raises(RefusedError, match="there is none that counts") as refused:
        asyncio.run(asking.promote(SECOND))

    assert f"surefoot release approve {SECOND.digest[:12]} --as" in refused.value.remedy
    assert serves(asking) == FIRST.digest


def test_an_approved_release_is_promoted_with_the_approver_in_the_commit(asking: Trial) -> None:
    given_one = approved(asking)

    assert asking.git("log", "-1", "--format=%s").strip() == f"Approve answers {SECOND.digest[:12]}"
    assert asking.git("show", "--name-only", "--format=", "HEAD").split() == [
        f"serving/approvals/{SECOND.digest}/{given_one.digest}.json"
    ]
    asyncio.run(asking.promote(SECOND))
    assert serves(asking) == SECOND.digest
    assert f"approved by: {MARIA}" in asking.git("log", "-1", "--format=%B")


def test_where_none_is_asked_for_none_is_needed(asking: Trial) -> None:
    asyncio.run(replace(asking, trust=Trust()).promote(SECOND))

    assert serves(asking) == SECOND.digest


def test_an_author_cannot_approve_their_own_change(asking: Trial) -> None:
    head = asking.head()
    with pytest.raises(RefusedError, match=r"tester@example\.org is an author of the change"):
        approved(asking, by="Tester@Example.org")
    assert asking.head() == head and asking.git("status", "--porcelain") == ""

    forged(asking, an_approval(by="tester@example.org"))
    with pytest.raises(RefusedError, match=r"that by tester@example\.org does not count: .* an author"):
        asyncio.run(asking.promote(SECOND))


def test_a_co_author_is_an_author(asking: Trial) -> None:
    asking.commit("prompts/more.md", "more\n")
    asking.git("commit", "-q", "--amend", "-m", f"Write more\n\nCo-authored-by: Maria M <{MARIA.upper()}>")
    asking.gated(SECOND, FIRST.digest)

    with pytest.raises(RefusedError, match="is an author of the change"):
        approved(asking)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"expires_at": NOW, "made_at": NOW - timedelta(days=1)}, "it expired at 2026-03-01 12:00 UTC"),
        ({"app": "agent"}, "it is about the release"),
        ({"expires_at": datetime.now(UTC) + timedelta(days=400)}, "it is for longer than 90 days"),
    ],
)
def test_an_approval_that_does_not_fit_does_not_count(
    asking: Trial, changes: dict[str, object], fault: str
) -> None:
    forged(asking, an_approval(**changes))

    with pytest.raises(RefusedError, match=fault):
        asyncio.run(asking.promote(SECOND))
    assert serves(asking) == FIRST.digest


def test_an_approval_of_another_release_does_not_count(asking: Trial) -> None:
    other = an_approval(release=FIRST.digest)
    folder = approvals_folder(asking.place, SECOND.digest)
    folder.mkdir(parents=True)
    (folder / f"{other.digest}.json").write_bytes(other.canonical())

    with pytest.raises(RefusedError, match=f"it is about the release {FIRST.digest[:12]}"):
        asyncio.run(asking.promote(SECOND))


def test_only_listed_approvers_count_where_any_are_listed(asking: Trial) -> None:
    listing = replace(asking, trust=Trust(approvals_required=True, approvers=("Maria@Example.org",)))

    with pytest.raises(RefusedError, match="not among the approvers") as refused:
        approved(listing, by="else@example.org")
    assert "Maria@Example.org" in refused.value.remedy
    approved(listing)
    asyncio.run(listing.promote(SECOND))
    assert serves(listing) == SECOND.digest


def test_whose_key_is_listed_must_sign(asking: Trial, tmp_path: Path) -> None:
    hers = new_key(tmp_path / "maria.key")
    new_key(tmp_path / "other.key")
    keyed = replace(asking, trust=Trust(approvals_required=True, approver_keys={MARIA: hers}))

    with pytest.raises(RefusedError, match="it has no signature"):
        approved(keyed)
    with pytest.raises(RefusedError, match="another key than its approver's"):
        approved(keyed, key=tmp_path / "other.key")
    forged(keyed, an_approval())
    with pytest.raises(RefusedError, match="it has no signature"):
        asyncio.run(keyed.promote(SECOND))

    approved(keyed, key=tmp_path / "maria.key")
    asyncio.run(keyed.promote(SECOND))
    assert serves(keyed) == SECOND.digest


@pytest.mark.parametrize("content", [b"{}", b"not json", b'{"schema": 9}'])
def test_a_damaged_approval_is_named(asking: Trial, content: bytes) -> None:
    folder = approvals_folder(asking.place, SECOND.digest)
    folder.mkdir(parents=True)
    (folder / f"{digest_bytes(content)}.json").write_bytes(content)

    with pytest.raises((RefusedError, SettingsError), match="approvals"):
        asyncio.run(asking.promote(SECOND))
    assert serves(asking) == FIRST.digest


def test_it_is_shown_with_the_release_and_with_what_is_wrong_with_it(asking: Trial) -> None:
    approved(asking)
    forged(asking, an_approval(expires_at=NOW, made_at=NOW - timedelta(days=1), by="old@example.org"))

    standing = standing_of(asking.place, ["answers"], SECOND.digest)

    newest, oldest = json.loads(json.dumps(standing.fields()))["approvals"]
    assert (newest["by"], newest["fault"]) == (MARIA, None)
    assert oldest["by"] == "old@example.org" and oldest["fault"].startswith("it expired")


def test_a_shallow_clone_does_not_know_the_authors(asking: Trial, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{asking.project}", "shallow")
    shallow = replace(asking, project=tmp_path / "shallow")

    with pytest.raises(RefusedError, match="shallow"):
        authors(shallow)


def test_promotions_approvals_and_plain_merges_make_nobody_an_author(asking: Trial) -> None:
    asking.git("checkout", "-q", "-b", "side")
    asking.git("config", "user.email", "second@example.org")
    asking.commit("prompts/side.md", "side\n")
    asking.git("checkout", "-q", "main")
    asking.git("config", "user.email", "merger@example.org")
    asking.git("merge", "-q", "--no-ff", "-m", "Merge", "side")
    asking.git("config", "user.email", MARIA)
    approved(asking)

    assert authors(asking) == {"tester@example.org", "second@example.org"}


def test_before_the_first_release_whoever_changed_what_decides_is_an_author(empty: Trial) -> None:
    empty.git("config", "user.email", "reader@example.org")
    empty.commit("README.md", "hello\n")

    assert authors(empty) == {"tester@example.org"}


def authors(trial: Trial) -> frozenset[str]:
    deciding: Sequence[Path] = (trial.project / "prompts",)
    return authors_of_change(trial.place, open_repository(trial.project), "answers", deciding)


@given(number=st.integers(1, 2160), unit=st.sampled_from("hd"))
def test_an_approval_ends_after_the_time_that_was_said(number: int, unit: str) -> None:
    span = timedelta(hours=number) if unit == "h" else timedelta(days=number)
    if span > LONGEST:
        with pytest.raises(InputError):
            expiry(f"{number}{unit}", NOW)
    else:
        assert expiry(f"{number}{unit}", NOW) - NOW == span


@pytest.mark.parametrize("text", ["", "0d", "7", "d", "-1d", "1.5d", "7days", "99999d", "\x1b[31m7d"])
def test_no_other_time_is_taken(text: str) -> None:
    with pytest.raises(InputError, match="is no time for which"):
        expiry(text, NOW)


@pytest.mark.parametrize("text", ["", "maria", "a@b\nc", "../../x@y z", "<a@b>", "a@" + "b" * 300, "a\x1b@b"])
def test_no_other_name_is_taken(text: str) -> None:
    with pytest.raises(InputError, match="names a person by email address"):
        person(text)
