"""Ragas itself, in its environment, over a fake judge: for tests that are not coroutines."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias, TypeVar

from numpy.typing import NDArray
from tests.fakes.embedder import HashedWords
from tests.fakes.judge_server import FakeJudge, Judged, Verdict

from surefoot.evals.ragas_metrics import Ragas, running_ragas
from surefoot.evals.ragas_process import JudgeAddress
from surefoot.local.environment import RAGAS, ensure_environment
from surefoot.records import Case, Evidence, Fact, Passage, Responded, Score, Scored, Unscored
from surefoot.settings import read_settings

TOP = Path(__file__).parents[2]
LOCK = TOP / "evals" / "ragas.lock"
KEY = "hidden-judge-key"
WAIT_SECONDS = 240.0
Result = TypeVar("Result")
Answer: TypeAlias = "Verdict | Callable[[Judged], Verdict]"


def ragas_python() -> Path:
    """The interpreter of ragas's environment, made if it is not there yet."""
    made = ensure_environment(
        LOCK,
        cache=read_settings(TOP).folders.cache,
        python=sys.executable,
        variables=os.environ,
        report=lambda said: None,
        tenant=RAGAS,
    )
    return asyncio.run(made).python


class KeptTexts:
    """An embedder that remembers what it was asked to embed."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def embed(self, texts: Sequence[str]) -> NDArray[object]:  # type: ignore[type-var]
        self.texts += texts
        return await HashedWords().embed(texts)


class RunningRagas:
    """Ragas over a fake judge, in a loop of its own; `embedder` is asked for every vector."""

    def __init__(
        self, ragas: Ragas, judge: FakeJudge, embedder: KeptTexts, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.ragas = ragas
        self.judge = judge
        self.embedder = embedder
        self._loop = loop

    def expect(self, *answers: Answer) -> None:
        """Answer the next requests so, the last answer from then on; forget what was asked before."""
        left = list(answers)

        def judge(asked: Judged) -> Verdict:
            answer = left.pop(0) if len(left) > 1 else left[0]
            return answer(asked) if callable(answer) else answer

        self.judge.judge = judge
        self.judge.asked.clear()

    def score(self, name: str, case: Case, response: Responded) -> Score:
        """One score."""
        (metric,) = self.ragas.metrics([name])
        return self.call(metric.score(case, response))

    def scores(self, name: str, case: Case, responses: Sequence[Responded]) -> list[Score]:
        """Several scores, all asked for at once."""
        (metric,) = self.ragas.metrics([name])

        async def together() -> list[Score]:
            return list(await asyncio.gather(*(metric.score(case, response) for response in responses)))

        return self.call(together())

    def call(self, work: Coroutine[object, object, Result]) -> Result:
        """Run a coroutine in ragas's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_SECONDS)


@contextmanager
def ragas_running() -> Iterator[RunningRagas]:
    """Ragas, over a fake judge, at most two judged scores at once."""
    python = ragas_python()
    loop, started, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    running: list[RunningRagas] = []
    failed: list[BaseException] = []

    async def run() -> None:
        embedder = KeptTexts()
        async with FakeJudge(lambda asked: {}) as judge:
            address = JudgeAddress(base_url=judge.base_url, model="judge", api_key=KEY)
            async with running_ragas(
                python,
                embedder=embedder,
                judge=address,
                facts_held=facts_held,
                concurrency=2,
                timeout_seconds=60,
            ) as ragas:
                running.append(RunningRagas(ragas, judge, embedder, loop))
                started.set()
                await stop.wait()

    def work() -> None:
        try:
            loop.run_until_complete(run())
        except BaseException as error:  # noqa: BLE001  # handed to the test's thread
            failed.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        assert started.wait(WAIT_SECONDS) and not failed, failed
        yield running[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(WAIT_SECONDS)
        loop.close()


def facts_held(case: Case, passage: Passage) -> tuple[int, ...]:
    """A fact is held where its quote stands."""
    return tuple(
        number
        for number, fact in enumerate(case.facts)
        if any(place.quote in passage.text for place in fact.places)
    )


def case(*quotes: str, reference: str = "Keys are kept for 30 days.") -> Case:
    """A question about keys, whose answer needs these quotes."""
    return Case(
        id="keys",
        kind="single",
        cluster="keys",
        question="How long are keys kept?",
        reference=reference,
        facts=tuple(Fact(places=(Evidence(source="keys.md", quote=quote),)) for quote in quotes),
    )


def response(text: str, *passages: str, abstained: bool = False) -> Responded:
    """An answer over passages of these texts."""
    return Responded(
        case="keys",
        repeat=0,
        text=text,
        finish_reason="stop",
        abstained=abstained,
        passages=tuple(
            Passage(id=f"p{number}", source="keys.md", start=0, end=len(passage), text=passage)
            for number, passage in enumerate(passages)
        ),
        usage=None,
        first_token_seconds=None,
        total_seconds=1.0,
    )


# What a judge may say, form by form.


def statements(*texts: str) -> Verdict:
    """The statements it reads out of an answer."""
    return {"statements": list(texts)}


def verdicts(*given: int) -> Verdict:
    """Whether each statement is found."""
    return {"statements": [{"statement": "s", "reason": "r", "verdict": verdict} for verdict in given]}


def useful(verdict: int) -> Verdict:
    """Whether a passage is of use."""
    return {"reason": "r", "verdict": verdict}


def attributed(*given: int) -> Verdict:
    """Whether each statement of the reference is found."""
    return {
        "classifications": [
            {"statement": "s", "reason": "r", "attributed": attribution} for attribution in given
        ]
    }


def question(text: str = "How long are keys kept?", *, noncommittal: int = 0) -> Verdict:
    """The question it reads out of an answer."""
    return {"question": text, "noncommittal": noncommittal}


def answer_any(asked: Judged) -> Verdict:
    """A good answer to whatever form is asked for."""
    return {
        "StatementGeneratorOutput": statements("Keys are kept for 30 days."),
        "NLIStatementOutput": verdicts(1),
        "AnswerRelevanceOutput": question(),
        "ContextPrecisionOutput": useful(1),
        "ContextRecallOutput": attributed(1),
    }[asked.form]


def value(score: Score) -> float:
    """The value of what must be a score."""
    assert isinstance(score, Scored), score
    return score.value


def reason(score: Score) -> str:
    """The reason of what must be none."""
    assert isinstance(score, Unscored), score
    return score.reason
