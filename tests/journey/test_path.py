"""The whole path on the real model: an edit, its pull request, two replicas, and back."""

from pathlib import Path

import pytest
from tests.path_team import Place
from tests.whole_path import walk, with_one_app

from .conftest import House, free_port
from .project import QUESTION, write_project

pytestmark = [pytest.mark.journey, pytest.mark.timeout(1800)]


def test_an_edit_goes_from_a_pull_request_to_two_replicas_and_back(house: House, tmp_path: Path) -> None:
    smoke = write_project(tmp_path / "project", house, free_port())
    project = Place(top=smoke.top, environment=smoke.environment)
    with_one_app(project)
    project.surefoot("gate", "run", "--against", "founding")
    project.surefoot("release", "promote")

    walk(tmp_path, project, QUESTION)
