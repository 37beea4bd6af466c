"""`surefoot prompt` in a folder of its own, run within the test's process."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from surefoot.cli import app

ANSWER = """---
schema: 1
name: answer
description: Answer from passages
owners: ["@docs-team"]
model: {alias: chat, max_output_tokens: 200}
input:
  question: {type: string, maxLength: 4000, examples: ["How long is a backup kept?"]}
  passages: passages
  abstention: text
trust: {abstention: operator}
budget: {max_prompt_tokens: 1400, drop: passages}
suites: [answers]
---
{% system %}
Answer from the passages, or say: {{ abstention }}
{% include "rules" %}
{% endsystem %}
{% history %}
{% user %}
{% for passage in passages %}
[{{ loop.index }}] {{ passage.text }}
{% endfor %}
Question: {{ question }}
{% enduser %}
"""
MODELS = (Path(__file__).parents[2] / "serving" / "models.toml").read_text(encoding="utf-8")
FILES = {
    "prompts/answer.prompt.md": ANSWER,
    "prompts/_rules.md": "- Be brief.\n",
    "serving/models.toml": MODELS,
    "serving/apps/answers.toml": 'schema = 1\nprompt = "answer"\n',
    "evals/answers/suite.toml": "schema = 1\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A project's files, and the commands run in it."""

    top: Path

    def write(self, files: Mapping[str, str]) -> "Folder":
        """The same folder with these files."""
        for name, text in files.items():
            file = self.top / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        return self

    def read(self, name: str) -> str:
        """The text of a file, its line ends as they are."""
        return (self.top / name).read_bytes().decode()

    def run(self, *words: str) -> tuple[int, str, str]:
        """Exit code, output and errors of `surefoot prompt` with these words."""
        before = Path.cwd()
        os.chdir(self.top)
        try:
            done = CliRunner().invoke(app, ["prompt", *words])
        finally:
            os.chdir(before)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout, done.stderr

    def said(self, *words: str) -> str:
        """What a command prints that succeeds."""
        code, told, wrong = self.run(*words)
        assert code == 0, told + wrong
        return told

    def refused(self, *words: str) -> str:
        """What a command says that refuses what is asked."""
        code, told, wrong = self.run(*words)
        assert code == 2, told + wrong
        assert "to mend it: " in wrong
        return wrong


def folder(top: Path) -> Folder:
    """A small project."""
    return Folder(top=top).write(FILES)
