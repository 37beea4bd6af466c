"""The wheel in an empty environment: light, whole, and six commands from the first gated pull request."""

import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.adoption import CITE, Terminal, adopt, somebodys_repository
from tests.cli.trial_project import free_port
from tests.fakes.model_server import FakeModelServer, running_model_server
from tests.installed import (
    Installed,
    build_wheel,
    empty_environment,
    install,
    install_command,
    lend_dependencies,
    lend_everything,
)

from surefoot.records import Message

pytestmark = pytest.mark.timeout(300)
SILENCE = "The documents do not say."


def reads_passages(messages: Sequence[Message]) -> str:
    """A model that does as the prompt says: it cites when told to, and declines when nothing helps."""
    question = messages[-1].content
    if "chess" in question:
        return (
            SILENCE if f"exactly this sentence and nothing else: {SILENCE}" in messages[0].content else "Ada."
        )
    cites = " [1]" if "in square brackets" in question else ""
    return f"It stays there for 15 minutes.{cites}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def server() -> Iterator[FakeModelServer]:
    fake = FakeModelServer(names=("their-model",), answer=reads_passages)
    with running_model_server(fake) as running:
        yield running


@pytest.fixture(scope="module")
def adopted(wheel: Path, server: FakeModelServer, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Somebody's repository after the six commands."""
    folder = tmp_path_factory.mktemp("adopted")
    environment = empty_environment(folder / "venv")
    lend_everything(environment)
    variables = environment.variables({"XDG_CACHE_HOME": str(folder / "cache"), "COLUMNS": "200"})
    terminal = somebodys_repository(folder / "theirs", variables)
    verdict = adopt(
        terminal,
        shlex.join(install_command(wheel, environment)),
        f"--endpoint {server.url} --embedder-endpoint {server.url}",
    )
    assert "P A S S" in verdict
    return terminal


def as_one_line(printed: str) -> str:
    return " ".join(printed.replace("│", " ").split())


def ran(environment: Installed, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(environment.surefoot), *words],
        cwd=environment.folder,
        env=environment.variables(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_from_an_empty_environment_to_the_first_gated_pull_request_it_takes_six_commands(
    adopted: Terminal,
) -> None:
    assert len(adopted.typed) == 6
    founding, gated = (as_one_line(adopted.typed[number].printed) for number in (3, 5))
    assert "A founding verdict, which compares with nothing" in founding
    assert "every invariant holds, and no metric was compared" in gated
    assert adopted.git("status", "--porcelain") == ""


def test_an_edit_that_takes_the_citations_away_fails(adopted: Terminal) -> None:
    adopted.edit("shorter", CITE, ".")

    said = as_one_line(adopted.run_aside("surefoot gate run", code=1))

    assert "citations_valid must be at least 1 in every case, and is not in 1 case (first)" in said


def test_an_edit_that_makes_answers_up_fails_once_abstaining_is_an_invariant(adopted: Terminal) -> None:
    adopted.git("switch", "-q", "-c", "stricter", "main")
    suite = adopted.top / "evals/answers/suite.toml"
    before, _, after = suite.read_text().partition(
        '[[advisory]]\nmetric = "abstains_when_silent"\nmargin = 0.1'
    )
    assert after
    suite.write_text(f'{before}[[invariants]]\nmetric = "abstains_when_silent"\nat_least = 1.0{after}')
    adopted.git("commit", "-qam", "Abstaining is an invariant")
    assert "P A S S" in adopted.run_aside("surefoot gate run")

    text = (adopted.top / "prompts/answer.prompt.md").read_text()
    kept = [line for line in text.splitlines(keepends=True) if not line.startswith("- If no passage helps")]
    inventive = (
        "".join(kept).replace("  abstention: text\n", "").replace("trust: {abstention: operator}\n", "")
    )
    (adopted.top / "prompts/answer.prompt.md").write_text(inventive)
    adopted.git("commit", "-qam", "Less to say")

    assert "abstains_when_silent must be at least 1" in adopted.run_aside("surefoot gate run", code=1)


def test_the_commands_work_below_the_top(adopted: Terminal) -> None:
    below = Terminal(top=adopted.top / "docs", variables=adopted.variables)

    assert "production of answers: release " in below.run_aside("surefoot status")


def test_what_was_promoted_answers(adopted: Terminal) -> None:
    adopted.git("switch", "-q", "main")
    serving = f"SUREFOOT_SERVICE_PORT={free_port()}"
    try:
        assert "It stays there for 15 minutes. [1]" in adopted.run_aside(f"{serving} surefoot up")
    finally:
        adopted.run_aside("surefoot down")


def test_what_runs_is_the_wheel(adopted: Terminal) -> None:
    place = adopted.run_aside("python -c 'import surefoot; print(surefoot.__file__)'").strip()

    assert "/venv/lib/" in place
    assert re.search(
        r"shipped/evals/ragas\.lock$",
        adopted.run_aside(
            "python -c 'from surefoot.files import shipped; print(shipped(\"evals/ragas.lock\"))'"
        ).strip(),
    )


def test_the_base_install_lists_prompts_and_names_the_extra_that_is_missing(
    wheel: Path, tmp_path: Path
) -> None:
    environment = empty_environment(tmp_path / "venv")
    lend_dependencies(environment)
    install(wheel, environment)
    (tmp_path / "venv" / "docs").mkdir()

    helped = ran(environment, "--help")
    begun = ran(environment, "init")
    gated = ran(environment, "gate", "run", "--against", "founding")

    assert helped.returncode == 0 and "gate" in helped.stdout
    assert begun.returncode == 0, begun.stdout + begun.stderr
    assert gated.returncode == 2, gated.stdout + gated.stderr
    assert re.search(r"pip install 'surefoot\[\w+\]'", gated.stderr)
    assert "Traceback" not in gated.stderr
