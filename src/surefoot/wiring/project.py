"""A project as its files describe it: settings, models and apps, before anything is built or opened."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from surefoot.errors import NotFoundError, SettingsError
from surefoot.models import Limits, Models, ModelSpec, Retries, declared_identity, load_models
from surefoot.models.address import check_address
from surefoot.releases import AppFile, load_apps, read_trust
from surefoot.releases.deployment import Deployment
from surefoot.retrieval import Corpus, Recipe, corpus_of_folder, load_corpus, load_recipe
from surefoot.settings import Settings, read_settings

BROUGHT = "brought"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What a project's files say. `top` is its folder; every path in `settings` is absolute."""

    top: Path
    settings: Settings
    models: Models
    apps: tuple[AppFile, ...]

    def listening_on(self, *, host: str | None, port: int | None) -> "Project":
        """The same project with another address to listen on, where one is given."""
        given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
        service = self.settings.service.model_copy(update=given)
        return replace(self, settings=self.settings.model_copy(update={"service": service}))

    def answering_over(self, docs: Path | None) -> "Project":
        """The same project over a folder of one's own documents, where one is given."""
        if docs is None:
            return self
        update = {"docs": docs.expanduser().resolve()}
        return replace(self, settings=self.settings.model_copy(update=update))

    def without_folders(self, words: str) -> str:
        """An error's words as a caller may read them: a folder of this machine by its own name alone."""
        folders = self.settings.folders
        for folder in (folders.serving, folders.prompts, folders.state, folders.cache, self.top):
            if folder.name:
                words = words.replace(str(folder), folder.name)
        return words

    def app_named(self, name: str | None) -> AppFile:
        """The app of that name, or the first. NotFoundError offers those that are there."""
        found = [app for app in self.apps if name in (None, app.name)]
        if not found:
            known = ", ".join(app.name for app in self.apps)
            raise NotFoundError(f"there is no app {name!r}", remedy=f"use one of: {known}")
        return found[0]

    def recipe_of(self, app: AppFile) -> Recipe:
        """The recipe the app names."""
        return load_recipe(self.settings.folders.serving / "recipes" / f"{app.recipe}.toml")

    def corpus_of(self, app: AppFile) -> Corpus:
        """The corpus the app names, or the folder that the setting `docs` puts in its place."""
        if self.settings.docs is not None:
            return corpus_of_folder(self.settings.docs)
        file = self.settings.folders.serving / "corpora" / f"{app.corpus}.toml"
        return load_corpus(file, self.top, self.brought)

    def chat_alias(self) -> str:
        """The one alias that answers: every app's, unless the setting `chat.alias` says another.

        NotFoundError when the catalogue has no such alias, also where a declared model stands in for it.
        """
        if self.settings.chat.alias is not None:
            return self.models.named(self.settings.chat.alias).alias
        aliases = sorted({app.model for app in self.apps})
        if len(aliases) > 1:
            raise SettingsError(
                f"the apps name several models: {', '.join(aliases)}, and one model server answers",
                remedy="let every app name the same alias, or set chat.alias",
            )
        return self.models.named(aliases[0]).alias

    def chat_spec(self) -> ModelSpec:
        """The catalogue's entry of the model that answers."""
        spec = self.models.named(self.chat_alias())
        if spec.kind != "chat":
            raise SettingsError(
                f"the model {spec.alias!r} does not chat, it is for {spec.kind}",
                remedy="name a chat model of serving/models.toml",
            )
        return spec

    def chat_identity(self) -> str:
        """The identity that must answer: the catalogue's, or that of a declared other model."""
        declared = self.settings.chat.model
        return declared_identity(declared) if declared else self.chat_spec().identity

    def chat_url(self) -> str:
        """Where the model server is: the one the settings name, or the vLLM that `surefoot up` starts."""
        return self.settings.chat.url or f"http://127.0.0.1:{self.settings.chat.port}"

    def service_url(self) -> str:
        """Where this machine reaches the service."""
        return self.settings.service.url

    def embedder_identity(self) -> str:
        """The identity that snapshots pin as their embedder."""
        embedder = self.settings.embedder
        if embedder.url is None:
            return self.models.named("embedder").identity
        if embedder.model is None or embedder.dimensions is None:
            raise SettingsError(
                "embedder.url is set, but not embedder.model and embedder.dimensions",
                remedy="set all three: what the server calls the model, and its vectors' length",
            )
        return declared_identity(f"{embedder.model}/{embedder.dimensions}")

    @property
    def deployment(self) -> Deployment:
        """Where its releases are, and whom it trusts. SettingsError for a trust file that cannot be read."""
        folders = self.settings.folders
        return Deployment(
            serving=folders.serving, state=folders.state, trust=read_trust(self.settings.trust.file)
        )

    @property
    def brought(self) -> Path:
        """Where documents are that were brought from elsewhere."""
        return self.settings.folders.state / BROUGHT

    @property
    def snapshots(self) -> Path:
        """Where snapshots are."""
        return self.settings.folders.state / "snapshots"

    @property
    def traces(self) -> Path:
        """The trace database."""
        return self.settings.folders.state / "traces.sqlite"

    def limits(self) -> Limits:
        """The limits of a request to the model server."""
        chat = self.settings.chat
        return Limits(
            connect_seconds=chat.connect_seconds,
            first_token_seconds=chat.first_token_seconds,
            idle_seconds=chat.idle_seconds,
            total_seconds=chat.total_seconds,
        )

    def retries(self) -> Retries:
        """How often a request to the model server is tried again."""
        return Retries(count=self.settings.chat.retries)


def open_project(top: Path) -> Project:
    """Read a project's settings, models and apps. SettingsError says which file is wrong, and how."""
    settings = read_settings(top)
    serving = settings.folders.serving
    if not serving.is_dir():
        raise SettingsError(
            f"there is no project in {top}: it has no folder {serving.name!r}",
            remedy="change into a surefoot project, or set SUREFOOT_FOLDERS_SERVING",
        )
    return project_with(top, settings)


def project_with(top: Path, settings: Settings) -> Project:
    """The project of these settings, its models and apps read. SettingsError says which file is wrong."""
    serving = settings.folders.serving
    for url in (settings.chat.url, settings.embedder.url):
        if url is not None:
            check_address(url)
    check_address(settings.promptlayer.url, of="PromptLayer")
    if settings.chat.model is not None and settings.chat.url is None:
        raise SettingsError(
            f"chat.model is set to {settings.chat.model!r}, but not chat.url",
            remedy="set SUREFOOT_CHAT_URL too, the server that serves it; or unset chat.model",
        )
    return Project(
        top=top,
        settings=settings,
        models=load_models(serving / "models.toml"),
        apps=_first_of_all(load_apps(serving / "apps"), settings.app),
    )


def _first_of_all(apps: tuple[AppFile, ...], chosen: str | None) -> tuple[AppFile, ...]:
    """The apps by name, but for the one that the settings put first. SettingsError where it is not there."""
    if chosen not in {None, *(app.name for app in apps)}:
        raise SettingsError(
            f"the setting 'app' is {chosen!r}, and there is no such app",
            remedy=f"use one of: {', '.join(app.name for app in apps)}",
        )
    return tuple(sorted(apps, key=lambda app: app.name != chosen))


def secret(variable: str | None) -> str | None:
    """The secret in the environment variable of that name; SettingsError when it is named but not set."""
    if variable is None:
        return None
    value = os.environ.get(variable)
    if not value:
        raise SettingsError(
            f"the settings read a key from the environment variable {variable!r}, which is not set",
            remedy=f"set {variable}, or take the setting key_variable out",
        )
    return value
