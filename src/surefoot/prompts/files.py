"""Read prompt files and includes as text: from one folder, regular files, UTF-8, of a sane size."""

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import PromptError
from surefoot.prompts.nearest import did_you_mean

PROMPT_SUFFIX = ".prompt.md"
MAX_FILE_BYTES = 200_000

NAME = r"[a-z0-9][a-z0-9_-]{0,63}"

_NAME = re.compile(rf"{NAME}\Z")
_PROMPT_NAME = re.compile(rf"{NAME}(\.{NAME})?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file's text, its lines ended as on Unix; `file` is its path as a reader would type it."""

    file: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in a file; `line` and `column` count from 1."""

    file: str
    line: int
    column: int | None = None


def place_at(source: SourceFile, offset: int) -> Place:
    """The place in a file after so many characters."""
    line = source.text.count("\n", 0, offset) + 1
    return Place(file=source.file, line=line, column=offset - source.text.rfind("\n", 0, offset))


def column_of(text: str, line: int, word: str) -> int:
    """Where a word stands in a line of a text, else where the line's own text begins."""
    lines = text.split("\n")
    here = lines[line - 1] if 0 < line <= len(lines) else ""
    at = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", here) if word else None
    return 1 + (at.start() if at else len(here) - len(here.lstrip()))


def quoted_word(message: str) -> str:
    """The word that a message puts in quotes, the first of them; empty when it quotes none."""
    quoted = message.split("'")
    return quoted[1] if len(quoted) > 2 else ""


def prompt_names(folder: Path) -> list[str]:
    """The prompts and variants that the folder has files for, sorted; none when there is no folder."""
    return _names(folder, prefix="", suffix=PROMPT_SUFFIX, shape=_PROMPT_NAME)


def include_names(folder: Path) -> list[str]:
    """The includes that the folder has files for, sorted."""
    return _names(folder, prefix="_", suffix=".md", shape=_NAME)


def misnamed_files(folder: Path) -> list[Path]:
    """Files that end as prompts do, and whose names no prompt can have: nothing would ever load them."""
    found = folder.glob(f"*{PROMPT_SUFFIX}") if folder.is_dir() else ()
    return sorted(path for path in found if not _PROMPT_NAME.match(path.name.removesuffix(PROMPT_SUFFIX)))


def read_prompt_file(folder: Path, name: str) -> SourceFile:
    """The text of `<folder>/<name>.prompt.md`; PromptError offers the prompts that are there."""
    if not _PROMPT_NAME.match(name):
        remedy = f"{SPELLING} {_offer(name, prompt_names(folder), folder)}"
        raise PromptError(f"{name!r} is not a prompt's name", remedy=remedy)
    path = folder / f"{name}{PROMPT_SUFFIX}"
    if not os.path.lexists(path):
        raise PromptError(
            f"there is no prompt {name!r}: {str(path)!r} does not exist",
            remedy=_offer(name, prompt_names(folder), folder),
        )
    return _read(folder, path)


def read_include(folder: Path, name: str, place: Place) -> SourceFile:
    """The text of `<folder>/_<name>.md`, without the white space at its end; `place` is the include tag's."""
    if not _NAME.match(name):
        raise PromptError(
            f"{name!r} is not an include's name",
            remedy=f"{SPELLING} {_offer(name, include_names(folder), folder)}",
            file=place.file,
            line=place.line,
            column=place.column,
        )
    path = folder / f"_{name}.md"
    if not os.path.lexists(path):
        raise PromptError(
            f"there is no include {name!r}: {str(path)!r} does not exist",
            remedy=_offer(name, include_names(folder), folder),
            file=place.file,
            line=place.line,
            column=place.column,
        )
    source = _read(folder, path)
    return SourceFile(file=source.file, text=source.text.rstrip())


SPELLING = "Names are lower-case letters, digits, '-' and '_', at most 64; a variant's is <name>.<variant>."


def _read(folder: Path, path: Path) -> SourceFile:
    """Refuse what is not a plain file of this folder, then read it."""
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(folder.resolve()):
            raise PromptError("the file is a link out of its folder", remedy=_PLAIN, file=str(path))
        status = real.stat()
        if not stat.S_ISREG(status.st_mode):
            raise PromptError("this is not a regular file", remedy=_PLAIN, file=str(path))
        if status.st_size > MAX_FILE_BYTES:
            raise PromptError(
                f"the file holds {status.st_size} bytes, and at most {MAX_FILE_BYTES} are read",
                remedy="Hand long text to the prompt as a variable.",
                file=str(path),
            )
        content = real.read_bytes()
    except (OSError, RuntimeError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise PromptError(
            f"the file cannot be read: {reason}",
            remedy="Check that it is a plain file and its permissions.",
            file=str(path),
        ) from problem
    return SourceFile(file=str(path), text=_decoded(content, str(path)))


_PLAIN = "Put a plain file in its place."


def _decoded(content: bytes, file: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        before = problem.object[: problem.start]
        raise PromptError(
            f"byte {problem.object[problem.start]:#04x} is not UTF-8",
            remedy="Save the file as UTF-8.",
            file=file,
            line=before.count(b"\n") + 1,
            column=len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1,
        ) from problem
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _names(folder: Path, *, prefix: str, suffix: str, shape: re.Pattern[str]) -> list[str]:
    if not folder.is_dir():
        return []
    found = folder.glob(f"{prefix}*{suffix}")
    names = (path.name.removeprefix(prefix).removesuffix(suffix) for path in found)
    return sorted(name for name in names if shape.match(name))


def _offer(name: str, there: Sequence[str], folder: Path) -> str:
    listed = ", ".join(map(repr, there))
    if not there:
        return f"Write it in {str(folder)!r}."
    return f"{did_you_mean(name, there)}Use one that is there: {listed}."
