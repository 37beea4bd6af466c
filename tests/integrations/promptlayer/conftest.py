"""What the tests against PromptLayer's stand-in share."""

from collections.abc import Iterator

import pytest
from tests.fakes.promptlayer_server import FakePromptLayer, running_promptlayer


@pytest.fixture(scope="module")
def promptlayer() -> Iterator[FakePromptLayer]:
    """A stand-in for a module's tests, none of whose calls may break PromptLayer's published form."""
    with running_promptlayer() as server:
        yield server
        assert server.faults == []
