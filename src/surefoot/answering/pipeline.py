"""Answer one question: retrieve, render within the budget, ask, cite. There is no more to it."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from surefoot.answering.apps import App, Question
from surefoot.answering.budget import render_within_budget
from surefoot.answering.citing import abstains, citations_in
from surefoot.answering.quality import score_answer
from surefoot.errors import ModelError
from surefoot.records import Answer, Completion, Message, RankedPassage, TextDelta, Timings


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """The passages the prompt shows, in the order of their numbers, before the model has said anything.

    `retrieval_seconds` is how long it took to find them.
    """

    passages: tuple[RankedPassage, ...]
    messages: tuple[Message, ...]
    retrieval_seconds: float


AnswerPart = Retrieved | TextDelta | Answer


async def answer(
    app: App,
    question: Question,
    *,
    queue_seconds: float = 0.0,
    clock: Callable[[], float] = time.perf_counter,
) -> AsyncGenerator[AnswerPart, None]:
    """Yield Retrieved, then text as it comes, then the whole Answer.

    `queue_seconds` is how long the question waited before this call; first-token and total seconds
    include it. Closing the generator early closes the request to the model. Raises SurefootError.
    """
    arrived = clock() - queue_seconds
    found = await app.retriever.search(question.text, limit=app.passages_shown)
    retrieval_seconds = clock() - arrived - queue_seconds
    messages, shown = await render_within_budget(app, question, found)
    yield Retrieved(passages=shown, messages=messages, retrieval_seconds=retrieval_seconds)

    first_token_seconds: float | None = None
    completion: Completion | None = None
    async with aclosing(app.model.stream(messages, app.prompt.sampling)) as parts:
        async for part in parts:
            if isinstance(part, Completion):
                completion = part
                continue
            if first_token_seconds is None:
                first_token_seconds = clock() - arrived
            yield part
    if completion is None:
        raise ModelError(
            "the model's stream ended before the answer did",
            remedy="look at the model server's log for the request that was cut off",
        )

    abstained = abstains(completion.text, app.manifest.abstention)
    citations = citations_in(completion.text, shown)
    yield Answer(
        question=question.text,
        text=completion.text,
        finish_reason=completion.finish_reason,
        abstained=abstained,
        citations=citations,
        passages=shown,
        messages=messages,
        usage=completion.usage,
        timings=Timings(
            queue_seconds=queue_seconds,
            retrieval_seconds=retrieval_seconds,
            first_token_seconds=first_token_seconds,
            total_seconds=clock() - arrived,
        ),
        scores=score_answer(completion.text, citations, shown, abstained=abstained),
    )


async def whole_answer(app: App, question: Question, *, queue_seconds: float = 0.0) -> Answer:
    """Ask, and wait for the whole answer: the stream, collected."""
    async with aclosing(answer(app, question, queue_seconds=queue_seconds)) as parts:
        async for part in parts:
            if isinstance(part, Answer):
                return part
    raise ModelError("no answer came", remedy="look at the model server's log")
