"""Whether there is room: memory, disk and ports, each refused with the numbers and a way out."""

import errno
import os
import platform
import socket
import sys
from pathlib import Path

from surefoot.errors import ResourceError
from surefoot.files import free_bytes
from surefoot.local.processes import port_holder

MEMINFO = Path("/proc/meminfo")
OWN_CGROUP = Path("/proc/self/cgroup")
CGROUPS = Path("/sys/fs/cgroup")


def human(count: int) -> str:
    """A number of bytes in words, in powers of ten: 1,117,320,768 is '1.1 GB'."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def require_platform(system: str = sys.platform, machine: str = platform.machine()) -> None:
    """Raise ResourceError where vLLM's pinned packages cannot run: they are for Linux x86-64."""
    if not system.startswith("linux") or machine not in ("x86_64", "AMD64"):
        raise ResourceError(
            f"vLLM is pinned for Linux on x86-64; this is {system} on {machine}",
            remedy="start an OpenAI-compatible server elsewhere and name it with SUREFOOT_CHAT_URL",
        )
    if sys.version_info[:2] != (3, 11):
        raise ResourceError(
            f"vLLM's packages are pinned for Python 3.11; this is {platform.python_version()}",
            remedy="take Python 3.11 (`make up PYTHON=python3.11`), or set SUREFOOT_CHAT_URL",
        )


def require_memory(needed_bytes: int, what: str) -> None:
    """Raise ResourceError when less memory is to be had than `what` needs."""
    available = available_memory_bytes()
    if available < needed_bytes:
        raise ResourceError(
            f"{what} needs {human(needed_bytes)} of memory; {human(available)} are available",
            remedy="stop other programs, raise the container's limit, take the smaller model "
            "(SUREFOOT_CHAT_ALIAS=small), or name a server elsewhere with SUREFOOT_CHAT_URL",
        )


def require_disk(folder: Path, needed_bytes: int, what: str) -> None:
    """Raise ResourceError when the disk below `folder` (which need not exist yet) has too little room."""
    free = free_bytes(folder)
    if free < needed_bytes:
        raise ResourceError(
            f"{what} needs {human(needed_bytes)} of disk at {str(folder)!r}; {human(free)} are free",
            remedy="free some space, or put the cache elsewhere with SUREFOOT_FOLDERS_CACHE",
        )


def require_port(host: str, port: int, *, what: str, setting: str) -> None:
    """Raise ResourceError when `what` cannot listen at that port; `setting` is what chooses another."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ResourceError(
                _port_words(host, port, what, error),
                remedy=f"stop that, or choose another port: {setting}=...",
            ) from None


def _port_words(host: str, port: int, what: str, error: OSError) -> str:
    if error.errno != errno.EADDRINUSE:
        return f"{what} cannot listen at {host}:{port}: {error.strerror}"
    holder = port_holder(port)
    return f"port {port}, which {what} needs, is taken by {holder or 'a process of another user'}"


def available_memory_bytes(
    meminfo: Path = MEMINFO, own_cgroup: Path = OWN_CGROUP, cgroups: Path = CGROUPS
) -> int:
    """What can be used without swapping: the kernel's estimate, or less where a control group has a limit.

    Source: MemAvailable in proc(5); memory.max, .current and .stat in the kernel's cgroup-v2 guide.
    """
    limits = [_available_of_machine(meminfo)]
    path = _own_group(own_cgroup)
    for group in (path, *path.parents):
        left = _left_in_group(cgroups / str(group).lstrip("/"))
        if left is not None:
            limits.append(left)
    return min(limits)


def _available_of_machine(meminfo: Path) -> int:
    for line in meminfo.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _own_group(own_cgroup: Path) -> Path:
    """The path of this process's control group (version 2); the root where there is none."""
    lines = own_cgroup.read_text().splitlines() if own_cgroup.exists() else []
    return Path(next((line.removeprefix("0::") for line in lines if line.startswith("0::")), "/"))


def _left_in_group(group: Path) -> int | None:
    """Bytes a group may still use: its limit less what it holds but for cached files; None if unlimited."""
    try:
        limit = (group / "memory.max").read_text().strip()
        if limit == "max":
            return None
        used = int((group / "memory.current").read_text())
        cached = [
            int(line.split()[1])
            for line in (group / "memory.stat").read_text().splitlines()
            if line.startswith("file ")
        ]
    except OSError:
        return None
    return int(limit) - used + sum(cached)
