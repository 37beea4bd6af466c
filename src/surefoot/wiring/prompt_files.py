"""A project's prompt files: their folder as a reader would type it, and every prompt of it."""

import os
from collections.abc import Mapping
from pathlib import Path

from surefoot.errors import InputError, PromptError
from surefoot.prompts import Prompt, load_prompt, prompt_names
from surefoot.settings import read_settings


def prompts_shown(top: Path) -> Path:
    """The project's folder of prompts, relative to where the reader stands."""
    return shown(read_settings(top).folders.prompts)


def present_prompts(top: Path) -> Path:
    """The same folder. InputError when it is not there: a check of all prompts must not pass for none."""
    folder = prompts_shown(top)
    if not folder.is_dir():
        raise InputError(
            f"there is no folder of prompts {str(folder)!r}",
            remedy="Work within a project, or name its folder by `folders.prompts` in serving/settings.toml.",
        )
    return folder


def shown(path: Path) -> Path:
    """A path relative to where the reader stands."""
    return Path(os.path.relpath(path))


def every_prompt(folder: Path) -> Mapping[str, Prompt | PromptError]:
    """The prompts and variants of a folder by name, with the reason in place of one that does not load."""
    return {name: _loaded(folder, name) for name in prompt_names(folder)}


def _loaded(folder: Path, name: str) -> Prompt | PromptError:
    try:
        return load_prompt(folder, name)
    except PromptError as error:
        return error
