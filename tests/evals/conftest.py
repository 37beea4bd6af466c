"""Ragas takes seconds to load: one worker serves every test of this folder that asks for it."""

from collections.abc import Iterator

import pytest
from tests.evals.ragas_running import RunningRagas, ragas_running


@pytest.fixture(scope="package")
def ragas() -> Iterator[RunningRagas]:
    """Ragas itself, over a fake judge."""
    with ragas_running() as running:
        yield running
