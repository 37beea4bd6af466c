"""One question in an app of its own code: what the app was handed tells how the answer comes.

The run is found through the context, which follows the app's tasks and threads; so two questions at a time
never mix, and the app's code need not know of it.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from contextvars import ContextVar

from surefoot.answering import ChatModel, Retrieved, Retriever, StepsTaken
from surefoot.errors import AppError, SurefootError
from surefoot.records import (
    EVERYBODY,
    Completion,
    Message,
    RankedPassage,
    Reach,
    Sampling,
    Step,
    TextDelta,
    Usage,
)

RunPart = Retrieved | TextDelta | StepsTaken | Completion

current_run: ContextVar["AppRun | None"] = ContextVar("surefoot's run of an app", default=None)


class AppRun:
    """Collects what an app does for one question, and hands on its parts as they come.

    `reach` is the question's: what the app's code finds is within it, whatever the code asks for.
    """

    def __init__(self, *, reach: Reach) -> None:
        self.reach = reach
        self._parts: asyncio.Queue[RunPart | SurefootError] = asyncio.Queue(maxsize=16)
        self._searched: list[str] = []
        self._found: tuple[RankedPassage, ...] = ()
        self._retrieval_seconds = 0.0
        self._steps: list[Step] = []
        self._earlier: list[Usage] = []
        self._sent: list[str] = []
        self._asked: Completion | None = None
        self._retrieved = False

    async def parts(self) -> AsyncGenerator[RunPart, None]:
        """Every part until the Completion. Raises the error that ended the run."""
        while True:
            part = await self._parts.get()
            if isinstance(part, SurefootError):
                raise part
            yield part
            if isinstance(part, Completion):
                return

    def note_search(self, text: str, found: Sequence[RankedPassage], seconds: float) -> None:
        """The app searched."""
        self._searched.append(text)
        self._found = tuple(found)
        self._retrieval_seconds += seconds

    def note_step(self, name: str, seconds: float) -> None:
        """A step of the app has ended."""
        self._steps.append(Step(name=name, seconds=seconds))

    def note_usage(self, usage: Usage | None) -> None:
        """A request to the model that is not the answer's took these tokens."""
        if usage is not None:
            self._earlier.append(usage)

    async def show(self, messages: tuple[Message, ...], shown: tuple[RankedPassage, ...]) -> None:
        """The prompt that answers is rendered. AppError when it was before: its words are on their way."""
        if self._retrieved:
            raise AppError(
                "the app's code asked the prompt that answers a second time",
                remedy="ask it once; name what prepares the answer under `prompts` in the app's file",
            )
        self._retrieved = True
        await self._parts.put(
            Retrieved(
                passages=shown,
                messages=messages,
                retrieval_seconds=self._retrieval_seconds,
                searched=tuple(self._searched),
            )
        )

    async def say(self, text: str) -> None:
        """A piece of the answer."""
        self._sent.append(text)
        await self._parts.put(TextDelta(text=text))

    def answered(self, completion: Completion) -> None:
        """The model has ended the answer."""
        self._asked = completion

    async def end(self, text: str) -> None:
        """The app is done, and this is its answer: what was streamed, or more after it.

        An app that did not ask the prompt that answers has shown the model nothing; the passages are those
        that it found last. Raises AppError for an answer that is another than the one that was streamed.
        """
        sent = "".join(self._sent)
        if not text.startswith(sent):
            raise AppError(
                "the app's answer is another than the one it streamed",
                remedy="return the answer as the model gave it, or more after it",
            )
        if not self._retrieved:
            await self.show((), self._found)
        if text != sent:
            await self.say(text.removeprefix(sent))
        await self._parts.put(StepsTaken(steps=tuple(self._steps), earlier_usage=_sum(self._earlier)))
        asked = self._asked
        await self._parts.put(
            Completion(
                text=text,
                finish_reason=asked.finish_reason if asked else "stop",
                usage=asked.usage if asked else None,
                first_token_seconds=asked.first_token_seconds if asked else 0.0,
                total_seconds=asked.total_seconds if asked else 0.0,
                tool_calls=asked.tool_calls if asked else (),
            )
        )

    async def fail(self, error: SurefootError) -> None:
        """The app has failed."""
        await self._parts.put(error)


class ReportedRetriever:
    """A Retriever that tells the run of each search, and searches within the reach of the run alone."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever

    async def search(
        self, question: str, *, limit: int, reach: Reach = EVERYBODY
    ) -> tuple[RankedPassage, ...]:
        """What the retriever finds."""
        begun = time.perf_counter()
        run = current_run.get()
        found = await self._retriever.search(question, limit=limit, reach=run.reach if run else EVERYBODY)
        if run is not None:
            run.note_search(question, found, time.perf_counter() - begun)
        return found


class ReportedModel:
    """A ChatModel that tells the run: each piece of text where it `answers`, what it took otherwise."""

    def __init__(self, model: ChatModel, *, answers: bool) -> None:
        self._model = model
        self._answers = answers

    async def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[TextDelta | Completion, None]:
        """What the model says."""
        run = current_run.get()
        async with aclosing(self._model.stream(messages, sampling)) as parts:
            async for part in parts:
                if run is not None:
                    await self._tell(run, part)
                yield part

    async def _tell(self, run: AppRun, part: TextDelta | Completion) -> None:
        if isinstance(part, TextDelta):
            if self._answers:
                await run.say(part.text)
        elif self._answers:
            run.answered(part)
        else:
            run.note_usage(part.usage)


def _sum(usages: Sequence[Usage]) -> Usage | None:
    if not usages:
        return None
    return Usage(
        prompt_tokens=sum(usage.prompt_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
    )
