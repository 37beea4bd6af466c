"""PromptLayer's prompts as files here: changes to review, never written over anything unasked."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from surefoot.errors import InputError, NotFoundError, PromptError, SettingsError
from surefoot.files import replace_file
from surefoot.integrations.promptlayer.mirroring import DIGEST
from surefoot.integrations.promptlayer.ports import Kept, Prompts
from surefoot.prompts import load_prompt
from surefoot.prompts.forms.promptlayer import from_promptlayer
from surefoot.records import Json
from surefoot.releases.git import open_repository
from surefoot.wiring.project import Project

_OUR_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """A prompt that was fetched. `lost` is what its file cannot say, `trouble` why the file does not load."""

    theirs: str
    version: int
    file: Path
    state: Literal["new", "changed", "same"]
    lost: tuple[str, ...] = ()
    trouble: str | None = None


async def pull(
    project: Project,
    prompts: Prompts,
    theirs: str,
    *,
    label: str | None = None,
    name: str | None = None,
    replace: bool = False,
) -> Pulled:
    """Fetch a prompt's latest version, or the one that a label stands at, into `prompts/`.

    `name` is what it is called here. A file that says something else already is left alone, and InputError
    raised, unless `replace` is set; one with uncommitted changes is never written over.
    """
    kept = await prompts.find(theirs, label=label)
    if kept is None:
        where = "" if label is None else f" under the label {label!r}"
        raise NotFoundError(
            f"PromptLayer has no prompt {theirs!r}{where}",
            remedy="`surefoot promptlayer import --list` names those that are there",
        )
    folder, name = project.settings.folders.prompts, name or name_here(theirs)
    file = folder / f"{name}.prompt.md"
    pulled = Pulled(theirs=theirs, version=kept.version, file=file, state="same")
    if _is_same(folder, name, kept):
        return pulled
    imported = from_promptlayer(_value(kept), name=name)
    content = imported.text.encode()
    there = file.is_file()
    if there and file.read_bytes() == content:
        return pulled
    if there:
        _refuse_to_lose(file, replace)
    replace_file(file, content)
    return Pulled(
        theirs=theirs,
        version=kept.version,
        file=file,
        state="changed" if there else "new",
        lost=(*imported.lost, *(f"the snippet {one!r} is written out as text" for one in kept.snippets)),
        trouble=_trouble(folder, name),
    )


def name_here(theirs: str) -> str:
    """What a prompt of theirs is called here: its name, made of letters, digits and dashes."""
    if _OUR_NAME.fullmatch(theirs):
        return theirs
    name = re.sub(r"[^a-z0-9]+", "-", theirs.lower()).strip("-")
    if not name:
        raise InputError(
            f"no file can be named after {theirs!r}", remedy="say what to call it here, with --as NAME"
        )
    return name


def _value(kept: Kept) -> dict[str, Json]:
    return {
        "prompt_name": kept.name,
        "version": kept.version,
        "prompt_template": kept.template,
        "metadata": kept.metadata,
    }


def _is_same(folder: Path, name: str, kept: Kept) -> bool:
    """Whether it is our own prompt come back: published from here, and unchanged here since."""
    with suppress(PromptError):
        return load_prompt(folder, name).digest == kept.metadata.get(DIGEST)
    return False


def _refuse_to_lose(file: Path, replace: bool) -> None:
    if not replace:
        raise InputError(
            f"{file} is there, and says something else",
            remedy="write it beside with --as NAME and compare, or over it with --replace",
        )
    with suppress(SettingsError):  # no repository: then --replace is all there is to ask for
        if open_repository(file.parent).uncommitted([file]):
            raise InputError(
                f"{file} has changes that are not committed, and they would be lost",
                remedy="commit or stash them first",
            )


def _trouble(folder: Path, name: str) -> str | None:
    try:
        load_prompt(folder, name)
    except PromptError as error:
        return f"{error.message}; {error.remedy}"
    return None
