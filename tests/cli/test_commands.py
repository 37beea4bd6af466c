"""What the commands print, over one project whose processes can reach nothing but this machine."""

import json
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.trial_project import ANSWER, QUESTION, REPOSITORY, Served, Trial, trial_project
from tests.cli.trial_release import promoted
from tests.house.reference import commands
from typer.testing import CliRunner

from surefoot.cli import app
from surefoot.releases import Pointer

HEX = set("0123456789abcdef")


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("refusals") / "refusals"
    file.touch()
    return file


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory, refusals: Path) -> Iterator[Trial]:
    with trial_project(tmp_path_factory.mktemp("commands")) as project:
        yield project.told(
            {
                "PYTHONPATH": str(REPOSITORY / "tests" / "journey" / "refuse_outside"),
                "SUREFOOT_TEST_REFUSALS": str(refusals),
            }
        )


@pytest.fixture(scope="module")
def snapshot(trial: Trial) -> str:
    """The digest that `surefoot index build` printed."""
    return trial.said("index", "build").strip()


@pytest.fixture(scope="module")
def production(trial: Trial, snapshot: str) -> Pointer:
    """What is in production."""
    return promoted(trial.top)


@pytest.fixture(scope="module")
def served(trial: Trial, production: Pointer) -> Iterator[Served]:
    with trial.serving() as service:
        service.eventually_ready()
        yield service


@pytest.fixture(scope="module")
def told(trial: Trial, served: Served) -> str:
    """What `surefoot ask` printed."""
    return trial.said("ask", QUESTION, "--url", served.url)


def fact(told: str, name: str) -> str:
    """The rest of the line that begins with a name."""
    (line,) = [line for line in told.splitlines() if line.startswith(name)]
    return line.removeprefix(name).strip()


def test_a_built_index_is_listed_as_live(trial: Trial, snapshot: str) -> None:
    listed = trial.said("index", "list")

    assert len(snapshot) == 64
    assert set(snapshot) <= HEX
    assert listed == f"{snapshot}  3 passages  3 documents  papers/default\n"


def test_a_search_prints_passages_best_first_with_their_scores(trial: Trial, snapshot: str) -> None:
    found = trial.said("index", "search", QUESTION, "--limit", "2")

    assert found.startswith("1. valves.md > Valves  fused 0.0")
    assert "cosine " in found.splitlines()[0]
    assert "words " in found.splitlines()[0]
    assert "Valve 3 opens at a temperature of 33 degrees." in found
    assert "\n2. " in found
    assert "\n3. " not in found


def test_an_answer_is_printed_with_citations_release_and_speed(told: str) -> None:
    assert told.startswith(f"{ANSWER}\n\n[1] valves.md > Valves  characters 0-")
    release = fact(told, "release")
    assert len(release) == 64
    assert set(release) <= HEX
    assert fact(told, "prompt").startswith("answer ")
    assert fact(told, "speed").startswith("first token after ")
    assert " tokens/s, " in fact(told, "speed")


def test_the_answer_is_in_list_show_and_report(trial: Trial, told: str) -> None:
    trace, release = fact(told, "trace"), fact(told, "release")

    listed = trial.said("trace", "list", "--only", "answered")
    shown = trial.said("trace", "show", trace)
    whole = json.loads(trial.said("trace", "show", trace, "--json"))
    reported = trial.said("report", "--since", "1h")
    summary = json.loads(trial.said("report", "--since", "1h", "--json"))

    assert trace in listed
    assert QUESTION in listed
    assert release in shown
    assert ANSWER in shown
    assert whole["trace"]["id"] == trace
    assert release[:12] in reported
    assert "citations_valid" in reported
    assert [found["release"] for found in summary["releases"]] == [release]


@pytest.mark.usefixtures("interruptible")
def test_a_tail_shows_a_trace_as_it_comes(trial: Trial, served: Served, told: str) -> None:
    with subprocess.Popen(
        trial.command("trace", "tail"),
        cwd=trial.top,
        env={**trial.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as tail:
        assert tail.stdout is not None
        try:
            asked = ""
            while not asked:  # until it follows: what was answered before it began is not shown
                served.ask()
                asked = _line_within(tail, seconds=1.0)
            tail.send_signal(signal.SIGINT)
            _, last_words = tail.communicate(timeout=30)
        finally:
            tail.kill()

    assert QUESTION in asked
    assert "Traceback" not in last_words


def _line_within(tail: "subprocess.Popen[str]", *, seconds: float) -> str:
    assert tail.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(tail.stdout, selectors.EVENT_READ)
        return tail.stdout.readline() if selector.select(seconds) else ""


def test_the_models_of_the_catalogue_are_listed(trial: Trial) -> None:
    listed = trial.said("model", "list")

    assert [line.split()[0] for line in listed.splitlines()[::2]] == ["chat", "small", "judge", "embedder"]
    assert listed.count("not fetched") == 4
    assert "the same as chat" in listed


def test_nothing_was_started_and_nothing_is_stopped(
    trial: Trial, served: Served, production: Pointer
) -> None:
    nothing, named = "nothing started by `surefoot up` is running\n", f"release {production.release}, "
    assert trial.said("down") == "nothing was running\n"
    assert trial.said("status").startswith(f"{nothing}production of answers: {named}")
    assert served.not_ready() == ""


def test_a_command_works_in_a_folder_below_the_top(trial: Trial, snapshot: str) -> None:
    done = trial.run("index", "list", folder=trial.top / "papers")

    assert snapshot in done.stdout


def test_output_that_is_cut_off_is_no_error(trial: Trial) -> None:
    command = " ".join(trial.command("model", "list"))

    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | true"],
        cwd=trial.top,
        env=dict(trial.environment),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["", *(command.name for command in commands())])
def test_every_command_helps(name: str) -> None:
    helped = CliRunner().invoke(app, [*name.split(), "--help"])

    assert helped.exit_code == 0
    assert "Usage:" in helped.stdout


def test_nothing_phoned_home(trial: Trial, told: str, refusals: Path) -> None:
    """The guard was there: an attempt made on purpose is the only one in its file."""
    attempt = "import socket; socket.create_connection(('192.0.2.1', 80))"

    tried = subprocess.run(
        [sys.executable, "-c", attempt], env=dict(trial.environment), capture_output=True, check=False
    )

    assert tried.returncode == 1
    (only,) = refusals.read_text().splitlines()
    assert "192.0.2.1" in only
