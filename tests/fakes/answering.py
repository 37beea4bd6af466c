"""Small stand-ins for what the pipeline needs, each named for what it is."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from surefoot.records import (
    EVERYBODY,
    Completion,
    Manifest,
    Message,
    Passage,
    RankedPassage,
    Reach,
    Sampling,
    TextDelta,
    Tool,
    ToolCall,
    Usage,
)

MANIFEST = Manifest(
    app="answers",
    pipeline="surefoot.answering/1",
    abstention="The documents do not say.",
    prompt_name="answer",
    prompt="1" * 64,
    recipe="2" * 64,
    snapshot="3" * 64,
    passages="4" * 64,
    embedder="5" * 64,
    model_alias="chat",
    model="6" * 64,
)


@dataclass
class ShelfOfPassages:
    """A Retriever that always finds the same passages."""

    texts: tuple[str, ...]
    asked: list[str] = field(default_factory=list)
    reaches: list[Reach] = field(default_factory=list)

    async def search(
        self, question: str, *, limit: int, reach: Reach = EVERYBODY
    ) -> tuple[RankedPassage, ...]:
        self.asked.append(question)
        self.reaches.append(reach)
        return tuple(
            RankedPassage(
                passage=Passage(id=str(at), source=f"{at}.md", start=0, end=len(text), text=text),
                score=1 / (60 + at),
                similarity=0.5,
                lexical_score=None,
            )
            for at, text in enumerate(self.texts[:limit])
        )


@dataclass
class ScriptedModel:
    """A ChatModel that says the same pieces each time, and remembers what it was sent."""

    pieces: tuple[str, ...]
    ends: bool = True
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = "stop"
    sent: list[tuple[Message, ...]] = field(default_factory=list)
    closed: int = 0

    async def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[TextDelta | Completion, None]:
        self.sent.append(tuple(messages))
        try:
            for piece in self.pieces:
                yield TextDelta(text=piece)
            if self.ends:
                yield Completion(
                    text="".join(self.pieces),
                    tool_calls=self.tool_calls,
                    finish_reason=self.finish_reason,
                    usage=Usage(prompt_tokens=10, output_tokens=len(self.pieces)),
                    first_token_seconds=0.1,
                    total_seconds=0.2,
                )
        finally:
            self.closed += 1


class WordCounter:
    """A TokenCounter for which a word is a token."""

    async def count(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
        texts = [message.content for message in messages] + [tool.description for tool in tools]
        return sum(len(text.split()) for text in texts)
