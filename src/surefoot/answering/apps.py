"""What the pipeline needs to answer: one app, built by wiring from what its manifest pins."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from surefoot.answering.parts import Pipeline
from surefoot.prompts import Prompt
from surefoot.records import (
    EVERYBODY,
    Completion,
    Manifest,
    Message,
    Pins,
    RankedPassage,
    Reach,
    Sampling,
    TextDelta,
    Tool,
)


class Retriever(Protocol):
    """Finds passages for a question, best first."""

    async def search(
        self, question: str, *, limit: int, reach: Reach = EVERYBODY
    ) -> tuple[RankedPassage, ...]:
        """At most `limit` passages that are within reach; none when nothing fits."""
        ...


class ChatModel(Protocol):
    """Answers a conversation, piece by piece, and says at the end what it took."""

    def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[TextDelta | Completion, None]:
        """Text as it comes, then exactly one Completion. Closing the generator frees the model."""
        ...


class TokenCounter(Protocol):
    """Counts the tokens a conversation takes, chat template and tools included."""

    async def count(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
        """Tokens, as the served model would count them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One named thing the endpoint serves. `manifest` pins every part beside it.

    `passages_shown` is how many passages the prompt gets, before the token budget drops any. Where no passage
    is as similar to the question as `least_similarity` it abstains, and asks no model. `rewrite` makes a
    follow-up question whole before it is searched. `pipeline` is
    the app's own code, and None where the built-in pipeline answers.
    """

    manifest: Manifest
    prompt: Prompt
    retriever: Retriever
    model: ChatModel
    counter: TokenCounter
    passages_shown: int
    least_similarity: float | None = None
    rewrite: Prompt | None = None
    pipeline: Pipeline | None = None

    @property
    def pins(self) -> Pins:
        """The digests that go into answers, traces and metric labels."""
        return Pins(
            app=self.manifest.app,
            release=self.manifest.digest,
            prompt_name=self.manifest.prompt_name,
            prompt=self.manifest.prompt,
            snapshot=self.manifest.snapshot,
            model_alias=self.manifest.model_alias,
            model=self.manifest.model,
        )
