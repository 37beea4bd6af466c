"""Apps as files, `serving/apps/<app>.toml`, and the manifest of an app's present parts."""

import re
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import NotFoundError, SettingsError
from surefoot.records import Manifest
from surefoot.tables import read_table

# Pipelines by the name an app file uses, and the identity that goes into the manifest: raise its
# number when the code changes what is answered from equal parts.
PIPELINES = {"answers": "surefoot.answering/1"}

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppFile:
    """What an app file says: names of a prompt, a corpus, a recipe and a model alias.

    `abstention` is the sentence the app answers with when its documents are silent. `example` is a
    question worth asking first; it decides no answer, so no manifest holds it.
    """

    name: str
    prompt: str
    corpus: str
    recipe: str
    model: str
    pipeline: str
    abstention: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The digests of an app's present parts, as their rooms computed them; all 64 hex digits.

    `model_alias` is the one name among them: the alias that answers, which a setting may choose.
    """

    prompt: str
    recipe: str
    snapshot: str
    passages: str
    embedder: str
    model_alias: str
    model: str


def load_app(folder: Path, name: str) -> AppFile:
    """The app `name` of `serving/apps/`. NotFoundError offers the apps that are there."""
    file = folder / f"{name}.toml"
    if not _NAME.fullmatch(name) or not file.is_file():
        known = ", ".join(_names(folder)) or "none yet"
        raise NotFoundError(f"there is no app {name!r} in {folder}", remedy=f"use one of: {known}")
    table = read_table(file)
    app = AppFile(
        name=name,
        prompt=table.text("prompt"),
        corpus=table.text("corpus"),
        recipe=table.text("recipe"),
        model=table.text("model"),
        pipeline=table.text("pipeline", one_of=tuple(PIPELINES)),
        abstention=table.text("abstention"),
        example=table.text("example"),
    )
    table.refuse_others()
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
        pipeline=PIPELINES[app.pipeline],
        abstention=app.abstention,
        prompt_name=app.prompt,
        prompt=parts.prompt,
        recipe=parts.recipe,
        snapshot=parts.snapshot,
        passages=parts.passages,
        embedder=parts.embedder,
        model_alias=parts.model_alias,
        model=parts.model,
    )


def _names(folder: Path) -> list[str]:
    return sorted(file.stem for file in folder.glob("*.toml") if _NAME.fullmatch(file.stem))
