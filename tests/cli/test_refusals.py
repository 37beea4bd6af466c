"""What is asked wrongly ends with its exit code, what was wrong, and what to do; never with a traceback."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.trial_project import Trial, free_port, trial_project


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with trial_project(tmp_path_factory.mktemp("refusals")) as project:
        yield project


def test_a_folder_without_a_project(trial: Trial, tmp_path: Path) -> None:
    code, told = trial.refused("index", "list", folder=tmp_path)

    assert code == 2
    assert "it has no folder 'serving'" in told
    assert "change into a surefoot project" in told


def test_an_unknown_app(trial: Trial) -> None:
    code, told = trial.refused("index", "build", "anwsers")

    assert code == 2
    assert "there is no app 'anwsers'" in told
    assert "use one of: answers" in told


def test_a_misspelt_setting_in_the_environment(trial: Trial) -> None:
    code, told = trial.told({"SUREFOOT_SERVICE_PROT": "1"}).refused("index", "list")

    assert code == 2
    assert "SUREFOOT_SERVICE_PROT" in told
    assert "SUREFOOT_SERVICE_PORT" in told


def test_a_misspelt_setting_in_the_file(trial: Trial) -> None:
    folder = trial.top / "misspelt"
    folder.mkdir()
    (folder / "settings.toml").write_text("schema = 1\n[service]\nprot = 9000\n")

    code, told = trial.told({"SUREFOOT_FOLDERS_SERVING": "misspelt"}).refused("index", "list")

    assert code == 2
    assert "there is no setting 'service.prot'" in told


@pytest.mark.parametrize("command", ["serve", "up"])
def test_a_taken_port(trial: Trial, command: str) -> None:
    with socket.create_server(("127.0.0.1", trial.port)):
        code, told = trial.refused(command)

    assert code == 5
    assert f"port {trial.port}, which the service needs, is taken by process" in told
    assert "SUREFOOT_SERVICE_PORT=" in told


def test_a_service_that_does_not_run(trial: Trial) -> None:
    code, told = trial.refused("ask", "What?")

    assert code == 5
    assert f"the service at {trial.url} cannot be reached" in told
    assert "surefoot serve" in told


def test_an_address_that_is_none(trial: Trial) -> None:
    code, told = trial.refused("ask", "What?", "--url", "nonsense")

    assert code == 2
    assert "'nonsense' is not the address of a service" in told and "http://nonsense" in told


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("localhost:8000", "http://localhost:8000"),
        ("ftp://host", "http://HOST:PORT"),
        ("http://[::", "http://HOST:PORT"),
    ],
)
def test_an_address_without_a_scheme_is_told_with_one(trial: Trial, url: str, meant: str) -> None:
    code, told = trial.refused("ask", "What?", "--url", url)

    assert code == 2 and f"to mend it: write it like {meant}" in told


def test_an_address_with_a_password_is_refused_and_not_repeated(trial: Trial) -> None:
    code, told = trial.refused("ask", "What?", "--url", "http://maria:secret@host")

    assert code == 2 and "secret" not in told and "--key-variable" in told


def test_a_folder_that_is_no_bundle(trial: Trial) -> None:
    (trial.top / "no-bundle").mkdir()
    code, told = trial.refused("release", "verify", "no-bundle")

    assert code == 2 and "is no bundle" in told and "`surefoot release pack`" in told


@pytest.mark.parametrize("words", [("report",), ("trace", "list"), ("trace", "tail")])
def test_traces_that_nobody_has_written(trial: Trial, words: tuple[str, ...]) -> None:
    code, told = trial.refused(*words)

    assert code != 0
    assert "start the service and ask it something" in told


def test_an_index_that_is_not_built(trial: Trial) -> None:
    code, told = trial.refused("index", "search", "What?")

    assert code == 5
    assert "surefoot index build answers" in told


def test_an_embedder_that_is_not_fetched(trial: Trial) -> None:
    settings = (trial.top / "serving" / "settings.toml").read_text()
    in_process = settings[: settings.index("[embedder]")]
    (trial.top / "serving" / "settings.toml").write_text(in_process)
    try:
        code, told = trial.refused("index", "build")
    finally:
        (trial.top / "serving" / "settings.toml").write_text(settings)

    assert code == 2
    assert "surefoot model fetch embedder" in told


def test_listening_beyond_this_machine_without_keys(trial: Trial) -> None:
    code, told = trial.refused("serve", "--host", "0.0.0.0", "--port", str(free_port()))

    assert code == 2
    assert "without a file of keys" in told
    assert "surefoot key create" in told


def test_a_trace_database_that_is_none(trial: Trial, tmp_path: Path) -> None:
    (tmp_path / "traces.sqlite").write_text("no database " * 1000)
    elsewhere = trial.told({"SUREFOOT_FOLDERS_STATE": str(tmp_path)})

    code, told = elsewhere.refused("serve", "--port", str(free_port()))

    assert code == 5
    assert "file is not a database" in told


def test_a_step_of_up_that_fails_while_others_run(trial: Trial) -> None:
    away = f"http://127.0.0.1:{free_port()}"

    code, told = trial.told({"SUREFOOT_EMBEDDER_URL": away}).refused("up")

    assert code == 5
    assert away in told
    assert trial.said("status").startswith("nothing started by `surefoot up` is running\n")


def test_a_model_that_is_not_in_the_catalogue(trial: Trial) -> None:
    code, told = trial.refused("model", "fetch", "chta")

    assert code == 2
    assert "chat, small, judge, embedder" in told
