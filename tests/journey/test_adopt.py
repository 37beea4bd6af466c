"""Somebody's repository and their own model server: six commands, on the clock."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.adoption import CITE, Terminal, adopt, somebodys_repository
from tests.installed import Installed

from .conftest import TOP, House, free_port

pytestmark = [pytest.mark.journey, pytest.mark.timeout(1800)]

# What `.ci/journey` fetched and built while the network was there: the wheel, and all that it depends on.
WHEELHOUSE = TOP / ".cache" / "wheelhouse"
MOST_COMMANDS = 6
MOST_MINUTES = 15


@pytest.fixture(scope="module")
def terminal(house: House, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A repository with an environment that holds pip and nothing else; the house's vLLM is their server."""
    if not house.ready():
        house.surefoot("up", "--question", "At what temperature does valve 3 open?")
    assert [*WHEELHOUSE.glob("surefoot-*.whl")], "run `make journey`, which fills the wheelhouse first"
    folder = tmp_path_factory.mktemp("adopt")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    theirs = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(WHEELHOUSE),
        "PYTHONPATH": house.environment["PYTHONPATH"],  # refuses whatever would leave this machine
        "SUREFOOT_TEST_REFUSALS": str(house.refusals),
        "COLUMNS": "100",
    }
    environment = Installed(folder=folder / "venv")
    return somebodys_repository(folder / "marrow", environment.variables(theirs))


def test_from_an_empty_environment_to_the_first_gated_pull_request(
    house: House, terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    their_server = f"http://127.0.0.1:{house.environment['SUREFOOT_CHAT_PORT']}"

    verdict = adopt(terminal, "pip install 'surefoot[rag]'", f"--endpoint {their_server} --model small")

    with capsys.disabled():
        sys.stdout.write(f"\n{terminal.times()}\n")
    assert "P A S S" in verdict
    assert len(terminal.typed) <= MOST_COMMANDS
    assert terminal.seconds <= MOST_MINUTES * 60
    place = terminal.run_aside("python -c 'import surefoot; print(surefoot.__file__)'")
    assert Path(place.strip()).is_relative_to(Path(terminal.variables["PATH"].split(os.pathsep)[0]).parent)


def test_a_pull_request_that_takes_the_citations_away_fails(terminal: Terminal) -> None:
    terminal.edit("shorter", CITE, ".")

    assert "citations_valid" in terminal.run_aside("surefoot gate run", code=1)


def test_what_was_promoted_answers(terminal: Terminal) -> None:
    terminal.git("switch", "-q", "main")
    serving = f"SUREFOOT_SERVICE_PORT={free_port()}"
    try:
        answered = terminal.run_aside(f"{serving} surefoot up")
        pointer = (terminal.top / "serving/channels/answers/production.toml").read_text()
        (named,) = re.findall(r"^release +([0-9a-f]{64})$", answered, re.MULTILINE)
        assert named in pointer
        assert "15 minutes" in answered
    finally:
        terminal.run_aside("surefoot down")
