"""Small deployments in real repositories, one copy for each test."""

import asyncio
from pathlib import Path

import pytest
from tests.releases.repositories import FIRST, Trial, new_trial


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """A deployment whose first release is in production. Tests get copies."""
    trial = new_trial(tmp_path_factory.mktemp("promotion") / "repository")
    asyncio.run(trial.released(FIRST, None))
    return trial


@pytest.fixture
def trial(founded: Trial, tmp_path: Path) -> Trial:
    return founded.copied(tmp_path / "repository")


@pytest.fixture
def empty(tmp_path: Path) -> Trial:
    return new_trial(tmp_path / "empty")
