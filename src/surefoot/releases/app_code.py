"""An app's own code: the Python files of one folder below `serving/apps/`, named by their digest.

A release holds these files below `code/` and runs no other. Nothing here executes them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import SettingsError
from surefoot.records import digest, digest_bytes
from surefoot.releases.reading import read_plain_file

# How an app file names a pipeline of its own code, and how the pipeline's identity begins.
LANGCHAIN = "langchain"
MOST_FILES = 100
MOST_BYTES = 200_000

_PART = r"[a-z0-9][a-z0-9_-]*"
_ENTRY = re.compile(
    rf"(?P<file>(?P<folder>{_PART})(?:/[A-Za-z0-9_]+)+\.py):(?P<attribute>[A-Za-z][A-Za-z0-9_]*)"
)
_FILE = re.compile(rf"{_PART}(?:/[A-Za-z0-9_]+)+\.py")
_IDENTITY = re.compile(rf"{LANGCHAIN}/(?P<entry>[^@]+)@(?P<digest>[0-9a-f]{{64}})")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppCode:
    """The code of one app, read whole: `files` by their name below `top`, and where to enter.

    `top` is `serving/apps` or a release's `code/`; errors name the files as they lie there.
    """

    entry: str
    files: Mapping[str, bytes]
    top: Path

    @property
    def file(self) -> str:
        """The file to enter, as `files` names it."""
        return self.entry.partition(":")[0]

    @property
    def attribute(self) -> str:
        """What builds the app, in that file."""
        return self.entry.partition(":")[2]

    @property
    def digest(self) -> str:
        """SHA-256 over the files' names and bytes, 64 hex digits."""
        return digest({name: digest_bytes(content) for name, content in self.files.items()})

    @property
    def identity(self) -> str:
        """The pipeline as a manifest pins it: the entry point and the digest of all the code."""
        return f"{LANGCHAIN}/{self.entry}@{self.digest}"


def entry_fault(entry: str) -> str | None:
    """What is wrong with an entry point; None when it is one."""
    if _ENTRY.fullmatch(entry):
        return None
    if entry.startswith(("/", "~")) or ".." in entry:
        return "code from elsewhere is not pinned"
    return "the code has a folder of its own, as in 'agent/graph.py:build'"


def is_code_file(name: str) -> bool:
    """Whether a file below `code/` of a release may have this name."""
    return _FILE.fullmatch(name) is not None


def read_code(top: Path, entry: str) -> AppCode:
    """The code in the entry point's folder below `top`. SettingsError when it cannot be pinned."""
    found = _ENTRY.fullmatch(entry)
    if found is None:
        raise SettingsError(f"{entry!r} is no entry point", remedy="write <folder>/<file>.py:<attribute>")
    if not (top / found["file"]).is_file():
        raise SettingsError(
            f"the entry point {entry!r} names {top / found['file']}, which is not there",
            remedy="write that file, or mend `entry` in the app's file",
        )
    paths = sorted((top / found["folder"]).rglob("*.py"))
    if len(paths) > MOST_FILES:
        raise _unfit(top / found["folder"], f"it holds {len(paths)} files; {MOST_FILES} are the most")
    return AppCode(entry=entry, files={_name(path, top): _content(path, top) for path in paths}, top=top)


def code_pinned(pipeline: str) -> tuple[str, str] | None:
    """The entry point and the digest that a pipeline's identity pins; None for the built-in pipeline."""
    found = _IDENTITY.fullmatch(pipeline)
    if found is None or entry_fault(found["entry"]) is not None:
        return None
    return found["entry"], found["digest"]


def _name(path: Path, top: Path) -> str:
    name = path.relative_to(top).as_posix()
    if not is_code_file(name):
        raise _unfit(path, "a file of code has letters, digits and '_' in its name")
    return name


def _content(path: Path, top: Path) -> bytes:
    if any(
        place.is_symlink() for place in (path, *path.parents) if place.is_relative_to(top) and place != top
    ):
        raise _unfit(path, "it is a link, and what a link leads to is not pinned")
    return read_plain_file(path, most_bytes=MOST_BYTES)


def _unfit(path: Path, why: str) -> SettingsError:
    return SettingsError(f"{path} cannot be part of a release: {why}", remedy="move it or rename it")
