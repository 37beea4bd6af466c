"""An app whose pipeline is its own LangChain runnable, such as a LangGraph agent, as the pipeline of an App.

`serving/apps/<app>.toml` names the code. Its `build(parts)` gets AppParts and returns a runnable that takes
`question` and `history` and gives a mapping with `answer`. docs/how-to/serve-a-langgraph-agent.md shows one.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable, RunnableLambda
from langsmith.run_helpers import tracing_context
from langsmith.utils import tracing_is_enabled

from surefoot.answering import ChatModel, Question, Retriever, TokenCounter
from surefoot.answering.budget import fit_into_budget
from surefoot.errors import AppError, InputError, SettingsError, SurefootError
from surefoot.integrations.app_modules import load_entry, place_of, words_of
from surefoot.integrations.app_run import (
    AppRun,
    ReportedModel,
    ReportedRetriever,
    RunPart,
    current_run,
)
from surefoot.integrations.langchain_chat import SurefootChatModel
from surefoot.integrations.langchain_prompts import HISTORY, from_langchain, to_langchain
from surefoot.integrations.langchain_retriever import SurefootRetriever, ranked_of
from surefoot.integrations.waiting import no_longer_than_this, wait_for
from surefoot.prompts import Prompt
from surefoot.releases import AppCode, ReleaseParts

PASSAGES = "passages"
ABSTENTION = "abstention"
MOST_STEPS = 50

AskedPrompt = Runnable[dict[str, object], AIMessage]

_log = logging.getLogger("surefoot.integrations")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppParts:
    """What an app's code is handed: all that its release pins, ready to be composed.

    `answer` is the app's prompt with the model behind it: give it `question`, `passages` (the retriever's
    Documents) and whatever else the prompt declares, once; its words are the answer, and stream as they come.
    `prompts` are the further prompts by their use, asked in the same way and not shown to the caller.
    """

    answer: AskedPrompt
    prompts: Mapping[str, AskedPrompt]
    retriever: SurefootRetriever
    abstention: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBehind:
    """The model that all prompts of an app are sent to. `home` is the event loop that its client lives on."""

    model: ChatModel
    counter: TokenCounter
    home: asyncio.AbstractEventLoop


def build_pipeline(
    code: AppCode, parts: ReleaseParts, *, retriever: Retriever, behind: ModelBehind, abstention: str
) -> "RunnablePipeline":
    """Run the app's code and have it build its runnable. SettingsError names file and line that fail."""
    if tracing_is_enabled():
        _log.warning(
            "LangSmith's tracing is switched on in the environment; apps run without it all the same"
        )
    entry = load_entry(code)
    handed = AppParts(
        answer=asked(parts.prompt, behind, abstention=abstention, answers=True),
        prompts={
            use: asked(prompt, behind, abstention=abstention, answers=False)
            for use, prompt in parts.prompts.items()
        },
        retriever=SurefootRetriever(
            retriever=ReportedRetriever(retriever), limit=parts.recipe.limit, home=behind.home
        ),
        abstention=abstention,
    )
    try:
        runnable = entry(handed) if callable(entry) else None
    except Exception as fault:
        raise SettingsError(
            f"{place_of(fault, code)}: {words_of(fault)}", remedy="mend what builds the app there"
        ) from fault
    if not isinstance(runnable, Runnable):
        raise SettingsError(
            f"{code.top / code.file}: {code.attribute} gives a {type(runnable).__name__}, not a runnable",
            remedy="let it return a LangChain runnable; a LangGraph graph is one once it is compiled",
        )
    return RunnablePipeline(runnable, code)


def asked(prompt: Prompt, behind: ModelBehind, *, abstention: str, answers: bool) -> AskedPrompt:
    """A prompt with the model behind it: rendered within its budget, sampled as it says."""

    async def render(values: dict[str, object]) -> list[BaseMessage]:
        given = dict(values)
        history = from_langchain(_sequence(given.pop(HISTORY, ()), HISTORY))
        found = tuple(ranked_of(_document(item)) for item in _sequence(given.pop(PASSAGES, ()), PASSAGES))
        if any(variable.name == ABSTENTION for variable in prompt.variables):
            given.setdefault(ABSTENTION, abstention)
        messages, shown = await fit_into_budget(
            prompt, behind.counter, values=given, found=found, history=history
        )
        run = current_run.get()
        if answers and run is not None:
            await run.show(messages, shown)
        return to_langchain(messages)

    def render_and_wait(values: dict[str, object]) -> list[BaseMessage]:
        return wait_for(render(values), behind.home)

    model = SurefootChatModel(
        model=ReportedModel(behind.model, answers=answers), sampling=prompt.sampling, home=behind.home
    )
    return RunnableLambda(render_and_wait, afunc=render, name=f"render {prompt.name}") | model


class RunnablePipeline:
    """Answers questions by a runnable, in place of the built-in pipeline."""

    def __init__(self, runnable: Runnable[dict[str, object], object], code: AppCode) -> None:
        self._runnable = runnable
        self._code = code

    async def stream(self, question: Question) -> AsyncGenerator[RunPart, None]:
        """The parts of an answer as the app's code makes them. Closing the generator stops the app's code.

        Raises what surefoot's own parts raised, and AppError for every other fault.
        """
        run = AppRun(reach=question.reach)
        working = asyncio.create_task(self._work(run, question), name="an app's own code")
        try:
            async with aclosing(run.parts()) as parts:
                async for part in parts:
                    yield part
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    async def _work(self, run: AppRun, question: Question) -> None:
        current_run.set(run)
        given: dict[str, object] = {"question": question.text, HISTORY: to_langchain(question.history)}
        try:
            with tracing_context(enabled=False), no_longer_than_this():
                output = await self._runnable.ainvoke(
                    given, {"callbacks": [StepTimes(run)], "recursion_limit": MOST_STEPS}
                )
            await run.end(_answer_in(output))
        except SurefootError as ours:
            await run.fail(ours)
        except Exception as fault:  # noqa: BLE001 - whatever the app's code raises ends this one answer
            _log.warning("an app's own code failed", exc_info=fault)
            await run.fail(
                AppError(
                    f"{place_of(fault, self._code)}: {words_of(fault)}",
                    remedy="mend the app's code there, or roll its release back",
                )
            )


class StepTimes(BaseCallbackHandler):
    """Tells the run how long each step of the runnable took: the nodes of a graph, the parts of a chain."""

    run_inline = True

    def __init__(self, run: AppRun) -> None:
        self._run = run
        self._whole: UUID | None = None
        self._begun: dict[UUID, tuple[str, float]] = {}

    def on_chain_start(
        self,
        serialized: dict[str, object],
        inputs: dict[str, object],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: object,
    ) -> None:
        """A runnable begins; those right below the whole one are its steps."""
        if self._whole is None:
            self._whole = run_id
        self._begin(run_id, parent_run_id, kwargs)

    def on_chat_model_start(
        self,
        serialized: dict[str, object],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: object,
    ) -> None:
        """A model is asked."""
        self._begin(run_id, parent_run_id, kwargs)

    def on_retriever_start(
        self,
        serialized: dict[str, object],
        query: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: object,
    ) -> None:
        """A search begins."""
        self._begin(run_id, parent_run_id, kwargs)

    def on_chain_end(self, outputs: object, *, run_id: UUID, **kwargs: object) -> None:
        """A runnable has ended."""
        self._end(run_id)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: object) -> None:
        """A runnable has failed."""
        self._end(run_id)

    def on_llm_end(self, response: object, *, run_id: UUID, **kwargs: object) -> None:
        """The model has ended."""
        self._end(run_id)

    def on_retriever_end(self, documents: Sequence[Document], *, run_id: UUID, **kwargs: object) -> None:
        """The search has ended."""
        self._end(run_id)

    def _begin(self, run_id: UUID, parent_run_id: UUID | None, said: Mapping[str, object]) -> None:
        name = str(said.get("name") or "step")
        if parent_run_id is not None and parent_run_id == self._whole and not name.startswith("__"):
            self._begun[run_id] = (name, time.perf_counter())

    def _end(self, run_id: UUID) -> None:
        step = self._begun.pop(run_id, None)
        if step is not None:
            name, begun = step
            self._run.note_step(name, time.perf_counter() - begun)


def _answer_in(output: object) -> str:
    """The text of an app's answer."""
    found = output.get("answer") if isinstance(output, Mapping) else output
    if isinstance(found, BaseMessage):
        return str(found.text)
    if isinstance(found, str):
        return found
    raise AppError(
        f"the app's runnable gave no answer: {type(output).__name__} without a text under 'answer'",
        remedy="let its output be a mapping with `answer`, a text or the message of the model",
    )


def _sequence(value: object, name: str) -> Sequence[object]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    raise InputError(f"{name!r} is a {type(value).__name__}", remedy=f"give {name!r} as a list")


def _document(item: object) -> Document:
    if isinstance(item, Document):
        return item
    raise InputError(f"{PASSAGES!r} holds a {type(item).__name__}", remedy="give the retriever's Documents")
