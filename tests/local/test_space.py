"""Room for what is asked: memory within the container's limit, disk, ports."""

import os
import socket
from pathlib import Path

import pytest

from surefoot.errors import ResourceError
from surefoot.local.space import (
    available_memory_bytes,
    human,
    require_disk,
    require_memory,
    require_platform,
    require_port,
)

GIGABYTE = 1_000_000_000


def test_a_taken_port_names_who_has_it_and_the_setting_to_change() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ResourceError) as caught:
            require_port("127.0.0.1", port, what="the service", setting="SUREFOOT_SERVICE_PORT")
    assert caught.value.message.startswith(f"port {port}, which the service needs, is taken by process ")
    assert f"process {os.getpid()} (" in caught.value.message
    assert "SUREFOOT_SERVICE_PORT" in caught.value.remedy


def test_a_free_port_is_let_pass_and_stays_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for _ in range(2):
        require_port("127.0.0.1", port, what="x", setting="X")


def test_an_address_that_is_not_this_machines_is_said() -> None:
    with pytest.raises(ResourceError, match=r"cannot listen at 192\.0\.2\.1:0"):
        require_port("192.0.2.1", 0, what="the service", setting="X")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Eight gigabytes free on the machine; a container in a slice, neither with a limit yet."""
    (tmp_path / "meminfo").write_text("MemTotal: 16000000 kB\nMemAvailable: 8000000 kB\n")
    (tmp_path / "own").write_text("0::/slice/container\n")
    (tmp_path / "groups" / "slice" / "container").mkdir(parents=True)
    return tmp_path


def limit(group: Path, most: str, used: int, cached: int) -> None:
    (group / "memory.max").write_text(f"{most}\n")
    (group / "memory.current").write_text(f"{used}\n")
    (group / "memory.stat").write_text(f"anon {used - cached}\nfile {cached}\nfile_mapped 5\n")


def available(machine: Path) -> int:
    return available_memory_bytes(machine / "meminfo", machine / "own", machine / "groups")


def test_without_a_limit_it_is_what_the_kernel_says(machine: Path) -> None:
    assert available(machine) == 8_192_000_000
    limit(machine / "groups" / "slice", "max", GIGABYTE, 0)
    assert available(machine) == 8_192_000_000


@pytest.mark.parametrize("group", ["", "slice", "slice/container"])
def test_the_tightest_limit_above_us_counts_and_cached_files_do_not(machine: Path, group: str) -> None:
    limit(machine / "groups" / group, str(4 * GIGABYTE), 3 * GIGABYTE, 2 * GIGABYTE)
    assert available(machine) == 3 * GIGABYTE


def test_this_machine_has_some_memory_and_not_a_thousand_terabytes() -> None:
    assert available_memory_bytes() > 0
    require_memory(1, "nothing much")
    with pytest.raises(ResourceError, match=r"Small needs 1000000\.0 GB of memory; \d+\.\d [GM]B are"):
        require_memory(10**15, "Small")


def test_disk_is_looked_at_where_the_folder_will_be(tmp_path: Path) -> None:
    require_disk(tmp_path / "not" / "yet", 1, "a byte")
    with pytest.raises(ResourceError, match=r"weights needs 1000000000\.0 GB of disk at '.*/not/yet'"):
        require_disk(tmp_path / "not" / "yet", 10**18, "weights")


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("linux", "aarch64")])
def test_another_platform_is_sent_to_a_server_elsewhere(system: str, machine: str) -> None:
    with pytest.raises(ResourceError, match=f"this is {system} on {machine}") as caught:
        require_platform(system, machine)
    assert "SUREFOOT_CHAT_URL" in caught.value.remedy


@pytest.mark.parametrize(
    ("count", "words"), [(1_117_320_768, "1.1 GB"), (466_247, "0.5 MB"), (10**8, "0.1 GB")]
)
def test_bytes_read_as_people_say_them(count: int, words: str) -> None:
    assert human(count) == words
