"""Where the trust file is, no file of the repository can say, and none of them can be it."""

from pathlib import Path

import pytest

from surefoot.errors import SettingsError
from surefoot.settings import read_settings

VARIABLE = "SUREFOOT_TRUST_FILE"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A project below a repository's top."""
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    (tmp_path / "repository" / "project" / "serving").mkdir(parents=True)
    return tmp_path / "repository" / "project"


def test_the_environment_names_it(top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "trust.toml"))

    assert read_settings(top).trust.file == tmp_path / "trust.toml"


def test_the_settings_file_may_not_name_it(top: Path) -> None:
    (top / "serving" / "settings.toml").write_text("schema = 1\n[trust]\nfile = '/etc/trust.toml'\n")

    with pytest.raises(SettingsError, match="a pull request can alter") as refused:
        read_settings(top)

    assert VARIABLE in refused.value.remedy


def test_a_relative_path_is_refused(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "trust.toml")

    with pytest.raises(SettingsError, match="a relative path"):
        read_settings(top)


@pytest.mark.parametrize(
    "inside",
    [
        "repository/trust.toml",
        "repository/project/serving/trust.toml",
        "elsewhere/../repository/trust.toml",
        "repository/to-elsewhere/trust.toml",
        "to-repository/trust.toml",
        "elsewhere/link.toml",
    ],
)
def test_a_file_that_a_pull_request_can_alter_is_refused(
    top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "repository" / "to-elsewhere").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "to-repository").symlink_to(tmp_path / "repository")
    (tmp_path / "elsewhere" / "link.toml").symlink_to(top / "serving" / "trust.toml")
    monkeypatch.setenv(VARIABLE, str(tmp_path / inside))

    with pytest.raises(SettingsError, match="where a pull request can alter it"):
        read_settings(top)
