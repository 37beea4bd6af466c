"""What it takes to be a chat model here, and the whole answer as the stream, collected."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from surefoot.errors import ModelError
from surefoot.records import Completion, Message, Sampling, TextDelta


class ChatModel(Protocol):
    """Answers a conversation, piece by piece, and says at the end what it took."""

    def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[TextDelta | Completion, None]:
        """Text as it comes, then exactly one Completion. Closing the generator frees the model."""
        ...


async def complete(model: ChatModel, messages: Sequence[Message], sampling: Sampling) -> Completion:
    """The whole answer. Raises what the stream raises."""
    completion: Completion | None = None
    async for piece in model.stream(messages, sampling):
        if isinstance(piece, Completion):
            completion = piece
    if completion is None:
        raise ModelError(
            "the model's stream ended without a completion",
            remedy="this is a fault of the model client: a stream ends with one Completion or an error",
        )
    return completion
