"""The run: ask a release every case, several at once, and lose nothing to a crash."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from surefoot.answering import App, Question, whole_answer
from surefoot.errors import ModelError, ModelMismatchError
from surefoot.evals.canaries import planted
from surefoot.evals.fault_words import whole_characters, words_of
from surefoot.evals.kept_responses import KeptResponses
from surefoot.evals.runs import asked_form
from surefoot.evals.together import contained, work_through
from surefoot.models import Retries
from surefoot.records import Answer, Case, NoResponse, Reach, Responded, Response, digest

KEY_SCHEMA = 1
FIRST_DELAY_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """How far a run is. `done` counts every case with an outcome, `from_cache` and `failed` are among them.

    `seconds_left` goes by the rate of the questions that were really asked; None until one has ended.
    """

    done: int
    total: int
    from_cache: int
    failed: int
    seconds_left: float | None


async def ask_cases(
    app: App,
    cases: Sequence[Case],
    *,
    kept: KeptResponses,
    model_fingerprint: str,
    repeat: int = 0,
    concurrency: int = 8,
    retries: int = 2,
    progress: Callable[[RunProgress], None] | None = None,
) -> tuple[Response, ...]:
    """The app's response to every case, in the order of the cases, at most `concurrency` asked at once.

    What is kept is not asked again, and an answer is kept the moment it is there: a run that was killed goes
    on where it was. `model_fingerprint` is the digest of what the model server answers to fixed prompts. A
    question whose model fails is asked up to `retries` times more. Then, and when anything else fails, it is
    a NoResponse, which is never kept. Raises EvaluationError only when a response cannot be written.
    """
    run = _Run(app, kept=kept, model_fingerprint=model_fingerprint, repeat=repeat, retries=retries)
    told = progress or _tell_no_one
    responses: dict[int, Response] = {}
    for place, case in enumerate(cases):
        found = run.kept_response(case)
        if found is not None:
            responses[place] = found
    count = _Count(total=len(cases), from_cache=len(responses))
    told(count.progress())

    async def ask(place: int) -> None:
        responses[place] = await run.ask(cases[place])
        count.note(responses[place])
        told(count.progress())

    left = [place for place in range(len(cases)) if place not in responses]
    await work_through(left, ask, concurrency=concurrency)
    return tuple(responses[place] for place in range(len(cases)))


def response_key(*, release: str, model_fingerprint: str, case: Case, repeat: int) -> str:
    """The name of a response: the digest of everything that changes it, 64 hex digits.

    The release covers prompt, recipe, snapshot, model identity and pipeline. The case's id is not in it: a
    case that is renamed, or stands in two suites, is asked once.
    """
    return digest(
        {
            "schema": KEY_SCHEMA,
            "release": release,
            "model_fingerprint": model_fingerprint,
            **asked_form(case),
            "repeat": repeat,
        }
    )


def estimate_seconds_left(*, elapsed_seconds: float, asked: int, left: int) -> float | None:
    """Seconds until `left` more are answered, at the rate of those `asked` so far; None without a rate."""
    if not left:
        return 0.0
    return elapsed_seconds / asked * left if asked else None


class _Count:
    """Counts outcomes, and the seconds since the first question went out."""

    def __init__(self, *, total: int, from_cache: int) -> None:
        self._total = total
        self._from_cache = from_cache
        self._asked = 0
        self._failed = 0
        self._started = time.monotonic()

    def note(self, response: Response) -> None:
        self._asked += 1
        self._failed += isinstance(response, NoResponse)

    def progress(self) -> RunProgress:
        done = self._from_cache + self._asked
        return RunProgress(
            done=done,
            total=self._total,
            from_cache=self._from_cache,
            failed=self._failed,
            seconds_left=estimate_seconds_left(
                elapsed_seconds=time.monotonic() - self._started,
                asked=self._asked,
                left=self._total - done,
            ),
        )


class _Run:
    """One app asked by one fingerprint, for the `repeat`-th time."""

    def __init__(
        self, app: App, *, kept: KeptResponses, model_fingerprint: str, repeat: int, retries: int
    ) -> None:
        self._app = app
        self._release = app.manifest.digest
        self._kept = kept
        self._model_fingerprint = model_fingerprint
        self._repeat = repeat
        self._retries = Retries(count=retries, first_delay_seconds=FIRST_DELAY_SECONDS)

    def kept_response(self, case: Case) -> Responded | None:
        """What was answered before, under this case's id: another suite may call the case something else."""
        found = self._kept.get(self._key(case))
        return None if found is None else replace(found, case=case.id, repeat=self._repeat)

    async def ask(self, case: Case) -> Response:
        """Ask until there is an answer or another try cannot help, and keep the answer."""
        response = await self._ask_patiently(case)
        if isinstance(response, Responded):
            # Writing waits for the disk; the other questions should not.
            await asyncio.to_thread(self._kept.put, self._key(case), response)
        return response

    async def _ask_patiently(self, case: Case) -> Response:
        app = planted(self._app, case)
        question = Question(text=case.question, history=case.history, reach=Reach(groups=case.groups))
        for attempt in range(self._retries.count + 1):
            try:
                return self._responded(case, await contained(whole_answer(app, question)))
            except Exception as error:  # noqa: BLE001 - a pipeline that breaks has not answered, and is recorded so
                if attempt == self._retries.count or not _another_try_may_help(error):
                    return NoResponse(
                        case=case.id, repeat=self._repeat, kind=type(error).__name__, message=words_of(error)
                    )
            share = random.random()  # noqa: S311 - spreads retries, guards nothing
            await asyncio.sleep(self._retries.delay_seconds(attempt, share=share, retry_after_seconds=None))
        raise AssertionError("the last attempt returns")

    def _key(self, case: Case) -> str:
        return response_key(
            release=self._release,
            model_fingerprint=self._model_fingerprint,
            case=case,
            repeat=self._repeat,
        )

    def _responded(self, case: Case, answer: Answer) -> Responded:
        return Responded(
            case=case.id,
            repeat=self._repeat,
            text=whole_characters(answer.text),
            finish_reason=whole_characters(answer.finish_reason),
            abstained=answer.abstained,
            passages=tuple(ranked.passage for ranked in answer.passages),
            usage=answer.usage,
            first_token_seconds=answer.timings.first_token_seconds,
            total_seconds=answer.timings.total_seconds,
        )


def _another_try_may_help(error: Exception) -> bool:
    return isinstance(error, ModelError) and not isinstance(error, ModelMismatchError)


def _tell_no_one(progress: RunProgress) -> None:
    """Progress that nobody asked for."""
