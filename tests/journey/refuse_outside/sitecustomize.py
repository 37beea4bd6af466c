"""Put this folder on PYTHONPATH and the process cannot reach anything but this machine.

Every refused attempt is written to the file that SUREFOOT_TEST_REFUSALS names, so that a library that
swallows the refusal is still found out.
"""

import os
import socket
import sys

LOCAL_NAMES = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "", socket.gethostname()}


def is_local(host: object) -> bool:
    text = host.decode() if isinstance(host, bytes) else str(host or "")
    return text in LOCAL_NAMES or text.startswith(("127.", "::ffff:127."))


def refuse(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo":
        host: object = args[0]
    elif event in {"socket.connect", "socket.sendto"}:
        address = args[1]
        if not isinstance(address, tuple):  # a Unix socket is this machine
            return
        host = address[0]
    else:
        return
    if not is_local(host):
        with open(os.environ["SUREFOOT_TEST_REFUSALS"], "a") as refusals:  # noqa: PTH123 pathlib may not be loaded yet
            refusals.write(f"{event} {host!r} by {sys.argv[:3]}\n")
        raise OSError(f"refused by the test: {event} to {host!r}")


if "SUREFOOT_TEST_REFUSALS" in os.environ:
    sys.addaudithook(refuse)
