"""An app over one shelf of passages, for the runs of these tests."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.evals.examples import case_of, fact
from tests.fakes.answering import MANIFEST, ShelfOfPassages, WordCounter

from surefoot.answering import App, ChatModel
from surefoot.prompts import load_prompt
from surefoot.records import Case, Completion, Manifest, Message, Sampling, TextDelta, Usage

PROJECT = Path(__file__).parents[2]
FINGERPRINT = "f" * 64


def app_with(model: ChatModel, *, manifest: Manifest = MANIFEST) -> App:
    return App(
        manifest=manifest,
        prompt=load_prompt(PROJECT / "prompts", "answer"),
        retriever=ShelfOfPassages(("It is kept for thirty days.", "Nothing to see.")),
        model=model,
        counter=WordCounter(),
        passages_shown=4,
    )


def some_cases(count: int) -> list[Case]:
    return [
        case_of(fact(("0.md", "thirty days")), id=f"c{number:02}", question=f"What is number {number}?")
        for number in range(count)
    ]


def question_in(messages: Sequence[Message]) -> str:
    """The question that the prompt of the project put to the model."""
    return messages[-1].content.rpartition("Question: ")[2].partition("\n")[0]


@dataclass
class EchoingModel:
    """Answers by `says`; `fails` may raise instead. Remembers what was asked, and how many at once."""

    fails: Callable[[str, int], None] = lambda question, attempt: None
    says: Callable[[str], str] = lambda question: f"So {question} [1]"
    asked: list[str] = field(default_factory=list)
    running: int = 0
    most_running: int = 0

    async def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[TextDelta | Completion, None]:
        question = question_in(messages)
        self.asked.append(question)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            yield TextDelta(text="So ")
            await asyncio.sleep(0)  # as a model does that answers over a line
            self.fails(question, self.asked.count(question))
            yield Completion(
                text=self.says(question),
                finish_reason="stop",
                usage=Usage(prompt_tokens=10, output_tokens=3),
                first_token_seconds=0.1,
                total_seconds=0.2,
            )
        finally:
            self.running -= 1
