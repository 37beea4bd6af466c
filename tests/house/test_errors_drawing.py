"""The tree drawn in `surefoot/errors.py` is the tree of classes."""

import inspect
import re
from dataclasses import dataclass
from pathlib import Path

from tests.house.tree import text

from surefoot import errors

_BRANCH = re.compile(r"^(?P<indent>[ │├└─]*)(?P<name>[A-Z]\w*Error)\b(?P<rest>.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One class as the drawing has it; a number that is not drawn is its parent's."""

    parent: str | None
    exit_code: int
    http_status: int


def read_drawing(drawing: str) -> dict[str, Drawn]:
    """Every class in the drawing by name; depth is told by where the name begins."""
    above: list[tuple[int, str]] = []
    drawn: dict[str, Drawn] = {}
    for line in drawing.splitlines():
        match = _BRANCH.match(line)
        if match is None:
            continue
        depth, name, rest = len(match["indent"]), match["name"], match["rest"]
        above = [(column, parent) for column, parent in above if column < depth]
        parent = above[-1][1] if above else None
        inherited = drawn[parent] if parent else Drawn(parent=None, exit_code=5, http_status=500)
        exit_code = re.search(r"\bexit (\d+)", rest)
        http_status = re.search(r"\bHTTP (\d+)", rest)
        drawn[name] = Drawn(
            parent=parent,
            exit_code=int(exit_code[1]) if exit_code else inherited.exit_code,
            http_status=int(http_status[1]) if http_status else inherited.http_status,
        )
        above.append((depth, name))
    return drawn


def classes() -> dict[str, Drawn]:
    """Every error class as Python has it."""
    found: dict[str, Drawn] = {}
    for name, member in vars(errors).items():
        if inspect.isclass(member) and issubclass(member, errors.SurefootError):
            parent = member.__bases__[0].__name__
            found[name] = Drawn(
                parent=None if member is errors.SurefootError else parent,
                exit_code=member.exit_code,
                http_status=member.http_status,
            )
    return found


def test_the_drawing_is_the_classes() -> None:
    assert read_drawing(errors.__doc__ or "") == classes()


def test_a_class_that_is_missing_moved_or_misnumbered_is_seen() -> None:
    drawing = errors.__doc__ or ""
    lines = drawing.splitlines(keepends=True)
    number = next(index for index, line in enumerate(lines) if "RequestError" in line)
    for planted in (
        "".join(lines[:number] + lines[number + 1 :]),
        drawing.replace("HTTP 404", "HTTP 410"),
        drawing.replace("│   ├── NotFoundError", "├── NotFoundError"),
    ):
        assert planted != drawing
        assert read_drawing(planted) != classes()


def test_the_reference_has_every_error_with_its_numbers() -> None:
    page = text(Path("docs/reference/errors.md"))
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) \|", page, re.MULTILINE)
    documented = {name: (int(exit_code), int(http_status)) for name, exit_code, http_status in rows}
    assert documented == {name: (drawn.exit_code, drawn.http_status) for name, drawn in classes().items()}
