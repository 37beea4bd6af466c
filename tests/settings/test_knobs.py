"""A typing error in a setting is never silently the default."""

from pathlib import Path

import pytest

from surefoot.errors import SettingsError
from surefoot.settings import read_settings, variables


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, _ in variables():
        monkeypatch.delenv(name, raising=False)


def project(top: Path, written: str) -> Path:
    (top / "serving").mkdir()
    (top / "serving" / "settings.toml").write_text(written)
    return top


def test_a_project_without_a_settings_file_gets_the_defaults(tmp_path: Path) -> None:
    settings = read_settings(tmp_path)

    assert settings.service.host == "127.0.0.1"
    assert settings.folders.state == tmp_path / ".surefoot"


def test_the_environment_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path, "schema = 1\n[service]\nport = 9000\nmost_running = 2\n")
    monkeypatch.setenv("SUREFOOT_SERVICE_PORT", "9001")

    settings = read_settings(tmp_path)

    assert (settings.service.port, settings.service.most_running) == (9001, 2)


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("schema = 1\n[service]\nprot = 9000\n", "there is no setting 'service.prot'"),
        ("schema = 1\n[service]\nport = 'x'\n", "the setting 'service.port' is 'x'"),
        ("schema = 2\n", "schema is 2"),
    ],
)
def test_a_wrong_file_is_refused_with_its_key_and_value(tmp_path: Path, written: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint) as refused:
        read_settings(project(tmp_path, written))

    assert refused.value.remedy


def test_a_misspelt_variable_is_refused_and_the_near_one_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUREFOOT_CHAT_PROT", "8001")

    with pytest.raises(SettingsError, match="SUREFOOT_CHAT_PROT") as refused:
        read_settings(tmp_path)

    assert "SUREFOOT_CHAT_PORT" in refused.value.remedy


def test_paths_are_made_absolute_from_the_top_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUREFOOT_DOCS", "handbook")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    settings = read_settings(tmp_path)

    assert settings.docs == tmp_path / "handbook"
    assert settings.folders.cache == tmp_path / "cache" / "surefoot"
