"""The guard that keeps every test on this machine."""

import socket

import pytest


def test_a_connection_that_leaves_this_machine_is_refused() -> None:
    with socket.socket() as outside, pytest.raises(PermissionError, match="only loopback"):
        outside.connect(("192.0.2.1", 80))


def test_loopback_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        connection = socket.create_connection(address, timeout=5)
        assert connection.getpeername() == address
        connection.close()
