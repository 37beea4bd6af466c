"""The canonical form of a prompt file. It means what the file means, and keeps every comment."""

from pathlib import Path

from surefoot.errors import PromptError
from surefoot.prompts.body_form import body_formed
from surefoot.prompts.declarations import read_declarations
from surefoot.prompts.files import PROMPT_SUFFIX, SourceFile, read_include, read_prompt_file
from surefoot.prompts.front_form import front_formed
from surefoot.prompts.front_matter import read_yaml, split
from surefoot.prompts.templates import compile_template


def formatted(folder: Path, name: str) -> str:
    """The canonical form of `<folder>/<name>.prompt.md`. PromptError says where it does not load."""
    source = read_prompt_file(folder, name)
    meaning = _meaning(folder, name, source)
    front, body, _ = split(source)
    text = f"---\n{front_formed(front)}---\n{body_formed(body)}"
    if _meaning(folder, name, SourceFile(file=source.file, text=text)) != meaning:
        raise PromptError(
            "the file's canonical form would mean something else, so the file is left as it is",
            remedy="Write its tags and keys more plainly, and report this as a fault of surefoot.",
            file=source.file,
        )
    return text


def _meaning(folder: Path, name: str, source: SourceFile) -> tuple[object, str]:
    """All that the file says: what it declares, and what its template means."""
    front, body, line = split(source)
    located = read_yaml(front, file=source.file)
    declared = read_declarations(located, name=name, file=source.file)
    template = compile_template(
        SourceFile(file=source.file, text="\n" * (line - 1) + body),
        variables=[variable.name for variable in declared.variables],
        read_include=lambda include, place: read_include(folder, include, place),
    )
    return located.value, template.meaning


def prompt_file(folder: Path, name: str) -> Path:
    """Where the prompt's file lies."""
    return folder / f"{name}{PROMPT_SUFFIX}"


def named_file(folder: Path, wanted: str) -> tuple[Path, str]:
    """The folder and the name of a prompt that is given by its name, or by its file as a hook gives it."""
    if not wanted.endswith(PROMPT_SUFFIX):
        return folder, wanted
    return Path(wanted).parent, Path(wanted).name.removesuffix(PROMPT_SUFFIX)
