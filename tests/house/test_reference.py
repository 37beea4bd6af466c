"""Every command, option, setting and route is in the reference, and nothing else is."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.reference import Command, commands, routes_in, setting_rows
from tests.house.tree import files_with, section, text

COMMANDS = Path("docs/reference/commands.md")
SETTINGS = Path("docs/reference/settings.md")
_COMMAND_HEADING = re.compile(r"^### `(surefoot[^`]*)`$", re.MULTILINE)
# The first cell of a table's row: `--option` or `ARGUMENT`.
_ROW = re.compile(r"^\| `([^`]+)`", re.MULTILINE)
_SETTING_ROW = re.compile(r"^\| `[^`]+` \| `SUREFOOT_.*$", re.MULTILINE)


def command_mismatch(there: tuple[Command, ...], page: str) -> Iterator[str]:
    headings = set(_COMMAND_HEADING.findall(page))
    names = {f"surefoot {command.name}" for command in there}
    yield from (f"the page lacks the command {name}" for name in sorted(names - headings))
    yield from (f"the page has {name}, which is no command" for name in sorted(headings - names))
    for command in there:
        name = f"surefoot {command.name}"
        if name in headings:
            rows = set(_ROW.findall(section(page, f"`{name}`")))
            yield from (f"{name} lacks {row}" for row in sorted(set(command.parameters) - rows))
            yield from (f"{name} has no {row}" for row in sorted(rows - set(command.parameters)))


def setting_mismatch(there: tuple[str, ...], page: str) -> Iterator[str]:
    rows = _SETTING_ROW.findall(page)
    yield from (f"write this row: {row}" for row in there if row not in rows)
    yield from (f"no setting is as this row says: {row}" for row in rows if row not in there)


def test_every_command_and_option_is_in_the_reference() -> None:
    assert list(command_mismatch(commands(), text(COMMANDS))) == []


def test_every_setting_is_in_the_reference_with_its_default() -> None:
    assert list(setting_mismatch(setting_rows(), text(SETTINGS))) == []


def test_every_route_is_in_the_reference() -> None:
    there = {route for file in files_with(".py", under="src/surefoot/api") for route in routes_in(text(file))}
    rows = _ROW.findall(section(text(Path("docs/reference/endpoint.md")), "The routes"))
    assert there == set(rows)


def test_what_is_missing_or_made_up_is_seen() -> None:
    there = (Command(name="ask", parameters=("QUESTION", "--json")),)
    page = "### `surefoot ask`\n\n| `QUESTION` | what |\n| `--json` | how |\n"
    assert list(command_mismatch(there, page)) == []
    assert list(command_mismatch(there, page.replace("--json", "--xml")))
    assert list(command_mismatch(there, page.replace("ask", "tell")))
    row = "| `service.port` | `SUREFOOT_SERVICE_PORT` | `8000` | port to listen on |"
    assert list(setting_mismatch((row,), row)) == []
    assert list(setting_mismatch((row,), row.replace("8000", "80")))
    assert list(setting_mismatch((), row))
    planted = "_ROUTE = '/v1/x'\n@router.post(_ROUTE)\ndef f(): ...\n@router.get('/y')\ndef g(): ...\n"
    assert routes_in(planted) == {"POST /v1/x", "GET /y"}
