"""Prompt files written for a test."""

from pathlib import Path

import pytest

from surefoot.errors import PromptError
from surefoot.prompts import Prompt, load_prompt
from surefoot.records import Passage

FRONT = """schema: 1
name: sample
model: {alias: chat}
input: {question: text, passages: passages}
budget: {max_prompt_tokens: 1000, drop: passages}
"""
BODY = "{% user %}{{ question }}{% enduser %}\n"
BODY_LINE = FRONT.count("\n") + 3


def write(folder: Path, *, front: str = FRONT, body: str = BODY, **includes: str) -> Path:
    """`sample.prompt.md` in the folder, with its includes beside it."""
    for name, text in includes.items():
        (folder / f"_{name}.md").write_text(text, encoding="utf-8")
    (folder / "sample.prompt.md").write_text(f"---\n{front}---\n{body}", encoding="utf-8", newline="")
    return folder


def load(folder: Path, *, front: str = FRONT, body: str = BODY, **includes: str) -> Prompt:
    """Write, then load."""
    return load_prompt(write(folder, front=front, body=body, **includes), "sample")


def refused(folder: Path, *, front: str = FRONT, body: str = BODY, **includes: str) -> PromptError:
    """The error that loading gives."""
    write(folder, front=front, body=body, **includes)
    with pytest.raises(PromptError) as caught:
        load_prompt(folder, "sample")
    assert caught.value.remedy
    return caught.value


def passage(text: str, source: str = "guide/a.md", headings: tuple[str, ...] = ()) -> Passage:
    """A passage of which only what a prompt shows matters."""
    return Passage(id="0" * 64, source=source, start=0, end=len(text), text=text, headings=headings)
