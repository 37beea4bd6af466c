"""One running service for all tests of a module that need nothing special of it."""

from collections.abc import Iterator

import pytest
from tests.api.serving import Running, running_service


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_service(tmp_path_factory.mktemp("service")) as service:
        yield service
