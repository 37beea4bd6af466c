"""Production opens without a proof only under a name, with a reason, and where keys are listed by a key."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.releases.examples import files_of
from tests.releases.repositories import FIRST, SECOND, THIRD, WORDS, Trial, serves, silent

from surefoot.errors import InputError, RefusedError
from surefoot.records import Manifest, digest_bytes
from surefoot.releases import Pointer, Trust, check_entry, read_channel, write_release
from surefoot.releases.break_glass import BreakGlass, break_glass_of, read_break_glass, write_break_glass
from surefoot.releases.bundles import read_release
from surefoot.releases.channels import write_channel
from surefoot.releases.pointing import Moved
from surefoot.releases.promotion import Emergency, break_glass
from surefoot.releases.signatures import new_key
from surefoot.releases.standings import standing_of

REASON = "the old answer names a price that is wrong"


def broken(
    trial: Trial, manifest: Manifest, *, by: str = "Ada", reason: str = REASON, key: Path | None = None
) -> Moved:
    """Break the glass for a candidate that nothing proves."""
    candidates = trial.project / ".surefoot" / "releases"
    write_release(candidates, manifest, files_of(WORDS[manifest.digest]))
    release = read_release(candidates, manifest.digest)
    emergency = Emergency(by=by, reason=reason, signing_key=key)
    return asyncio.run(break_glass(trial.place, release, emergency, report=silent))


def folder(trial: Trial, manifest: Manifest) -> Path:
    return trial.place.promoted / manifest.digest


def test_a_release_without_proof_serves_under_a_name_and_a_reason(trial: Trial) -> None:
    moved = broken(trial, SECOND)

    assert serves(trial) == SECOND.digest
    pointer = read_channel(trial.place.serving, "answers")
    assert pointer is not None and pointer == moved.pointer and pointer.receipt is None
    record = read_break_glass(folder(trial, SECOND), pointer.proof)
    assert (record.by, record.reason, record.replaces) == ("Ada", REASON, FIRST.digest)
    message = trial.git("log", "-1", "--format=%B")
    assert message.startswith(f"Break the glass: answers to {SECOND.digest[:12]}")
    assert "by: Ada" in message and f"why: {REASON}" in message
    assert trial.git("status", "--porcelain") == ""


def test_it_is_seen_where_the_release_is_shown(trial: Trial) -> None:
    broken(trial, SECOND)

    standing = standing_of(trial.place, ["answers"], SECOND.digest)

    assert standing.where() == "production of answers, UNPROVEN: break-glass"
    assert standing.unproven == ("answers",)
    (fields,) = json.loads(json.dumps(standing.fields()))["break_glass"]
    assert (fields["by"], fields["reason"]) == ("Ada", REASON)


def test_a_rollback_goes_back_to_what_it_replaced(trial: Trial) -> None:
    broken(trial, SECOND)

    asyncio.run(trial.rollback())

    assert serves(trial) == FIRST.digest
    gone = standing_of(trial.place, ["answers"], SECOND.digest)
    assert gone.where() == "served before, once by break-glass", "it was never promoted"
    assert break_glass_of(folder(trial, SECOND)), "what was done stays on record"


def test_what_is_promoted_next_replaces_it(trial: Trial) -> None:
    broken(trial, SECOND)

    asyncio.run(trial.released(THIRD, SECOND.digest))

    assert serves(trial) == THIRD.digest
    asyncio.run(trial.rollback())
    assert serves(trial) == SECOND.digest


def test_the_same_again_changes_nothing(trial: Trial) -> None:
    first = broken(trial, SECOND)

    again = broken(trial, SECOND, reason="once more")

    assert again.commit is None and again.pointer == first.pointer


@pytest.mark.parametrize("words", ["", "  ", "two\nlines", "\x1b[31mred", "x" * 1001])
def test_a_name_and_a_reason_are_one_printable_line(trial: Trial, words: str) -> None:
    before = trial.head()
    with pytest.raises(InputError, match="the reason is"):
        broken(trial, SECOND, reason=words)
    with pytest.raises(InputError, match="the name is"):
        broken(trial, SECOND, by=words)

    assert trial.head() == before and serves(trial) == FIRST.digest


def test_where_keys_are_listed_one_for_break_glass_must_sign(trial: Trial, tmp_path: Path) -> None:
    keys = {name: new_key(tmp_path / name) for name in ("ci", "on-call")}
    trusting = replace(trial, trust=Trust(keys={"ci": keys["ci"]}, break_glass={"on-call": keys["on-call"]}))

    for key in (None, tmp_path / "ci"):
        with pytest.raises(RefusedError, match="opens nothing") as refused:
            broken(trusting, SECOND, key=key)
        assert "on-call" in refused.value.remedy
    broken(trusting, SECOND, key=tmp_path / "on-call")

    assert serves(trusting) == SECOND.digest


def test_where_no_key_is_listed_for_it_the_glass_cannot_be_broken(trial: Trial, tmp_path: Path) -> None:
    trusting = replace(trial, trust=Trust(keys={"ci": new_key(tmp_path / "ci")}))

    with pytest.raises(RefusedError, match="lists keys, and none for break-glass"):
        broken(trusting, SECOND, key=tmp_path / "ci")


def test_a_pull_request_that_brings_record_and_pointer_opens_nothing(trial: Trial, tmp_path: Path) -> None:
    broken(trial, SECOND)
    trusting = replace(trial, trust=Trust(break_glass={"on-call": new_key(tmp_path / "on-call")}))

    with pytest.raises(RefusedError, match="it has no signature"):
        serves(trusting)


def test_a_record_of_another_release_or_app_opens_nothing(trial: Trial) -> None:
    broken(trial, SECOND)
    record = break_glass_of(folder(trial, SECOND))[0]
    for forged in (replace(record, release=THIRD.digest), replace(record, app="others")):
        digest = write_break_glass(folder(trial, SECOND), forged)
        pointer = Pointer(release=SECOND.digest, break_glass=digest)
        bundle = read_release(trial.place.promoted, SECOND.digest)
        with pytest.raises(RefusedError, match="it is about the release"):
            check_entry(bundle, pointer, trust=Trust())


def test_a_record_that_was_edited_or_is_gone_opens_nothing(trial: Trial) -> None:
    moved = broken(trial, SECOND)
    file = folder(trial, SECOND) / "break-glass" / f"{moved.pointer.proof}.json"
    written = file.read_bytes()

    file.write_bytes(written.replace(b"Ada", b"Bob"))
    with pytest.raises(RefusedError):
        serves(trial)
    file.unlink()
    with pytest.raises(RefusedError, match="is missing"):
        serves(trial)


@pytest.mark.parametrize(
    ("field", "value"),
    [("by", "Ada\nBob"), ("reason", "x" * 1001), ("made_at", "yesterday"), ("replaces", 7), ("more", 1)],
)
def test_a_record_that_says_what_none_can_say_is_refused(trial: Trial, field: str, value: object) -> None:
    broken(trial, SECOND)
    record = json.loads(break_glass_of(folder(trial, SECOND))[0].canonical())
    content = json.dumps({**record, field: value}, sort_keys=True, separators=(",", ":")).encode()
    digest = digest_bytes(content)
    (folder(trial, SECOND) / "break-glass" / f"{digest}.json").write_bytes(content)
    write_channel(trial.place.serving, "answers", Pointer(release=SECOND.digest, break_glass=digest))

    with pytest.raises(RefusedError):
        serves(trial)


def test_a_record_is_read_as_it_was_written(trial: Trial) -> None:
    moved = broken(trial, SECOND)
    record = read_break_glass(folder(trial, SECOND), moved.pointer.proof)

    assert isinstance(record, BreakGlass) and record.digest == moved.pointer.proof
