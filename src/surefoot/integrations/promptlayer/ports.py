"""What surefoot asks of PromptLayer, and the values that are spoken of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from surefoot.records import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A prompt to be published. `template` and `metadata` are in PromptLayer's form."""

    name: str
    template: Mapping[str, Json]
    metadata: Mapping[str, Json]
    commit_message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One version of a prompt as PromptLayer has it. `snippets` are the prompts that it takes text from."""

    prompt_id: int
    name: str
    version: int
    template: Mapping[str, Json]
    metadata: Mapping[str, Json]
    snippets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A release label, and the version that it stands at."""

    id: int
    name: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """One request, as it is to be logged. Its texts are empty unless the settings hand them over.

    `input` and `output` are chats in PromptLayer's form, times are ISO 8601, `scores` are 0 to 100 by name.
    `prompt_digest` says which version answered; the version's number is found when the request is sent.
    """

    trace_id: str
    model: str
    started_at: str
    ended_at: str
    input: Mapping[str, object]
    output: Mapping[str, object]
    prompt_name: str
    prompt_digest: str
    input_tokens: int
    output_tokens: int
    status: Literal["SUCCESS", "WARNING", "ERROR"]
    error_type: str | None = None
    error_message: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    scores: Mapping[str, int] = field(default_factory=dict)


class Prompts(Protocol):
    """The prompts that PromptLayer keeps. Every call raises IntegrationError, and nothing else."""

    async def find(self, name: str, *, version: int | None = None, label: str | None = None) -> Kept | None:
        """A version, by its number or its label, else the latest; None when there is none."""
        ...

    async def publish(self, publication: Publication) -> int:
        """Make a new version; its number, as PromptLayer says it. Whether it is kept, `find` tells."""
        ...

    async def labels(self, name: str) -> tuple[Label, ...]:
        """Where each release label of a prompt stands; none for a prompt that is not there."""
        ...

    async def put_label(self, kept: Kept, label: str) -> None:
        """Let the label stand at this version, whether or not it stood somewhere before."""
        ...

    async def names(self) -> tuple[str, ...]:
        """Every prompt's name."""
        ...


class Requests(Protocol):
    """The requests that PromptLayer logs. Every call raises IntegrationError, and nothing else."""

    async def log(self, request: LoggedRequest, *, prompt_version: int | None) -> int:
        """Log a request; the id that PromptLayer gives it. Its scores are sent one by one, by `score`."""
        ...

    async def score(self, request_id: int, name: str, value: int) -> None:
        """Give a logged request a score from 0 to 100; the same name again replaces it."""
        ...
