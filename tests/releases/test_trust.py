"""Whom a deployment trusts is said by a file that no pull request can alter."""

from pathlib import Path

import pytest

from surefoot.errors import InputError, SettingsError
from surefoot.releases import Trust, read_trust
from surefoot.releases.signatures import new_key
from surefoot.releases.trust import key_text

KEY = bytes(range(32))
TEXT = key_text(KEY)
WHOLE = f"""schema = 1
[keys]
ci = "{TEXT}"
[break_glass]
on-call = "{TEXT}"
[approvals]
required = true
approvers = ["maria@example.org"]
[approvals.keys]
"maria@example.org" = "{TEXT}"
"""


def written(folder: Path, text: str) -> Path:
    (folder / "trust.toml").write_text(text)
    return folder / "trust.toml"


def test_a_trust_file_lists_keys_and_approvers(tmp_path: Path) -> None:
    assert read_trust(written(tmp_path, WHOLE)) == Trust(
        keys={"ci": KEY},
        break_glass={"on-call": KEY},
        approvals_required=True,
        approvers=("maria@example.org",),
        approver_keys={"maria@example.org": KEY},
    )


def test_without_a_trust_file_nobody_is_listed(tmp_path: Path) -> None:
    assert read_trust(None) == read_trust(written(tmp_path, "schema = 1\n")) == Trust()
    assert not Trust().signed and read_trust(written(tmp_path, WHOLE)).signed


def test_a_trust_file_that_is_missing_is_not_less_trust(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is not there"):
        read_trust(tmp_path / "trust.toml")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "schema"),
        ("schema = 1\n[key]\n", "no key 'key'"),
        ("schema = 1\n[approvals]\nrequire = true\n", "no key 'approvals.require'"),
        ("schema = 1\n[approvals]\nrequired = 'yes'\n", "approvals.required is 'yes'"),
        ("schema = 1\n[keys]\nci = 'ssh-ed25519 AAAA'\n", "keys.ci is"),
        ("schema = 1\n[keys]\nci = 'ed25519:AAAA'\n", "keys.ci is"),
        ("schema = 1\n[keys]\nci = 'ed25519:!'\n", "keys.ci is"),
        ("schema = 1\n[keys]\n'../ci' = 'x'\n", "is not the name of a key"),
    ],
)
def test_a_wrong_trust_file_stops_everything(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as refused:
        read_trust(written(tmp_path, text))

    assert refused.value.remedy


def test_a_new_keys_line_is_what_the_trust_file_reads(tmp_path: Path) -> None:
    key = new_key(tmp_path / "ci.key")

    trust = read_trust(written(tmp_path, f'schema = 1\n[keys]\nci = "{key_text(key)}"\n'))

    assert trust.keys == {"ci": key}
