"""What holds for every test: no connection leaves this machine, and no setting leaks in from the shell."""

import ipaddress
import os
import sys

import pytest
from hypothesis import settings

# How long an example takes tells of the machine: what is quick enough is measured in tests/benchmarks.
settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")


def _refuse_other_machines(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect" or "SUREFOOT_TEST_PROMPTLAYER_KEY" in os.environ:
        return  # a key of PromptLayer's is there so that the tests of its service may go out
    address = arguments[1]
    if isinstance(address, tuple) and not _is_loopback(str(address[0])):
        raise PermissionError(f"a test tried to connect to {address[0]}; only loopback is allowed")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def pytest_configure(config: pytest.Config) -> None:
    """Set the guard up once for the whole run; an audit hook cannot be taken away again."""
    for name in [name for name in os.environ if name.startswith("SUREFOOT_")]:
        if not name.startswith(("SUREFOOT_TEST_", "SUREFOOT_BENCHMARK_")):
            del os.environ[name]
    sys.addaudithook(_refuse_other_machines)
