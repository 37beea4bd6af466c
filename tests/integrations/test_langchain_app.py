"""An app of its own code answers as the built-in pipeline does: equal parts, equal errors, equal care."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest
from langsmith.utils import get_env_var
from tests.fakes.answering import ScriptedModel, ShelfOfPassages
from tests.fakes.own_code import BLOCKING, CHAIN, GRAPH, app_with, code_in

from surefoot.answering import AnswerPart, Question, Retrieved, answer, whole_answer
from surefoot.errors import AppError, InputError, ModelTimeoutError, RequestError
from surefoot.records import (
    EVERYBODY,
    Answer,
    Completion,
    Message,
    Reach,
    Sampling,
    Scored,
    TextDelta,
    Usage,
)

PIECES = ("Valve three ", "opens at 33 degrees [1].")
HISTORY = (Message(role="user", content="What of valve two?"), Message(role="assistant", content="20."))
KINDS = {"a graph": GRAPH, "a chain": CHAIN, "blocking steps": BLOCKING}
FAILING = "\ndef build(parts):\n    from langchain_core.runnables import RunnableLambda\n"
TWICE = f"""{FAILING}
    async def step(given):
        await parts.answer.ainvoke({{"question": "once", "passages": []}})
        return await parts.answer.ainvoke({{"question": "twice", "passages": []}})

    return RunnableLambda(step)
"""


def forget_the_environment() -> None:
    """LangSmith reads each variable once."""
    get_env_var.cache_clear()  # type: ignore[attr-defined]


async def parts_of(top: Path, code: str, question: Question, model: ScriptedModel) -> list[AnswerPart]:
    app = await app_with(code_in(top, code), model)
    return [part async for part in answer(app, question)]


@pytest.mark.parametrize("code", KINDS.values(), ids=KINDS)
def test_parts_come_in_order_passages_text_answer(tmp_path: Path, code: str) -> None:
    model = ScriptedModel(PIECES)

    parts = asyncio.run(parts_of(tmp_path, code, Question(text="When does it open?"), model))

    assert [type(part) for part in parts] == [Retrieved, TextDelta, TextDelta, Answer]
    got = parts[-1]
    assert isinstance(got, Answer)
    assert got.text == "".join(PIECES)
    assert [(citation.number, citation.source) for citation in got.citations] == [(1, "0.md")]
    assert got.messages == model.sent[0]
    assert got.usage == Usage(prompt_tokens=10, output_tokens=2)
    assert got.searched == ("When does it open?",)
    assert got.scores["citations_valid"] == Scored(value=1.0)
    assert got.timings.first_token_seconds is not None
    assert "retrieve" in [step.name for step in got.steps] or code is CHAIN


def test_a_step_before_the_search_shows_in_what_was_searched_its_time_and_its_tokens(tmp_path: Path) -> None:
    question = Question(text="And three?", history=HISTORY)

    got = asyncio.run(parts_of(tmp_path, GRAPH, question, ScriptedModel(("Valve three?",))))[-1]

    assert isinstance(got, Answer)
    assert got.searched == ("Valve three?",)
    assert [step.name for step in got.steps] == ["rewrite", "retrieve", "answer"]
    assert all(step.seconds >= 0 for step in got.steps)
    assert (got.usage, got.earlier_usage) == (Usage(prompt_tokens=10, output_tokens=1),) * 2
    assert [message.role for message in got.messages] == ["system", "user", "assistant", "user"]


def test_an_app_may_decline_without_asking_the_model(tmp_path: Path) -> None:
    async def story() -> tuple[list[AnswerPart], int]:
        model = ScriptedModel(("never",))
        app = await app_with(code_in(tmp_path, GRAPH), model, ShelfOfPassages(()))
        return [part async for part in answer(app, Question(text="What does it cost?"))], len(model.sent)

    parts, asked = asyncio.run(story())

    assert asked == 0
    assert [type(part) for part in parts] == [Retrieved, TextDelta, Answer]
    got = parts[-1]
    assert isinstance(got, Answer)
    assert got.abstained and got.messages == () and got.usage is None
    assert [step.name for step in got.steps] == ["retrieve", "decline"]


@pytest.mark.parametrize("code", KINDS.values(), ids=KINDS)
def test_code_of_an_app_searches_within_the_reach_of_the_caller(tmp_path: Path, code: str) -> None:
    shelf, reach = ShelfOfPassages(("Valve three opens.",)), Reach(groups=("staff",))

    async def story() -> None:
        app = await app_with(code_in(tmp_path, code), ScriptedModel(("Valve [1].",)), shelf)
        await whole_answer(app, Question(text="When?", reach=reach))
        await whole_answer(app, Question(text="When?"))

    asyncio.run(story())

    assert shelf.reaches == [reach, EVERYBODY]


class ModelThatWaits:
    """A ChatModel that says one word and then waits until it is let go."""

    def __init__(self) -> None:
        self.freed = asyncio.Event()

    async def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[TextDelta | Completion, None]:
        try:
            yield TextDelta(text="Valve ")
            await asyncio.Event().wait()
        finally:
            self.freed.set()


@pytest.mark.parametrize("code", KINDS.values(), ids=KINDS)
def test_tokens_come_as_the_model_speaks_and_a_caller_who_leaves_frees_it(tmp_path: Path, code: str) -> None:
    async def story() -> None:
        model = ModelThatWaits()
        app = await app_with(code_in(tmp_path, code), model)
        async with asyncio.timeout(20), aclosing(answer(app, Question(text="When?"))) as parts:
            async for part in parts:
                if isinstance(part, TextDelta):
                    break
        async with asyncio.timeout(5):
            await model.freed.wait()

    asyncio.run(story())


def test_two_questions_at_once_never_mix(tmp_path: Path) -> None:
    class Echo:
        """A ChatModel that repeats the question it was asked."""

        async def stream(
            self, messages: Sequence[Message], sampling: Sampling
        ) -> AsyncGenerator[TextDelta | Completion, None]:
            said = messages[-1].content.partition("Question: ")[2].partition("\n")[0]
            for word in said.split():
                await asyncio.sleep(0)
                yield TextDelta(text=word + " ")
            yield Completion(
                text=said + " ", finish_reason="stop", usage=None, first_token_seconds=0, total_seconds=0
            )

    async def story() -> list[Answer]:
        app = await app_with(code_in(tmp_path, GRAPH), Echo())
        asked = [Question(text=f"number {number} of ten") for number in range(10)]
        return await asyncio.gather(*(whole_answer(app, question) for question in asked))

    for number, got in enumerate(asyncio.run(story())):
        assert got.text == f"number {number} of ten "
        assert got.searched == (f"number {number} of ten",)


FAULTS = {
    "a fault of the code": (
        f"{FAILING}    def step(given):\n        return given['missing']\n    return RunnableLambda(step)\n",
        r"agent/graph\.py:5: KeyError: 'missing'",
    ),
    "no answer": (
        f"{FAILING}    return RunnableLambda(lambda given: {{'said': 'x'}})\n",
        "gave no answer: dict without a text under 'answer'",
    ),
    "asked twice": (TWICE, "asked the prompt that answers a second time"),
    "another answer": (
        CHAIN.replace("| parts.answer", "| parts.answer | (lambda said: 'Something else.')"),
        "another than the one it streamed",
    ),
    "without an end": (
        GRAPH.replace('graph.add_edge("rewrite", "retrieve")', 'graph.add_edge("rewrite", "rewrite")'),
        "GraphRecursionError",
    ),
}


@pytest.mark.parametrize(("code", "complaint"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_an_apps_code_says_where_and_is_one_of_our_errors(
    tmp_path: Path, code: str, complaint: str
) -> None:
    question = Question(text="When?", history=HISTORY)

    with pytest.raises(AppError, match=complaint):
        asyncio.run(parts_of(tmp_path, code, question, ScriptedModel(PIECES)))


def test_more_may_be_added_after_what_was_streamed(tmp_path: Path) -> None:
    code = CHAIN.replace("| parts.answer", "| parts.answer | (lambda said: said.text + ' Ask again.')")

    parts = asyncio.run(parts_of(tmp_path, code, Question(text="When?"), ScriptedModel(PIECES)))

    streamed = "".join(part.text for part in parts if isinstance(part, TextDelta))
    assert isinstance(parts[-1], Answer)
    assert parts[-1].text == streamed == "".join(PIECES) + " Ask again."


def test_the_models_errors_pass_through_as_they_are(tmp_path: Path) -> None:
    class Late:
        """A ChatModel that is too late."""

        async def stream(
            self, messages: Sequence[Message], sampling: Sampling
        ) -> AsyncGenerator[TextDelta | Completion, None]:
            raise ModelTimeoutError("no first token", remedy="wait")
            yield  # which makes it a stream

    async def story() -> None:
        await whole_answer(await app_with(code_in(tmp_path, GRAPH), Late()), Question(text="When?"))

    with pytest.raises(ModelTimeoutError, match="no first token"):
        asyncio.run(story())


def test_a_question_beyond_the_prompts_budget_is_refused_as_ever(tmp_path: Path) -> None:
    question = Question(text="w " * 1900)

    with pytest.raises(RequestError, match="allows 1400"):
        asyncio.run(parts_of(tmp_path, GRAPH, question, ScriptedModel(PIECES)))


def test_passages_from_elsewhere_are_refused_because_nobody_could_follow_them(tmp_path: Path) -> None:
    code = GRAPH.replace(
        'state["passages"],', "[__import__('langchain_core.documents').documents.Document('Made up.')],"
    )

    with pytest.raises(InputError, match="cannot be cited"):
        asyncio.run(parts_of(tmp_path, code, Question(text="When?"), ScriptedModel(PIECES)))


def test_langsmith_is_never_told_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[object] = []
    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_API_KEY"):
        monkeypatch.setenv(name, "true")
    forget_the_environment()
    monkeypatch.setattr("langsmith.client.Client.create_run", lambda *given, **named: told.append(given))
    monkeypatch.setattr("langsmith.client.Client.__init__", lambda *given, **named: told.append(given))
    try:
        with caplog.at_level(logging.WARNING):
            parts = asyncio.run(
                parts_of(tmp_path, GRAPH, Question(text="When?", history=HISTORY), ScriptedModel(PIECES))
            )
    finally:
        forget_the_environment()

    assert isinstance(parts[-1], Answer)
    assert told == []
    assert "LangSmith's tracing is switched on" in caplog.text
