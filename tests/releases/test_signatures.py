"""Where keys are listed, only a receipt that one of them signed counts."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.releases.examples import manifest_saying, receipt_for

from surefoot.errors import RefusedError, SettingsError
from surefoot.releases import Signatures, Trust, check_proof, read_signatures, write_receipt
from surefoot.releases.receipts import receipt_file
from surefoot.releases.signatures import new_key, sign, signature_file, write_signature

MANIFEST = manifest_saying("One.")
RECEIPT = receipt_for(MANIFEST, baseline=None)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "releases" / MANIFEST.digest
    write_receipt(folder, RECEIPT)
    return folder


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    """The public half of `ci.key` is listed."""
    return Trust(keys={"ci": new_key(tmp_path / "ci.key")})


@pytest.fixture
def key(tmp_path: Path, trust: Trust) -> Path:
    return tmp_path / "ci.key"


def signatures(trust: Trust, release: Path) -> Signatures:
    return read_signatures(trust, release, RECEIPT.digest)


def signed(release: Path, content: bytes, key: Path) -> None:
    write_signature(receipt_file(release, RECEIPT.digest), sign(content, key))


def test_without_keys_no_signature_is_asked_for(release: Path) -> None:
    check_proof(MANIFEST, RECEIPT, signatures=signatures(Trust(), release))


def test_a_receipt_that_a_listed_key_signed_counts(trust: Trust, release: Path, key: Path) -> None:
    signed(release, RECEIPT.canonical(), key)

    check_proof(MANIFEST, RECEIPT, signatures=signatures(trust, release))
    assert signatures(trust, release).signer(RECEIPT.canonical()) == "ci"


def test_an_unsigned_receipt_does_not_count_where_keys_are_listed(
    trust: Trust, release: Path, key: Path
) -> None:
    with pytest.raises(RefusedError, match="it has no signature") as refused:
        check_proof(MANIFEST, RECEIPT, signatures=signatures(trust, release))

    assert "ci" in refused.value.remedy


def test_a_receipt_signed_by_an_unknown_key_does_not_count(
    trust: Trust, release: Path, key: Path, tmp_path: Path
) -> None:
    new_key(tmp_path / "other.key")
    signed(release, RECEIPT.canonical(), tmp_path / "other.key")

    with pytest.raises(RefusedError, match="none of the listed keys signed it"):
        check_proof(MANIFEST, RECEIPT, signatures=signatures(trust, release))


def test_a_signature_of_other_bytes_does_not_count(trust: Trust, release: Path, key: Path) -> None:
    signed(release, RECEIPT.canonical() + b" ", key)

    with pytest.raises(RefusedError, match="none of the listed keys signed it"):
        check_proof(MANIFEST, RECEIPT, signatures=signatures(trust, release))


@pytest.mark.parametrize("content", [b"", b"not base64!", b"AAAA", b"\xff\xfe"])
def test_a_file_that_is_no_signature_does_not_count(
    trust: Trust, release: Path, key: Path, content: bytes
) -> None:
    signature_file(receipt_file(release, RECEIPT.digest)).write_bytes(content)

    with pytest.raises(RefusedError, match="none of the listed keys signed it"):
        check_proof(MANIFEST, RECEIPT, signatures=signatures(trust, release))


def test_the_private_key_is_for_its_owners_eyes_only(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_private_key_that_others_may_read_signs_nothing(key: Path, mode: int) -> None:
    key.chmod(mode)

    with pytest.raises(SettingsError, match=f"its mode is {mode:03o}") as refused:
        sign(b"", key)

    assert "chmod 600" in refused.value.remedy


@pytest.mark.parametrize(
    "content", ["", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"]
)
def test_a_file_that_holds_no_key_is_named_and_never_quoted(tmp_path: Path, content: str) -> None:
    file = tmp_path / "key"
    file.touch(mode=0o600)
    file.write_text(content)

    with pytest.raises(SettingsError, match="holds no Ed25519 private key") as refused:
        sign(b"", file)

    assert "c2VjcmV0" not in str(refused.value) + refused.value.remedy


def test_a_private_key_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        sign(b"", tmp_path / "nowhere")


def test_a_key_is_never_written_over(key: Path) -> None:
    before = key.read_bytes()

    with pytest.raises(SettingsError, match="is there already"):
        new_key(key)

    assert key.read_bytes() == before


def test_the_vendor_is_loaded_only_where_keys_are_listed(trust: Trust, release: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom surefoot.releases import Trust, read_signatures\n"
        "keys = {'ci': bytes.fromhex(sys.argv[3])} if sys.argv[3] else {}\n"
        "read_signatures(Trust(keys=keys), Path(sys.argv[1]), sys.argv[2]).signer(b'')\n"
        "sys.exit(5 if 'cryptography' in sys.modules else 0)"
    )
    signature_file(receipt_file(release, RECEIPT.digest)).write_bytes(b"AAAA")
    ask = [sys.executable, "-c", script, str(release), RECEIPT.digest]

    assert subprocess.run([*ask, ""], env=dict(os.environ), check=False).returncode == 0
    assert subprocess.run([*ask, trust.keys["ci"].hex()], env=dict(os.environ), check=False).returncode == 5
