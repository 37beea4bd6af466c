"""Apps as files, `serving/apps/<app>.toml`, and the manifest of an app's present parts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from surefoot.errors import NotFoundError, SettingsError
from surefoot.records import Manifest, PinnedPrompt
from surefoot.releases.app_code import LANGCHAIN, entry_fault
from surefoot.tables import Table, read_table

# The built-in pipeline as an app file names it, and the identity that goes into the manifest: raise its
# number when the code changes what is answered from equal parts.
BUILT_IN = "answers"
BUILT_IN_IDENTITY = "surefoot.answering/1"
# The further prompt of the built-in pipeline: it makes a follow-up question whole.
REWRITE = "rewrite"

_USE = re.compile(r"[a-z][a-z0-9_]*")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppFile:
    """What an app file says: names of a prompt, a corpus, a recipe and a model alias.

    `abstention` is the sentence the app answers with when its documents are silent. `example` is a
    question worth asking first; it decides no answer, so no manifest holds it. An app whose pipeline is its
    own code has an `entry`, like `agent/graph.py:build`, and may name further `prompts` by what they are for;
    for the built-in pipeline that is `rewrite` alone.
    """

    name: str
    prompt: str
    corpus: str
    recipe: str
    model: str
    pipeline: str
    abstention: str
    example: str
    entry: str | None = None
    prompts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The digests of an app's present parts, as their rooms computed them; all 64 hex digits.

    `model_alias` is the alias that answers, which a setting may choose; `pipeline` the identity of the code.
    """

    pipeline: str
    prompt: str
    recipe: str
    snapshot: str
    passages: str
    embedder: str
    model_alias: str
    model: str
    prompts: tuple[PinnedPrompt, ...] = ()


def load_app(folder: Path, name: str) -> AppFile:
    """The app `name` of `serving/apps/`. NotFoundError offers the apps that are there."""
    file = folder / f"{name}.toml"
    if not _NAME.fullmatch(name) or not file.is_file():
        known = ", ".join(_names(folder)) or "none yet"
        raise NotFoundError(f"there is no app {name!r} in {folder}", remedy=f"use one of: {known}")
    table = read_table(file)
    pipeline = table.text("pipeline", one_of=(BUILT_IN, LANGCHAIN))
    runs_own_code = pipeline == LANGCHAIN
    app = AppFile(
        name=name,
        prompt=table.text("prompt"),
        corpus=table.text("corpus"),
        recipe=table.text("recipe"),
        model=table.text("model"),
        pipeline=pipeline,
        abstention=table.text("abstention"),
        example=table.text("example"),
        entry=_entry(table) if runs_own_code else None,
        prompts=_further_prompts(table),
    )
    table.refuse_others()
    if not runs_own_code and app.prompts.keys() - {REWRITE}:
        raise SettingsError(
            f"{file}: [prompts] names {', '.join(sorted(app.prompts.keys() - {REWRITE}))}, and the built-in "
            f"pipeline knows {REWRITE!r} alone",
            remedy=f"leave the others out, or give the app code of its own with pipeline = {LANGCHAIN!r}",
        )
    return app


def load_apps(folder: Path) -> tuple[AppFile, ...]:
    """Every app of `serving/apps/`, by name. SettingsError when there is none."""
    names = _names(folder)
    if not names:
        raise SettingsError(f"there is no app in {folder}", remedy=f"write {folder / 'answers.toml'}")
    return tuple(load_app(folder, name) for name in names)


def manifest_of(app: AppFile, parts: Parts) -> Manifest:
    """The manifest of an app over its present parts; its digest is the release."""
    return Manifest(
        app=app.name,
        pipeline=parts.pipeline,
        abstention=app.abstention,
        prompt_name=app.prompt,
        prompt=parts.prompt,
        recipe=parts.recipe,
        snapshot=parts.snapshot,
        passages=parts.passages,
        embedder=parts.embedder,
        model_alias=parts.model_alias,
        model=parts.model,
        prompts=parts.prompts,
    )


def _entry(table: Table) -> str:
    entry = table.text("entry")
    fault = entry_fault(entry)
    if fault is not None:
        raise table.wrong("entry", entry, f"<folder>/<file>.py:<attribute> below serving/apps/; {fault}")
    return entry


def _further_prompts(table: Table) -> Mapping[str, str]:
    """The names of further prompts by their use, sorted by it."""
    if not table.has("prompts"):
        return {}
    further = table.table("prompts")
    uses = further.keys()
    for use in uses:
        if not _USE.fullmatch(use):
            raise table.wrong("prompts", use, "names of lower-case letters, digits and '_', a letter first")
    return {use: further.text(use) for use in sorted(uses)}


def _names(folder: Path) -> list[str]:
    return sorted(file.stem for file in folder.glob("*.toml") if _NAME.fullmatch(file.stem))
