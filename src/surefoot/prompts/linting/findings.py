"""What a check found, and the rules there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from surefoot.errors import PromptError

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """Something to mend in a file; `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    rule: str
    level: Level
    message: str
    remedy: str


# What each rule refuses. The first five keep a prompt from being loaded.
RULES: Mapping[str, str] = {
    "file": "a file that cannot be read as a prompt file: its name, its bytes, its size",
    "front-matter": "a key of the front matter that is missing, unknown or wrong",
    "template": "what the template language does not have, and text outside the role tags",
    "unknown-include": "an include without a file",
    "undeclared": "a variable that the front matter does not declare",
    "lock": "a locked include whose text is another one",
    "variant": "a variant whose input, output or tools differ from the prompt's",
    "unused": "an input that the template never reads",
    "mistyped": "a value used as what it is not: a loop over a text, a part that a passage has not",
    "untrusted": "text of a user or a document in a system message",
    "secret": "what looks like a key or a password",
    "hidden": "characters that the model reads and nobody sees",
    "budget": "fixed text, or the declared limits, that cannot fit",
    "unknown-model": "an alias that the model catalogue does not have, or that does not chat",
    "unknown-suite": "a suite without a folder in evals/",
    "contract": "a change that breaks those who call what is released",
}


def found(error: PromptError, rule: str, *, file: str) -> Finding:
    """The finding that says what an error of loading says; `file` is meant where it names none."""
    return Finding(
        file=error.file or file,
        line=error.line or 1,
        column=error.column or 1,
        rule=rule,
        level="error",
        message=error.message.removeprefix(_where(error)),
        remedy=error.remedy,
    )


def _where(error: PromptError) -> str:
    """What an error's message begins with to say where it is."""
    parts = (error.file, error.line, error.column)
    return ":".join(str(part) for part in parts if part is not None) + ": "
