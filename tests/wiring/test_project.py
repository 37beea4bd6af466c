"""A project as its files and settings describe it."""

from pathlib import Path

import pytest
from tests.cli.trial_project import APP, write_project

from surefoot.errors import NotFoundError, SettingsError
from surefoot.models import declared_identity
from surefoot.wiring.project import Project, open_project, secret

DECLARED = 'url = "http://gpu:8000"\nmodel = "gpt-5"'


def project_in(top: Path, settings: str = "") -> Project:
    write_project(top, f"schema = 1\n{settings}\n")
    return open_project(top)


def test_the_pinned_model_answers_unless_another_is_declared(tmp_path: Path) -> None:
    pinned = project_in(tmp_path / "pinned")
    declared = project_in(tmp_path / "declared", f"[chat]\n{DECLARED}")

    assert pinned.chat_identity() == pinned.models.named("chat").identity
    assert declared.chat_identity() == declared_identity("gpt-5")
    assert declared.chat_alias() == "chat"


def test_the_model_server_of_this_machine_is_asked_unless_another_is_named(tmp_path: Path) -> None:
    own = project_in(tmp_path / "own", "[chat]\nport = 8765")
    other = project_in(tmp_path / "other", '[chat]\nurl = "http://gpu:8000"')

    assert (own.chat_url(), other.chat_url()) == ("http://127.0.0.1:8765", "http://gpu:8000")


@pytest.mark.parametrize("declared", ["", DECLARED])
def test_an_alias_that_is_not_in_the_catalogue_is_refused(tmp_path: Path, declared: str) -> None:
    project = project_in(tmp_path, f'[chat]\nalias = "chta"\n{declared}')

    with pytest.raises(NotFoundError, match="there is no model 'chta'") as refused:
        project.chat_alias()
    assert "chat, small" in refused.value.remedy


def test_apps_of_two_models_are_refused_unless_one_is_set(tmp_path: Path) -> None:
    write_project(tmp_path, "schema = 1\n")
    (tmp_path / "serving/apps/quick.toml").write_text(APP.replace('model = "chat"', 'model = "small"'))

    with pytest.raises(SettingsError, match="chat, small"):
        open_project(tmp_path).chat_alias()
    (tmp_path / "serving/settings.toml").write_text('schema = 1\n[chat]\nalias = "small"\n')
    assert open_project(tmp_path).chat_alias() == "small"


def test_a_model_that_does_not_chat_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'embedder' does not chat"):
        project_in(tmp_path, '[chat]\nalias = "embedder"').chat_spec()


def test_a_declared_model_needs_its_server(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"chat\.model is set to 'gpt-5', but not chat\.url") as refused:
        project_in(tmp_path, '[chat]\nmodel = "gpt-5"')
    assert "set SUREFOOT_CHAT_URL too" in refused.value.remedy


@pytest.mark.parametrize("section", ["chat", "embedder"])
def test_a_password_in_an_address_is_refused_and_not_repeated(tmp_path: Path, section: str) -> None:
    with pytest.raises(SettingsError, match="holds an '@'") as refused:
        project_in(tmp_path, f'[{section}]\nurl = "http://me:hush@gpu:8000"')
    assert "hush" not in str(refused.value)
    assert "key_variable" in refused.value.remedy


def test_an_embeddings_server_needs_its_model_and_length(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"embedder\.url is set") as refused:
        project_in(tmp_path, '[embedder]\nurl = "http://gpu:8000"').embedder_identity()
    assert "set all three" in refused.value.remedy


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("::1", "[::1]")],
)
def test_the_service_is_reached_from_here_wherever_it_listens(tmp_path: Path, host: str, url: str) -> None:
    project = project_in(tmp_path).listening_on(host=host, port=8123)

    assert project.service_url() == f"http://{url}:8123"


def test_a_secret_that_is_named_but_not_set_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPU_KEY", "shh")

    assert secret(None) is None
    assert secret("GPU_KEY") == "shh"
    monkeypatch.delenv("GPU_KEY")
    with pytest.raises(SettingsError, match="'GPU_KEY'"):
        secret("GPU_KEY")
