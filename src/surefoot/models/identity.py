"""Whether the model that answers is the model that is pinned."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from surefoot.errors import ModelMismatchError
from surefoot.models.fingerprint import Fingerprint, PinnedFingerprint, take_fingerprint
from surefoot.records import Completion, Message, Sampling, TextDelta

# For a fingerprint that was taken, not pinned: as strict as the pinned ones in models.toml.
TAKEN_THRESHOLD = 0.5


class ServedModel(Protocol):
    """A chat model behind an address that lists the names it serves."""

    async def served_names(self) -> tuple[str, ...]:
        """Every name the server lists."""
        ...

    def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[TextDelta | Completion, None]:
        """Text as it comes, then exactly one Completion."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What must answer: a server that lists `served_name`, with greedy answers like the pinned ones.

    For our own vLLM `served_name` is the model's identity; for a server that only declares its model, that
    declared name. `pinned` is None where nobody recorded a fingerprint: the first one taken is trusted.
    """

    served_name: str
    pinned: PinnedFingerprint | None


async def check_name(model: ServedModel, expected: Expectation) -> None:
    """Raise ModelMismatchError unless the server lists the expected name; cheap, no tokens."""
    names = await model.served_names()
    if expected.served_name not in names:
        raise ModelMismatchError(
            f"expected the model {expected.served_name!r}, the server serves {', '.join(map(repr, names))}",
            remedy="start the pinned model (`surefoot up`), or name in the settings what is to be served",
        )


async def verify(model: ServedModel, expected: Expectation) -> Fingerprint:
    """The fingerprint taken, once the name is listed and the answers agree.

    Raises ModelMismatchError that shows what was expected and what came, and whatever asking raises.
    """
    await check_name(model, expected)
    taken = await take_fingerprint(model)
    if expected.pinned is None:
        return taken
    similarity = taken.similarity(expected.pinned.fingerprint)
    if similarity < expected.pinned.threshold:
        raise ModelMismatchError(
            f"other weights answer under the name {expected.served_name!r}: greedy answers agree by "
            f"{similarity:.2f}, at least {expected.pinned.threshold:g} was expected; "
            f"expected {expected.pinned.fingerprint.texts!r}, got {taken.texts!r}",
            remedy="start the pinned weights again (`surefoot up`); if they are right and only the hardware "
            "is new, record their fingerprint in models.toml",
        )
    return taken
