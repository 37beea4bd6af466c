"""The settings: `serving/settings.toml`, overridden by SUREFOOT_* in the environment.

A setting `[service] port` is SUREFOOT_SERVICE_PORT in the environment. A key that is not declared here
is refused in either place, so that a typing error is never silently the default.
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from surefoot.errors import SettingsError
from surefoot.settings.sections import (
    Chat,
    Embedder,
    Folders,
    Index,
    PromptLayer,
    Refresh,
    Reranker,
    Section,
    Service,
    Traces,
    Trust,
    Weights,
)
from surefoot.tables import read_toml

PREFIX = "SUREFOOT_"
# Read by tests and benchmarks, and a caller's own key: no settings of a deployment.
NOT_SETTINGS = ("SUREFOOT_TEST_", "SUREFOOT_BENCHMARK_", "SUREFOOT_KEY")


class Settings(BaseSettings):
    """Every setting, by section."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
    )

    app: str | None = Field(
        None,
        description="the app that commands and requests mean when they name none; else the first by name",
    )
    docs: Path | None = Field(
        None, description="a folder to answer over instead of each app's corpus; `make up DOCS=path` sets it"
    )
    folders: Folders = Folders()
    service: Service = Service()
    chat: Chat = Chat()
    embedder: Embedder = Embedder()
    index: Index = Index()
    reranker: Reranker = Reranker()
    weights: Weights = Weights()
    traces: Traces = Traces()
    refresh: Refresh = Refresh()
    promptlayer: PromptLayer = PromptLayer()
    trust: Trust = Trust()

    @property
    def serves_unproven(self) -> bool:
        """Whether the working tree serves: where that is set, and over `docs`, which no receipt covers."""
        return self.service.unproven or self.docs is not None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then what the file said; nothing else is read."""
        return env_settings, init_settings


def read_settings(top: Path) -> Settings:
    """The settings of the project at `top`, every path absolute. SettingsError says which key is wrong."""
    _refuse_unknown_variables(os.environ)
    file = top / os.environ.get("SUREFOOT_FOLDERS_SERVING", "serving") / "settings.toml"
    return _settings(read_toml(file) if file.exists() else {}, file, top=top, altered=top)


def read_bundle_settings(file: Path | None, *, top: Path, bundle: Path) -> Settings:
    """The settings of a service that has a bundle in place of a project; paths are relative to `top`.

    `file` is the bundle's settings.toml, None where it has none. Where things are on this machine is not for
    the bundle to say: its [folders] is left out.
    """
    _refuse_unknown_variables(os.environ)
    written = read_toml(file) if file else {}
    written.pop("folders", None)
    return _settings(written, file or bundle, top=top, altered=bundle)


def _settings(written: Mapping[str, object], file: Path, *, top: Path, altered: Path) -> Settings:
    """Settings as they are written in a file; `altered` is the folder that others may alter."""
    try:
        _refuse_trust_in(written, file)
        settings = Settings.model_validate(written)
    except ValidationError as error:
        raise SettingsError(
            _sentence(error),
            remedy=f"mend it in {file} or in the environment; docs/reference/settings.md lists all",
        ) from error
    _refuse_alterable(settings.trust.file, altered)
    return _with_absolute_paths(settings, top)


def _refuse_trust_in(written: Mapping[str, object], file: Path) -> None:
    if "trust" in written:
        raise SettingsError(
            f"{file} sets [trust], and a pull request can alter that file",
            remedy="set SUREFOOT_TRUST_FILE in the environment of whoever promotes and serves",
        )


def _refuse_alterable(trust_file: Path | None, top: Path) -> None:
    """A trust file that a pull request could alter says nothing."""
    if trust_file is None:
        return
    if not trust_file.is_absolute():
        raise SettingsError(
            f"SUREFOOT_TRUST_FILE is {str(trust_file)!r}, a relative path",
            remedy="give an absolute one, outside the repository",
        )
    real = top.resolve()
    repository = next((folder for folder in (real, *real.parents) if (folder / ".git").exists()), real)
    # A folder on the way may be a link into the repository, or out of it again.
    if any(path.resolve().is_relative_to(repository) for path in (trust_file, *trust_file.parents)):
        raise SettingsError(
            f"SUREFOOT_TRUST_FILE is {str(trust_file)!r}, inside of {repository}, where a pull request can "
            "alter it",
            remedy="keep it where only operators write, such as /etc/surefoot/trust.toml",
        )


def _with_absolute_paths(settings: Settings, top: Path) -> Settings:
    def absolute(path: Path | None) -> Path | None:
        return None if path is None else (top / path.expanduser()).resolve()

    folders = {name: absolute(path) for name, path in settings.folders}
    if "cache" not in settings.folders.model_fields_set and "XDG_CACHE_HOME" in os.environ:
        folders["cache"] = absolute(Path(os.environ["XDG_CACHE_HOME"]) / "surefoot")
    files = {alias: absolute(path) for alias, path in settings.weights.files.items()}
    return settings.model_copy(
        update={
            "docs": absolute(settings.docs),
            "folders": settings.folders.model_copy(update=folders),
            "service": settings.service.model_copy(
                update={name: absolute(getattr(settings.service, name)) for name in ("keys", "tokens")}
            ),
            "reranker": settings.reranker.model_copy(update={"folder": absolute(settings.reranker.folder)}),
            "weights": settings.weights.model_copy(update={"files": files}),
        }
    )


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    known = {variable for variable, _ in variables()}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known and not name.startswith(NOT_SETTINGS):
            near = difflib.get_close_matches(name, known, n=3) or sorted(known)
            raise SettingsError(
                f"the environment sets {name}, which is no setting",
                remedy=f"unset it, or use {', '.join(near)}",
            )


def variables() -> Iterator[tuple[str, FieldInfo]]:
    """Every setting as its environment variable and its field."""
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Section):
            for key, inner in section.model_fields.items():
                yield f"{PREFIX}{name}_{key}".upper(), inner
        else:
            yield f"{PREFIX}{name}".upper(), field


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"there is no setting {key!r}"
    return f"the setting {key!r} is {first['input']!r}: {first['msg']}"
