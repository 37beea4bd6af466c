"""What `surefoot prompt try` is asked to do, in words that load no vendor."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """What to ask in place of what the settings say.

    `model` is an alias of serving/models.toml, or what the server calls the model; `key_variable` names the
    environment variable that holds the key of `endpoint`.
    """

    model: str | None = None
    endpoint: str | None = None
    key_variable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TryOrder:
    """What to try. `against` None: production where there is one; `passages` None: what is searched.

    Without questions and cases the app's example is asked.
    """

    name: str
    questions: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    against: str | None = None
    app: str | None = None
    passages: Path | None = None
    model: ModelChoice = field(default_factory=ModelChoice)
