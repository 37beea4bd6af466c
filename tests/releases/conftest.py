"""Small deployments in real repositories, one copy for each test."""

import asyncio
from pathlib import Path

import pytest
from tests.releases.packing import Packing, new_packing
from tests.releases.repositories import FIRST, Trial, new_trial

from surefoot.records import Manifest
from surefoot.releases.oci import Layout


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


@pytest.fixture
def packing(tmp_path: Path) -> Packing:
    return new_packing(tmp_path / "project")


@pytest.fixture
def one(packing: Packing) -> Manifest:
    return packing.promoted("One.")


@pytest.fixture
def layout(packing: Packing, one: Manifest, tmp_path: Path) -> Layout:
    found = Layout(path=tmp_path / "bundle")
    packing.pack(found, one)
    return found
