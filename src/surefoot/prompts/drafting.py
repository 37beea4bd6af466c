"""The first text of a prompt file: front matter written out, with a line on each key for its author."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from surefoot.errors import InputError, PromptError
from surefoot.files import create_file, replace_file
from surefoot.prompts.files import NAME, PROMPT_SUFFIX, SPELLING, read_prompt_file
from surefoot.prompts.formatting import formatted


def new_text(name: str, *, description: str, owners: Sequence[str], alias: str, suites: Sequence[str]) -> str:
    """A prompt that asks the model a question, to be made into the one that is wanted."""
    lines = [
        "---",
        "schema: 1",
        f"name: {name}",
        f"description: {json.dumps(description)}  # for people; no model sees it",
        *([f"owners: {json.dumps(list(owners))}  # who is asked about it"] if owners else []),
        "# the alias of a model in serving/models.toml; temperature 0 gives the likeliest answer",
        f"model: {{alias: {json.dumps(alias)}, temperature: 0.0, max_output_tokens: 300}}",
        "# what is filled in: text, number, boolean, passages, or a JSON Schema",
        "input:",
        '  question: {type: string, maxLength: 4000, examples: ["How long is a backup kept?"]}',
        "output: {format: text}",
        "budget: {max_prompt_tokens: 1400}  # longer requests are refused",
        *([f"suites: {json.dumps(list(suites))}  # what proves a change of it"] if suites else []),
        "---",
        "{% system %}",
        "You answer in one or two plain sentences. {# what the model must always do #}",
        "{% endsystem %}",
        "{% user %}",
        "{{ question }}",
        "{% enduser %}",
    ]
    return "".join(f"{line}\n" for line in lines)


def variant_text(folder: Path, base: str, variant: str) -> str:
    """The text of another prompt, as a variant of it that is still to be reworded."""
    text = read_prompt_file(folder, base).text
    front, fence, body = text.partition("\n---")
    said = re.sub(r"^name:.*$", lambda found: f"{found[0]}\nvariant: {variant}", front, count=1, flags=re.M)
    return said + fence + body


def checked_name(name: str) -> str:
    """The name, when a prompt can have it."""
    if not re.fullmatch(NAME, name):
        raise InputError(f"{name!r} is not a prompt's name", remedy=f"{SPELLING} Variants: --variant-of.")
    return name


def write_new(folder: Path, name: str, text: str) -> Path:
    """Write a prompt file that is not there yet, in canonical form; none is left when it does not load."""
    file = folder / f"{name}{PROMPT_SUFFIX}"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        create_file(file, text.encode())
    except FileExistsError as there:
        raise InputError(
            f"{str(file)!r} is there already, and stays as it is",
            remedy="Use another name, or edit that file.",
        ) from there
    try:
        replace_file(file, formatted(folder, name).encode())
    except PromptError:
        file.unlink()
        raise
    return file
