"""What a prompt is checked against outside of its folder: handed in, so that checking reads no other room."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from surefoot.prompts.linting.findings import Finding
from surefoot.records import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedContract:
    """The contract of a prompt as an app's production serves it."""

    app: str
    release: str
    prompt: str
    contract: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The project around the prompts. What is None is not known, and nothing is checked against it.

    `context_tokens` has the aliases of the model catalogue, with None for a model that does not chat.
    `estimate` says about how many tokens messages of these texts take, rather too many than too few.
    `findings` are about these surroundings themselves.
    """

    context_tokens: Mapping[str, int | None] | None = None
    suites: Sequence[str] | None = None
    released: Sequence[ReleasedContract] = ()
    estimate: Callable[[Sequence[str]], int] | None = None
    findings: Sequence[Finding] = ()
