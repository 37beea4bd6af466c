"""The files of a Git repository at one commit, brought by the user's own `git`."""

import asyncio
import fcntl
import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from surefoot.files import flush
from surefoot.retrieval.origins import TREE, Repository

SECONDS = 600.0
_MIRROR = "mirror.git"
_SCRATCH = ".bringing-"
# No prompt, no hook, no submodule, no helper that runs a command of the remote's choosing.
_QUIET = (
    "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never", "-c", "protocol.https.allow=always",
    "-c", "protocol.ssh.allow=always", "-c", "protocol.file.allow=always", "-c", "submodule.recurse=false",
    "-c", "core.fsmonitor=false", "-c", "gc.auto=0",
)  # fmt: skip
_LAST_WORDS = 300


async def bring_tree(repository: Repository, folder: Path) -> str:
    """Make `folder/tree` the repository's files; says the commit. What was there stays until they are whole.

    Raises ValueError with the reason, in git's words where it has any.
    """
    with ExitStack() as alone:
        await asyncio.to_thread(_alone, folder, alone)
        return await _brought(repository, folder)


def _alone(folder: Path, holding: ExitStack) -> None:
    """Wait until no other process brings it; what one that was killed left behind goes."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    holding.callback(os.close, descriptor)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    for left in (*folder.glob(f"{_MIRROR}/**/*.lock"), *folder.glob(f".{TREE}-*")):
        left.unlink(missing_ok=True)
    for left in folder.glob(f"{_SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)


async def _brought(repository: Repository, folder: Path) -> str:
    mirror = folder / _MIRROR
    await _git("init", "--quiet", "--bare", str(mirror))  # one that is there stays as it is
    await _git(
        "-C", str(mirror), "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--force",
        "--end-of-options", repository.address, repository.ref or "HEAD",
    )  # fmt: skip
    commit = (await _git("-C", str(mirror), "rev-parse", "--verify", "FETCH_HEAD^{commit}")).strip()
    tree = folder / f"{TREE}-{commit}"
    if not tree.is_dir():
        await _extract(mirror, commit, folder, tree)
    await asyncio.to_thread(_point, folder, tree)
    return commit


async def _extract(mirror: Path, commit: str, folder: Path, tree: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder, prefix=_SCRATCH) as scratch:
        archive, made = Path(scratch) / "files.tar", Path(scratch) / TREE
        made.mkdir()
        await _git("-C", str(mirror), "archive", "--format=tar", f"--output={archive}", commit)
        await asyncio.to_thread(_unpack, archive, made)
        made.rename(tree)


def _unpack(archive: Path, into: Path) -> None:
    """All but what would leave the folder: the scan of documents tells of links that lead out."""
    with tarfile.open(archive) as packed:
        for member in packed:
            try:
                packed.extract(member, into, filter="data")
            except tarfile.FilterError:
                continue


def _point(folder: Path, tree: Path) -> None:
    """Let the name lead to the new files in one step, then remove the others."""
    link = folder / TREE
    beside = folder / f".{TREE}-{os.getpid()}"
    beside.unlink(missing_ok=True)
    beside.symlink_to(tree.name)
    beside.replace(link)
    flush(folder)
    for other in folder.glob(f"{TREE}-*"):
        if other != tree:
            shutil.rmtree(other, ignore_errors=True)


async def _git(*words: str) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            "git",
            *_QUIET,
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(os.environ),
        )
    except FileNotFoundError:
        raise ValueError("git is not installed") from None
    try:
        said, complained = await asyncio.wait_for(process.communicate(), SECONDS)
    except TimeoutError:
        raise ValueError(f"git took more than {SECONDS:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        words_of_git = " ".join(complained.decode(errors="replace").split())[-_LAST_WORDS:]
        raise ValueError(words_of_git or f"git ended with {process.returncode}")
    return said.decode(errors="replace")


def _environment(variables: Mapping[str, str]) -> Mapping[str, str]:
    """The user's, but for what points git at another repository, and without questions to a terminal."""
    kept = {
        name: value
        for name, value in variables.items()
        if name not in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
    }
    ssh = kept.get("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
    return {**kept, "GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": ssh, "LC_ALL": "C"}
