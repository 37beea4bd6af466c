"""One project for all tests of a run; each test gets a copy."""

import shutil
from pathlib import Path

import pytest
from tests.changes.repositories import Project, new_project


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return new_project(tmp_path_factory.mktemp("changes") / "repository")


@pytest.fixture
def project(begun: Project, tmp_path: Path) -> Project:
    shutil.copytree(begun.top, tmp_path / "repository", symlinks=True)
    return Project(top=tmp_path / "repository")
