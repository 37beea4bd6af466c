"""Answer one question: retrieve, render within the budget, ask, cite. There is no more to it."""

import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing

from surefoot.answering.apps import App
from surefoot.answering.budget import render_within_budget
from surefoot.answering.citing import abstains, citations_in
from surefoot.answering.follow_ups import Searched, to_search
from surefoot.answering.form import check_form, texts_in
from surefoot.answering.parts import Question, Retrieved, SentenceCited, StepsTaken
from surefoot.answering.quality import score_answer
from surefoot.answering.sentences import CitesAsTheyCome
from surefoot.answering.supporting import supported_citations
from surefoot.errors import ModelError
from surefoot.records import Answer, Completion, RankedPassage, TextDelta, Timings

AnswerPart = Retrieved | TextDelta | SentenceCited | Answer


class BuiltInPipeline:
    """Retrieve, render within the budget, ask: what answers wherever an app has no code of its own."""

    def __init__(self, app: App, clock: Callable[[], float]) -> None:
        self._app = app
        self._clock = clock

    async def stream(
        self, question: Question
    ) -> AsyncGenerator[Retrieved | TextDelta | StepsTaken | Completion, None]:
        """Retrieved, text as it comes, and the model's Completion. Raises SurefootError."""
        app = self._app
        asked = await to_search(app, question, self._clock)
        begun = self._clock()
        found = await app.retriever.search(asked.text, limit=app.passages_shown, reach=question.reach)
        retrieval_seconds = self._clock() - begun
        if _nothing_near(app, found):
            for declined in _declined(app, asked, found, retrieval_seconds):
                yield declined
            return
        messages, shown = await render_within_budget(app, question, found)
        yield Retrieved(
            passages=shown,
            messages=messages,
            retrieval_seconds=retrieval_seconds,
            searched=(asked.text,),
        )
        if asked.steps:
            yield StepsTaken(steps=asked.steps, earlier_usage=asked.usage)
        async with aclosing(app.model.stream(messages, app.prompt.sampling)) as parts:
            async for part in parts:
                yield part


def _nothing_near(app: App, found: Sequence[RankedPassage]) -> bool:
    """Whether the recipe says that what was found is too far from the question to answer it."""
    if app.least_similarity is None or app.prompt.output_schema is not None:
        return False
    similarities = [ranked.similarity for ranked in found if ranked.similarity is not None]
    return not found or (bool(similarities) and max(similarities) < app.least_similarity)


def _declined(
    app: App, asked: Searched, found: tuple[RankedPassage, ...], retrieval_seconds: float
) -> Iterator[Retrieved | TextDelta | StepsTaken | Completion]:
    """The app's abstention, with the passages that were too far, and no model asked."""
    yield Retrieved(passages=found, messages=(), retrieval_seconds=retrieval_seconds, searched=(asked.text,))
    if asked.steps:
        yield StepsTaken(steps=asked.steps, earlier_usage=asked.usage)
    yield TextDelta(text=app.manifest.abstention)
    yield Completion(
        text=app.manifest.abstention,
        finish_reason="stop",
        usage=None,
        first_token_seconds=0.0,
        total_seconds=0.0,
    )


async def answer(
    app: App,
    question: Question,
    *,
    queue_seconds: float = 0.0,
    clock: Callable[[], float] = time.perf_counter,
) -> AsyncGenerator[AnswerPart, None]:
    """Yield Retrieved, then text as it comes, then the whole Answer.

    Behind the text that completes a sentence which cites comes SentenceCited, unless the answer has a form.

    `queue_seconds` is how long the question waited before this call; first-token and total seconds
    include it. Closing the generator early closes the request to the model. Raises SurefootError, and
    ModelOutputError for an answer without the form that the prompt declares.
    """
    arrived = clock() - queue_seconds
    retrieved: Retrieved | None = None
    taken = StepsTaken(steps=(), earlier_usage=None)
    first_token_seconds: float | None = None
    completion: Completion | None = None
    cites = CitesAsTheyCome(())
    pipeline = app.pipeline or BuiltInPipeline(app, clock)
    async with aclosing(pipeline.stream(question)) as parts:
        async for part in parts:
            match part:
                case StepsTaken():
                    taken = part
                case Completion():
                    completion = part
                case Retrieved():
                    retrieved, cites = part, CitesAsTheyCome(part.passages)
                    yield part
                case TextDelta():
                    first_token_seconds = first_token_seconds or clock() - arrived
                    yield part
                    for sentence in _sentences(app, cites, part):
                        yield sentence
    if retrieved is None or completion is None:
        raise ModelError(
            "the model's stream ended before the answer did",
            remedy="look at the model server's log for the request that was cut off",
        )

    check_form(app.prompt, completion)
    total_seconds = clock() - arrived
    timings = Timings(
        queue_seconds=queue_seconds,
        retrieval_seconds=retrieved.retrieval_seconds,
        first_token_seconds=first_token_seconds or _called_after(completion, total_seconds),
        total_seconds=total_seconds,
    )
    yield _whole(app, question, retrieved, completion, cites, taken, timings)


def _sentences(app: App, cites: CitesAsTheyCome, part: TextDelta) -> Iterator[SentenceCited]:
    """The sentences that a piece of text completes; an answer with a form of its own has none."""
    return iter(()) if app.prompt.output_schema is not None else cites.after(part.text)


def _called_after(completion: Completion, total_seconds: float) -> float | None:
    """When the first token of an answer came that is nothing but calls of tools."""
    if not completion.tool_calls:
        return None
    return total_seconds - (completion.total_seconds - completion.first_token_seconds)


def _whole(
    app: App,
    question: Question,
    retrieved: Retrieved,
    completion: Completion,
    cites: CitesAsTheyCome,
    taken: StepsTaken,
    timings: Timings,
) -> Answer:
    has_form = app.prompt.output_schema is not None
    abstained = any(abstains(text, app.manifest.abstention) for text in texts_in(app.prompt, completion))
    citations = citations_in(completion.text, retrieved.passages)
    if not has_form:
        citations = supported_citations(completion.text, citations, cites.supporting)
    return Answer(
        question=question.text,
        text=completion.text,
        finish_reason=completion.finish_reason,
        abstained=abstained,
        citations=citations,
        passages=retrieved.passages,
        messages=retrieved.messages,
        usage=completion.usage,
        timings=timings,
        scores=score_answer(
            completion.text,
            citations,
            retrieved.passages,
            abstained=abstained,
            has_form=has_form,
            calls_tools=bool(completion.tool_calls),
        ),
        tool_calls=completion.tool_calls,
        searched=retrieved.searched,
        steps=taken.steps,
        earlier_usage=taken.earlier_usage,
    )


async def whole_answer(app: App, question: Question, *, queue_seconds: float = 0.0) -> Answer:
    """Ask, and wait for the whole answer: the stream, collected."""
    async with aclosing(answer(app, question, queue_seconds=queue_seconds)) as parts:
        async for part in parts:
            if isinstance(part, Answer):
                return part
    raise ModelError("no answer came", remedy="look at the model server's log")
