"""The whole path, from an edit to two replicas and back, with a model that reads gauges."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.cli.gauges import gauge_project, question, read_gauge
from tests.path_team import Place
from tests.whole_path import walk, with_one_app

from surefoot.records import Message

pytestmark = pytest.mark.timeout(300)


def shorter_from_a_handbook(messages: Sequence[Message]) -> str:
    """The model adds a word until its prompt speaks of a handbook."""
    said = read_gauge(messages)
    return said if "of a handbook" in messages[0].content else said.replace(" bar", " bar exactly")


def test_an_edit_goes_from_a_pull_request_to_two_replicas_and_back(tmp_path: Path) -> None:
    with gauge_project(tmp_path / "project") as trial:
        trial.chat.answer = shorter_from_a_handbook
        project = Place(top=trial.top, environment=trial.environment)
        with_one_app(project)
        project.surefoot("gate", "run", "--against", "founding")
        project.surefoot("release", "promote")

        walk(tmp_path, project, question(3))
