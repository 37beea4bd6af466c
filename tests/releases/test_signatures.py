"""Where keys are listed, only a receipt that one of them signed counts."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.releases.examples import manifest_saying, receipt_for

from surefoot.errors import NotFoundError, RefusedError, SettingsError
from surefoot.releases import Signatures, check_proof, read_signatures, write_receipt
from surefoot.releases.signatures import new_key, sign, signature_file, write_signature

MANIFEST = manifest_saying("One.")
RECEIPT = receipt_for(MANIFEST, baseline=None)


@pytest.fixture
def serving(tmp_path: Path) -> Path:
    return tmp_path / "serving"


@pytest.fixture
def release(serving: Path) -> Path:
    folder = serving / "releases" / MANIFEST.digest
    write_receipt(folder, RECEIPT)
    return folder


@pytest.fixture
def key(tmp_path: Path, serving: Path) -> Path:
    """A private key whose public one is listed."""
    new_key(tmp_path / "ci.key", serving, "ci")
    return tmp_path / "ci.key"


def signatures(serving: Path, release: Path) -> Signatures:
    return read_signatures(serving, release, RECEIPT.digest)


def test_without_keys_no_signature_is_asked_for(serving: Path, release: Path) -> None:
    check_proof(MANIFEST, RECEIPT, signatures=signatures(serving, release))


def test_a_receipt_that_a_listed_key_signed_counts(serving: Path, release: Path, key: Path) -> None:
    write_signature(release, RECEIPT.digest, sign(RECEIPT.canonical(), key))

    check_proof(MANIFEST, RECEIPT, signatures=signatures(serving, release))
    assert signatures(serving, release).signer(RECEIPT.canonical()) == "ci"


def test_an_unsigned_receipt_does_not_count_where_keys_are_listed(
    serving: Path, release: Path, key: Path
) -> None:
    with pytest.raises(RefusedError, match="it has no signature") as refused:
        check_proof(MANIFEST, RECEIPT, signatures=signatures(serving, release))

    assert "ci" in refused.value.remedy


def test_a_receipt_signed_by_an_unknown_key_does_not_count(
    serving: Path, release: Path, key: Path, tmp_path: Path
) -> None:
    new_key(tmp_path / "other.key", tmp_path / "elsewhere", "other")
    write_signature(release, RECEIPT.digest, sign(RECEIPT.canonical(), tmp_path / "other.key"))

    with pytest.raises(RefusedError, match="none of the listed keys signed it"):
        check_proof(MANIFEST, RECEIPT, signatures=signatures(serving, release))


def test_a_signature_of_other_bytes_does_not_count(serving: Path, release: Path, key: Path) -> None:
    write_signature(release, RECEIPT.digest, sign(RECEIPT.canonical() + b" ", key))

    with pytest.raises(RefusedError, match="none of the listed keys signed it"):
        check_proof(MANIFEST, RECEIPT, signatures=signatures(serving, release))


@pytest.mark.parametrize("content", [b"", b"not base64!", b"AAAA", b"\xff\xfe"])
def test_a_file_that_is_no_signature_does_not_count(
    serving: Path, release: Path, key: Path, content: bytes
) -> None:
    signature_file(release, RECEIPT.digest).write_bytes(content)

    with pytest.raises(RefusedError, match="none of the listed keys signed it"):
        check_proof(MANIFEST, RECEIPT, signatures=signatures(serving, release))


def test_the_private_key_is_for_its_owners_eyes_only(key: Path, serving: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"PRIVATE" not in (serving / "keys" / "ci.pub").read_bytes()


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


def test_a_key_is_never_written_over(key: Path, serving: Path, tmp_path: Path) -> None:
    before = key.read_bytes()

    with pytest.raises(SettingsError, match="is there already"):
        new_key(key, serving, "second")
    with pytest.raises(SettingsError, match="is there already"):
        new_key(tmp_path / "second.key", serving, "ci")

    assert key.read_bytes() == before
    assert not (tmp_path / "second.key").exists()


def test_a_name_that_would_leave_the_folder_is_no_key(tmp_path: Path, serving: Path) -> None:
    with pytest.raises(NotFoundError):
        new_key(tmp_path / "k", serving, "../ci")


def test_a_listed_key_that_cannot_be_read_stops_everything(serving: Path, release: Path, key: Path) -> None:
    (serving / "keys" / "broken.pub").write_text("ssh-rsa AAAA")

    with pytest.raises(SettingsError, match=r"broken\.pub is no Ed25519 public key"):
        signatures(serving, release)


def test_the_vendor_is_loaded_only_where_keys_are_listed(
    serving: Path, release: Path, tmp_path: Path
) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom surefoot.releases import read_signatures\n"
        "read_signatures(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])\n"
        "sys.exit(5 if 'cryptography' in sys.modules else 0)"
    )
    ask = [sys.executable, "-c", script, str(serving), str(release), RECEIPT.digest]

    assert subprocess.run(ask, env=dict(os.environ), check=False).returncode == 0
    new_key(tmp_path / "ci.key", serving, "ci")
    assert subprocess.run(ask, env=dict(os.environ), check=False).returncode == 5
