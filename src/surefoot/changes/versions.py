"""A prompt as a commit, a release or the working tree has it: loaded as for serving, or the fault it has."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from surefoot.changes.git_history import blobs_at, read_blobs, write_files
from surefoot.errors import NotFoundError, SurefootError
from surefoot.prompts import Prompt, load_prompt
from surefoot.prompts.files import PROMPT_SUFFIX
from surefoot.releases.git import Repository

PROMPTS = "prompts"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptVersion:
    """A prompt, or why it does not load. `texts` are the files it is made of, by their names.

    Where it does not load, `texts` holds its own file alone.
    """

    name: str
    prompt: Prompt | None
    fault: str | None
    texts: Mapping[str, str]


def prompt_name(file_name: str) -> str | None:
    """The name of the prompt that a file holds, None for any other file."""
    return file_name.removesuffix(PROMPT_SUFFIX) if file_name.endswith(PROMPT_SUFFIX) else None


def version_in(folder: Path, name: str, *, shown: str, called: str = PROMPTS) -> PromptVersion:
    """The prompt as a folder has it; `shown` is what the folder is called in words for people.

    `called` is the path that a fault gives the folder's files, as a reader would type it.
    Raises NotFoundError when the folder has no such prompt.
    """
    file = folder / f"{name}{PROMPT_SUFFIX}"
    if not file.is_file():
        raise NotFoundError(f"there is no prompt {name!r} in {shown}", remedy=_others(folder))
    try:
        prompt = load_prompt(folder, name)
    except SurefootError as error:
        fault = str(error).replace(f"{folder}/", f"{called}/").replace(str(folder), called)
        return PromptVersion(name=name, prompt=None, fault=fault, texts=_texts(folder, (file.name,)))
    return PromptVersion(name=name, prompt=prompt, fault=None, texts=_texts(folder, prompt.files))


def version_of_files(
    files: Mapping[str, bytes], name: str, *, shown: str, called: str = PROMPTS
) -> PromptVersion:
    """The prompt as it is made of these files, by name; `shown` and `called` as for `version_in`."""
    with tempfile.TemporaryDirectory(prefix="surefoot-") as made:
        folder = Path(made).resolve()
        write_files(files, folder)
        return version_in(folder, name, shown=shown, called=called)


def version_at(repository: Repository, commit: str, folder: str, name: str) -> PromptVersion:
    """The prompt as a commit has it. NotFoundError when it has none of that name."""
    blobs = made_of(blobs_at(repository, commit, folder), name)
    contents = read_blobs(repository, blobs.values())
    files = {file: contents[blob] for file, blob in blobs.items()}
    return version_of_files(files, name, shown=f"the commit {commit[:12]}", called=folder)


def made_of(blobs: Mapping[str, str], name: str) -> dict[str, str]:
    """Of a folder's files, those that a prompt may be made of: its own, every include, a variant's prompt."""
    own = {f"{each}{PROMPT_SUFFIX}" for each in (name, name.partition(".")[0])}
    return {
        file: blob
        for file, blob in blobs.items()
        if file in own or (file.startswith("_") and PurePosixPath(file).suffix == ".md")
    }


def _texts(folder: Path, names: tuple[str, ...]) -> dict[str, str]:
    return {name: (folder / name).read_bytes().decode("utf-8-sig", "replace") for name in names}


def _others(folder: Path) -> str:
    there = sorted(filter(None, (prompt_name(file.name) for file in folder.glob(f"*{PROMPT_SUFFIX}"))))
    return f"use one that is there: {', '.join(there)}" if there else "it has no prompt at all"
