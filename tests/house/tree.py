"""What the house rules look at: the files of this working tree, and small ways to read them."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PACKAGE = TOP / "src" / "surefoot"

_FENCE = re.compile(r"^```(?P<language>[\w+-]*)[^\n]*\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL)


@cache
def files() -> tuple[Path, ...]:
    """Every file of the tree that Git tracks or would track, relative to the top."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=TOP,
        capture_output=True,
        check=True,
        text=True,
    )
    names = sorted({name for name in listed.stdout.split("\0") if name})
    return tuple(Path(name) for name in names if (TOP / name).is_file())


def files_with(*suffixes: str, under: str = "") -> tuple[Path, ...]:
    """The files with one of these suffixes, within a folder of the top."""
    return tuple(
        file for file in files() if file.suffix in suffixes and (not under or file.is_relative_to(under))
    )


def documents() -> tuple[Path, ...]:
    """The Markdown written for readers of the project: README, CHANGELOG, docs/, .github/."""
    return tuple(
        file for file in files_with(".md") if len(file.parts) == 1 or file.parts[0] in {"docs", ".github"}
    )


def text(file: Path) -> str:
    """A file's text."""
    return (TOP / file).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block of code in a Markdown text; `line` counts from 1."""

    language: str
    code: str
    line: int


def code_blocks(markdown: str) -> Iterator[Block]:
    """Every fenced block that starts at the left edge."""
    for match in _FENCE.finditer(markdown):
        line = markdown.count("\n", 0, match.start()) + 1
        yield Block(language=match["language"], code=match["code"], line=line)


def without_code(markdown: str) -> str:
    """The text with its fenced blocks blanked, so that their contents are not read as Markdown."""
    return _FENCE.sub(lambda match: "\n" * match[0].count("\n"), markdown)


def section(markdown: str, title: str) -> str:
    """What stands under a heading, down to the next heading of the same or a higher level."""
    found = re.search(rf"^(#+) +{re.escape(title)}\s*$", markdown, re.MULTILINE)
    if found is None:
        raise AssertionError(f"there is no heading {title!r}")
    rest = markdown[found.end() :]
    following = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest
