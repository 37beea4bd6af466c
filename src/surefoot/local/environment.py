"""An environment of its own for vLLM, and one for ragas: made from a lock file, whole or not at all."""

import asyncio
import hashlib
import json
import platform
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import FetchError, SettingsError
from surefoot.files import replace_file
from surefoot.local.commands import Finished, run_command
from surefoot.local.locks import one_at_a_time
from surefoot.local.pip_words import lacks_version, pip_error
from surefoot.local.progress import Progress, Report
from surefoot.local.space import require_disk

TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
COMPLETE = "complete.json"
LOOK_AGAIN_SECONDS = 1.0
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+?)(?:\s+\\)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """Whom an environment is for. `folder` is its folder in the cache, `title` its name in sentences.

    `needed_bytes` is what is installed, and what pip holds beside it while it installs.
    """

    folder: str
    title: str
    needed_bytes: int


VLLM = Tenant(folder="vllm", title="vLLM", needed_bytes=4_000_000_000)
RAGAS = Tenant(folder="ragas", title="ragas", needed_bytes=1_500_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A virtual environment: its folder, and its interpreter."""

    folder: Path
    python: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A lock file in the two parts that pip wants apart: `hashed` text, and requirements without a hash."""

    hashed: str
    unhashed: tuple[str, ...]
    packages: int


def read_lock(path: Path) -> Lock:
    """The lock file's parts. Raises SettingsError when it is not there or pins nothing."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"the lock file {str(path)!r} cannot be read: {error.strerror}",
            remedy="restore it from Git: lock files belong to the project",
        ) from error
    pins = PINNED.findall(text)
    if not pins:
        raise SettingsError(f"the lock file {str(path)!r} pins no package", remedy="restore it from Git")
    blocks = re.split(r"\n(?=\S)", text)
    unhashed = [block.strip() for block in blocks if PINNED.match(block) and "--hash" not in block]
    hashed = [block for block in blocks if block.strip() not in unhashed]
    return Lock(hashed="\n".join(hashed) + "\n", unhashed=tuple(unhashed), packages=len(pins))


def environment_of(lock: Path, *, cache: Path, tenant: Tenant = VLLM) -> Environment:
    """Where the environment of this lock file is, or will be: the lock's bytes and the Python name it."""
    name = hashlib.sha256(lock.read_bytes() + platform.python_version().encode()).hexdigest()[:16]
    folder = cache / tenant.folder / name
    return Environment(folder=folder, python=folder / "bin" / "python")


def find_environment(lock: Path, *, cache: Path, tenant: Tenant = VLLM) -> Environment | None:
    """The environment of this lock file, if it is complete."""
    environment = environment_of(lock, cache=cache, tenant=tenant)
    complete = (environment.folder / COMPLETE).is_file() and environment.python.exists()
    return environment if complete else None


async def ensure_environment(
    lock: Path,
    *,
    cache: Path,
    python: str,
    variables: Mapping[str, str],
    report: Report,
    tenant: Tenant = VLLM,
) -> Environment:
    """The complete environment of this lock file, made if need be.

    `python` is an interpreter with pip; `variables` is pip's environment, with the user's own configuration.
    What an interrupted run left is removed and made anew. Raises FetchError, ChecksumError or ResourceError
    with pip's last lines.
    """
    parts = read_lock(lock)
    if (found := find_environment(lock, cache=cache, tenant=tenant)) is not None:
        return found
    environment = environment_of(lock, cache=cache, tenant=tenant)
    async with one_at_a_time(cache, f"{tenant.folder}-environment-{environment.folder.name}", report) as held:
        if find_environment(lock, cache=cache, tenant=tenant) is None:
            require_disk(cache, tenant.needed_bytes, f"{tenant.title}'s environment")
            shutil.rmtree(environment.folder, ignore_errors=True)
            await _Installation(tenant, environment, parts, python, variables, report, held).run()
    return environment


class _Installation:
    """One making of an environment, under its lock."""

    def __init__(
        self,
        tenant: Tenant,
        environment: Environment,
        lock: Lock,
        python: str,
        variables: Mapping[str, str],
        report: Report,
        held: int,
    ) -> None:
        self._tenant = tenant
        self._environment = environment
        self._lock = lock
        self._python = python
        self._variables = variables
        self._report = report
        self._held = held
        self._collected = 0

    async def run(self) -> None:
        folder = self._environment.folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        watch = asyncio.create_task(self._watch())
        try:
            await self._make()
            for requirement in self._lock.unhashed:
                await self._install_unhashed(requirement)
            await self._install_hashed()
            made = {"schema": 1, "packages": self._lock.packages, "python": platform.python_version()}
            replace_file(folder / COMPLETE, json.dumps(made).encode() + b"\n")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch

    async def _make(self) -> None:
        folder = str(self._environment.folder)
        command = (self._python, "-m", "venv", "--without-pip", folder)
        made = await run_command(command, environment=self._variables, held=self._held)
        if made.code != 0:
            raise FetchError(
                f"{self._python} cannot make a virtual environment in {folder!r}: {' '.join(made.tail[-3:])}",
                remedy="install its venv module (Debian: python3.11-venv), or mend the folder's permissions",
            )

    async def _install_unhashed(self, requirement: str) -> None:
        """From the user's own index; where that lacks a CPU build of torch, from PyTorch's."""
        finished = await self._pip(requirement)
        if finished.code != 0 and requirement.endswith("+cpu") and lacks_version(finished.tail):
            finished = await self._pip("--extra-index-url", TORCH_CPU_INDEX, requirement)
        if finished.code != 0:
            raise pip_error(requirement, finished.tail)

    async def _install_hashed(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.write(self._lock.hashed)
            file.flush()
            finished = await self._pip("--require-hashes", "-r", file.name)
        if finished.code != 0:
            raise pip_error(f"{self._tenant.title}'s packages", finished.tail)

    async def _pip(self, *wanted: str) -> Finished:
        pip = (self._python, "-m", "pip", "--python", str(self._environment.python))
        # Bytecode is written when a file is first imported: most never are.
        asked = ("--no-deps", "--only-binary=:all:", "--no-user", "--no-compile", "--no-input")
        return await run_command(
            (*pip, "--disable-pip-version-check", "install", "--progress-bar=off", *asked, *wanted),
            environment=self._variables,
            each_line=self._count,
            held=self._held,
        )

    def _count(self, line: str) -> None:
        self._collected += line.startswith("Collecting ")
        self._tell()

    async def _watch(self) -> None:
        """Pip is silent while it unpacks, so what it has finished is counted in the folder."""
        while True:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            self._tell()

    def _tell(self) -> None:
        unpacked = len([*self._environment.folder.glob("lib/python*/site-packages/*.dist-info")])
        total = self._lock.packages
        done = min(self._collected, total) + min(unpacked, total)
        step = f"installing {self._tenant.title}"
        self._report(Progress(step=step, done=done // 2, total=total, unit="packages"))
