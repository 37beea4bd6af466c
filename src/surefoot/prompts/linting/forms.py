"""What was found, as lines for people, as values for JSON, and as annotations of a pull request on GitHub."""

from collections.abc import Iterator

from surefoot.prompts.linting.findings import Finding
from surefoot.records import Json

_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_MESSAGE, ":": "%3A", ",": "%2C"}


def text_lines(finding: Finding) -> Iterator[str]:
    """A line that editors can follow to the place, and one that says what to do."""
    where = f"{finding.file}:{finding.line}:{finding.column}"
    yield f"{where}: {finding.level}[{finding.rule}] {finding.message}"
    yield f"    {finding.remedy}"


def json_value(finding: Finding) -> dict[str, Json]:
    """The finding's fields."""
    return {
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "rule": finding.rule,
        "level": finding.level,
        "message": finding.message,
        "remedy": finding.remedy,
    }


def github_line(finding: Finding) -> str:
    """A workflow command, with which GitHub shows the finding in the pull request beside the line."""
    properties = {
        "file": finding.file,
        "line": str(finding.line),
        "col": str(finding.column),
        "title": f"surefoot {finding.rule}",
    }
    named = ",".join(f"{name}={_escaped(value, _PROPERTY)}" for name, value in properties.items())
    return f"::{finding.level} {named}::{_escaped(f'{finding.message}. {finding.remedy}', _MESSAGE)}"


def _escaped(text: str, signs: dict[str, str]) -> str:
    return "".join(signs.get(character, character) for character in text)
