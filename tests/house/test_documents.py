"""What is written for readers is true: links lead somewhere, code parses, and lists match what is there."""

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import yaml
from tests.house.tree import (
    TOP,
    Block,
    code_blocks,
    documents,
    files,
    files_with,
    section,
    text,
    without_code,
)

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)|!\[[^\]]*\]\((?P<image>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.*?)\s*$", re.MULTILINE)
# A line of a drawn tree: a path, two spaces or more, and what it is.
_TREE_LINE = re.compile(r"^(?P<path>\S+)  +\S")


def anchors(markdown: str) -> set[str]:
    """The anchors GitHub makes of the headings."""
    titles = (re.sub(r"[^\w\- ]", "", title.lower()) for title in _HEADING.findall(without_code(markdown)))
    return {title.replace(" ", "-") for title in titles}


def dead_links(file: Path, content: str) -> Iterator[str]:
    for match in _LINK.finditer(without_code(content)):
        target = match["target"] or match["image"]
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (TOP / file).parent / path if path else TOP / file
        if not there.exists():
            yield f"{file} links to {target}, which is not there"
        elif anchor and anchor not in anchors(there.read_text(encoding="utf-8")):
            yield f"{file} links to {target}, and {path or 'this page'} has no such heading"


def read_shell(code: str) -> None:
    parsed = subprocess.run(["bash", "-n"], input=code, capture_output=True, text=True, check=False)
    if parsed.returncode != 0:
        raise ValueError(parsed.stderr.strip())


READERS: dict[str, Callable[[str], object]] = {
    "python": ast.parse,
    "toml": tomllib.loads,
    "json": json.loads,
    "yaml": yaml.safe_load,
    "sh": read_shell,
    "text": str,
    "mermaid": str,
    "markdown": str,
}


def broken_block(file: Path, block: Block) -> Iterator[str]:
    where = f"{file}:{block.line}"
    if block.language not in READERS:
        yield f"{where} is a block of {block.language or 'no language'!r}; use one of {', '.join(READERS)}"
        return
    try:
        READERS[block.language](block.code)
    except (ValueError, SyntaxError, yaml.YAMLError) as error:
        yield f"{where} does not parse as {block.language}: {error}"


def tree_mismatch(drawn: str, there: set[str]) -> Iterator[str]:
    """Entries of a drawn tree that are not there, and what is there but not drawn."""
    patterns = [match["path"].rstrip("/") for line in drawn.splitlines() if (match := _TREE_LINE.match(line))]
    for pattern in patterns:
        if not any(fnmatch(name, pattern) for name in there):
            yield f"the tree draws {pattern}, which is not there"
    for name in sorted(there):
        if not any(fnmatch(name, pattern) for pattern in patterns):
            yield f"{name} is there, and the tree does not draw it"


def test_every_relative_link_leads_somewhere() -> None:
    assert [word for file in documents() for word in dead_links(file, text(file))] == []


def pages_named(content: str) -> Iterator[str]:
    """The pages of docs/ that a file of any kind names by path."""
    yield from re.findall(r"\bdocs/(?:how-to|reference|decisions)/[\w-]+\.md\b", content)


def test_every_page_that_is_named_anywhere_is_there() -> None:
    wrong = []
    for file in files_with(".py", ".toml", ".yaml", ".yml", ".md", ".html"):
        if file.is_relative_to("tests/house"):
            continue
        missing = [page for page in pages_named(text(file)) if not (TOP / page).is_file()]
        wrong += [f"{file} names {page}, which is not there" for page in missing]
    assert wrong == []


def test_every_code_block_parses() -> None:
    wrong = []
    for file in documents():
        for block in code_blocks(text(file)):
            wrong += list(broken_block(file, block))
    assert wrong == []


def test_every_page_of_docs_can_be_reached_from_the_index() -> None:
    index = text(Path("docs/index.md"))
    pages = [file.relative_to("docs") for file in documents() if file.parts[0] == "docs"]
    assert [str(page) for page in pages if page.name != "index.md" and f"({page})" not in index] == []


def test_the_tree_in_the_readme_is_the_tree() -> None:
    first = {file.parts[0] for file in files()}
    shown = {name for name in first if not name.startswith(".")} | (first & {".ci", ".github"})
    (drawn,) = code_blocks(section(text(Path("README.md")), "What is where"))
    assert list(tree_mismatch(drawn.code, shown)) == []


def test_the_rooms_in_the_tour_are_the_rooms() -> None:
    rooms = {file.parts[2] for file in files_with(".py", under="src/surefoot")}
    (drawn,) = code_blocks(section(text(Path("docs/tour.md")), "The rooms"))
    assert list(tree_mismatch(drawn.code, rooms - {"__init__.py", "__main__.py"})) == []


def test_contributing_lists_every_make_target_and_every_tool_of_ci() -> None:
    contributing = text(Path(".github/CONTRIBUTING.md"))
    targets = re.findall(r"^([a-z]+):[^#\n]*## ", text(Path("Makefile")), re.MULTILINE)
    assert targets
    assert [target for target in targets if f"`make {target}" not in contributing] == []
    tools = re.search(r"^packages=\((.*)\)$", text(Path(".ci/install")), re.MULTILINE)
    assert tools
    assert [name for name in tools[1].split() if f"`{name}`" not in contributing] == []


def test_the_workflow_calls_ci_and_nothing_else() -> None:
    workflow = yaml.safe_load(text(Path(".github/workflows/ci.yml")))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]


def test_planted_untruths_are_seen() -> None:
    readme = Path("README.md")
    assert list(dead_links(readme, "see [this](docs/nowhere.md)"))
    assert list(dead_links(readme, "see [this](LICENSE#nothing)"))
    assert list(pages_named("# see docs/reference/gone.md")) == ["docs/reference/gone.md"]
    assert not list(dead_links(readme, "see [this](LICENSE), [that](https://example.org)"))
    for planted in ("```python\nx = (\n```\n", "```toml\na = \n```\n", "```sh\nif\n```\n", "```\nx\n```\n"):
        (block,) = code_blocks(planted)
        assert list(broken_block(readme, block))
    assert list(tree_mismatch("gone/  a folder\n", set())) and list(tree_mismatch("", {"new"}))
    assert not list(tree_mismatch("*.lock  pins\nsrc/  code\n", {"a.lock", "src"}))
