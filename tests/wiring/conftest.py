"""One project and one service that follows its production channel, for the tests of a module."""

import shutil
from collections.abc import Iterator

import pytest
from tests.cli.trial_project import Served, Trial, eventually, trial_project
from tests.cli.trial_release import promoted, released, reword
from tests.wiring.following import PUMPS, echo_the_rules, eventually_serves, held_back

from surefoot.releases import Pointer


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with trial_project(tmp_path_factory.mktemp("channels")) as project:
        project.chat.answer = echo_the_rules
        yield project


@pytest.fixture
def first(trial: Trial) -> Pointer:
    """What is in production at first; its prompt says 'one'. What other tests left is gone."""
    for made in ("channels", "releases"):
        shutil.rmtree(trial.top / "serving" / made, ignore_errors=True)
    (trial.top / PUMPS).unlink(missing_ok=True)
    reword(trial.top, "Told: one")
    return promoted(trial.top)


@pytest.fixture
def second(trial: Trial, first: Pointer) -> Pointer:
    """A release that no channel names yet, over the same snapshot; its prompt says 'two'."""
    reword(trial.top, "Told: two")
    return released(trial.top)


@pytest.fixture(scope="module")
def running(trial: Trial) -> Iterator[Served]:
    trial.said("index", "build")
    with trial.serving() as service:
        yield service


@pytest.fixture
def served(running: Served, first: Pointer) -> Served:
    """The one service of these tests, back at the first release."""
    eventually_serves(running, first)
    running.eventually_ready()
    eventually(lambda: held_back(running) == [], "nothing is held back")
    return running
