"""A bundle says what is proven in it, and a release that nothing lets in is in none."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.releases.packing import Packing, copied

from surefoot.errors import RefusedError
from surefoot.records import Manifest
from surefoot.releases import BreakGlass, Pointer, Trust
from surefoot.releases.break_glass import write_break_glass
from surefoot.releases.channels import write_channel
from surefoot.releases.oci import Layout, verify_bundle
from surefoot.releases.receipts import receipt_file
from surefoot.releases.signatures import new_key, sign, write_signature


def test_verify_says_what_is_proven_and_what_rests_on_trust(layout: Layout, one: Manifest) -> None:
    found = verify_bundle(layout, layout.bundle("production"), trust=Trust())

    told = " ".join(found.words())
    assert f"production is the release {one.digest}" in told
    assert "says PASS by the suite answers, it is founding" in told
    assert "nobody vouches for the receipt" in told
    assert "the recorded responses are those the receipt names" in told
    assert found.files == len(layout.bundle("production").files)


def test_where_a_trust_file_lists_keys_only_a_signed_bundle_is_packed_copied_or_verified(
    packing: Packing, one: Manifest, layout: Layout, tmp_path: Path
) -> None:
    trust = Trust(keys={"ci": new_key(tmp_path / "ci.key")})
    with pytest.raises(RefusedError, match="it has no signature"):
        verify_bundle(layout, layout.bundle("production"), trust=trust)
    with pytest.raises(RefusedError, match="it has no signature"):
        copied(layout, Layout(path=tmp_path / "copy"), trust)
    assert not (tmp_path / "copy").exists()

    (receipt,) = (packing.serving / "releases" / one.digest / "receipts").glob("*.json")
    write_signature(
        receipt_file(receipt.parents[1], receipt.stem), sign(receipt.read_bytes(), tmp_path / "ci.key")
    )
    signed = packing.pack(layout, one, trust)

    assert "the key 'ci' of the trust file signed the receipt" in " ".join(signed.verified.words())


def test_a_release_that_break_glass_let_in_is_packed_and_verify_says_that_nothing_proves_it(
    packing: Packing, one: Manifest, layout: Layout
) -> None:
    record = BreakGlass(
        app="answers",
        release=one.digest,
        replaces=None,
        by="Ada",
        reason="the valves leak",
        made_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    write_break_glass(packing.serving / "releases" / one.digest, record)
    write_channel(packing.serving, "answers", Pointer(release=one.digest, break_glass=record.digest))

    told = " ".join(packing.pack(layout, one).verified.words())

    assert "NOT PROVEN: Ada put it into production without a receipt on 2026-03-01" in told
    assert "the reason: the valves leak" in told and "nobody vouches for the record" in told


def test_a_snapshot_that_is_not_the_one_the_release_pins_is_not_packed(
    packing: Packing, one: Manifest, tmp_path: Path
) -> None:
    (packing.snapshots / one.snapshot / "words" / "index").write_bytes(b"other words")

    with pytest.raises(RefusedError, match="'words/index' is not the one that was built"):
        packing.pack(Layout(path=tmp_path / "new"), one)

    with pytest.raises(RefusedError, match=r"index\.json is refused"):
        Layout(path=tmp_path / "new").digest("production")


def test_an_unproven_release_moves_no_tag(packing: Packing, layout: Layout) -> None:
    before = layout.digest("production")
    two = packing.promoted("Two.")
    (receipt,) = (packing.serving / "releases" / two.digest / "receipts").glob("*.json")
    receipt.write_bytes(receipt.read_bytes().replace(b'"PASS"', b'"FAIL"'))

    with pytest.raises(RefusedError, match="its bytes have the SHA-256"):
        packing.pack(layout, two)

    assert layout.digest("production") == before
