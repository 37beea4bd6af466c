"""Scoring: whatever a metric does, every expected case has a score or a reason."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

import pytest
from tests.evals.examples import case_of, fact, responded

from surefoot.evals.catalogue import METRICS
from surefoot.evals.metrics import JUDGE_FREE
from surefoot.evals.ports import MetricInfo
from surefoot.evals.scoring import ScoringProgress, score
from surefoot.records import Case, NoResponse, Responded, Response, Score, Scored, Unscored

FACT = fact(("a.md", "thirty days"))
CASES = [case_of(FACT, id=f"c{number}", question=f"{number}?") for number in range(10)]
IDS = [case.id for case in CASES]
ANSWERED: dict[str, Response] = {name: responded(case=name) for name in IDS}
HALF = MetricInfo(name="half", about="a metric that is at hand", lowest=-1.0)


@dataclass
class MetricThat:
    """A metric that does what it is told on case c5, and scores 0.5 on every other."""

    does: Callable[[], Awaitable[object]]
    info: MetricInfo = HALF

    async def score(self, case: Case, response: Responded) -> Score:
        return cast(Score, await self.does()) if case.id == "c5" else Scored(value=0.5)


def gives(value: object) -> MetricThat:
    async def give() -> object:
        return value

    return MetricThat(give)


def raises(error: BaseException) -> MetricThat:
    async def fail() -> object:
        raise error

    return MetricThat(fail)


def told(metric: MetricThat, *, timeout_seconds: float = 10.0, secrets: tuple[str, ...] = ()) -> Score:
    """What c5 got, after making sure that the others got their 0.5."""
    found = asyncio.run(
        score([metric], CASES, ANSWERED, {"half": IDS}, timeout_seconds=timeout_seconds, secrets=secrets)
    )["half"]
    assert list(found) == IDS
    assert all(found[name] == Scored(value=0.5) for name in IDS if name != "c5")
    return found["c5"]


def reason(given: Score) -> str:
    assert isinstance(given, Unscored), given
    return given.reason


def hollow(value: object) -> Scored:
    """A Scored that a vendor made behind the type checker's back."""
    scored = Scored(value=0.0)
    object.__setattr__(scored, "value", value)
    return scored


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("no verdict for 2 of 4 statements"), "ValueError: no verdict for 2 of 4 statements"),
        (KeyError("quote"), "KeyError: 'quote'"),
        (AssertionError(), "AssertionError"),
        (ExceptionGroup("two", [ValueError("a")]), "ExceptionGroup: two (1 sub-exception)"),
        (SystemExit(0), "RuntimeError: it tried to end the process with 0"),
        (asyncio.CancelledError(), "RuntimeError: it cancelled itself"),
        (TimeoutError("the judge took its time"), "TimeoutError: the judge took its time"),
        (RecursionError("too deep"), "RecursionError: too deep"),
    ],
)
def test_a_metric_that_raises_is_unscored_and_stops_no_other(error: BaseException, said: str) -> None:
    assert reason(told(raises(error))) == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "gave a NoneType"),
        (0.5, "gave a float"),
        (hollow(float("nan")), "gave nan, outside -1 to 1"),
        (hollow(float("inf")), "gave inf, outside -1 to 1"),
        (hollow(10**400), "outside -1 to 1"),
        (hollow("0.5"), "gave '0.5', outside -1 to 1"),
        (hollow(None), "gave None"),
        (Scored(value=1.1), "gave 1.1, outside -1 to 1"),
        (Scored(value=-2.0), "gave -2.0, outside -1 to 1"),
        (Unscored(reason="the judge said nothing"), "the judge said nothing"),
        (Unscored(reason=" "), "the metric gives no reason"),
    ],
)
def test_what_is_no_score_within_the_range_is_unscored(given: object, said: str) -> None:
    assert said in reason(told(gives(given)))


def test_a_rounding_error_beyond_the_range_is_brought_back_into_it() -> None:
    assert told(gives(Scored(value=1.0000001))) == Scored(value=1.0)


def test_a_metric_that_never_ends_is_unscored_after_its_time() -> None:
    async def wait_for_ever() -> object:
        return await asyncio.Event().wait()

    assert reason(told(MetricThat(wait_for_ever), timeout_seconds=0.05)) == "it took longer than 0.05 s"


@pytest.mark.parametrize(
    ("words", "hidden"),
    [
        ("401 for Authorization: Bearer abcdef123456", "abcdef123456"),
        ("headers {'api-key': 'topsecretvalue'}", "topsecretvalue"),
        ("OPENAI_API_KEY=topsecretvalue is wrong", "topsecretvalue"),
        ("Incorrect API key provided: sk-proj-abcdefgh12345678.", "abcdefgh12345678"),
        ("cannot reach http://anna:hunter2@judge/v1", "hunter2"),
        ("the key plain-secret-of-ours is refused", "plain-secret-of-ours"),
    ],
)
def test_no_credential_is_kept_in_a_reason(words: str, hidden: str) -> None:
    said = reason(told(raises(ValueError(words)), secrets=("plain-secret-of-ours", "")))

    assert hidden not in said and "***" in said


def test_a_reason_is_one_line_that_any_file_can_hold() -> None:
    said = reason(told(raises(ValueError("a\nb\x1b[31m\ud800\u202e " + "x" * 100_000))))

    assert len(said) < 400 and said.isprintable() and said.encode()


def test_an_error_that_cannot_say_what_it_is_is_named() -> None:
    class BrokenError(Exception):
        def __str__(self) -> str:
            raise ValueError("no words")

    assert reason(told(raises(BrokenError()))) == "BrokenError"


def test_a_failed_request_is_unscored_but_that_it_failed_is_an_outcome() -> None:
    failed = NoResponse(case="c5", repeat=0, kind="ModelTimeoutError", message="a limit passed")
    everything = {metric.info.name: IDS for metric in JUDGE_FREE}

    found = asyncio.run(score(JUDGE_FREE, CASES, {**ANSWERED, "c5": failed}, everything))

    assert found["finishes"]["c5"] == Scored(value=0.0)
    assert found["finishes"]["c4"] == Scored(value=1.0)
    for name in everything:
        if name not in ("responds", "finishes"):
            assert reason(found[name]["c5"]) == "no response: ModelTimeoutError: a limit passed"


def test_what_is_missing_has_a_reason_and_is_never_left_out() -> None:
    responses = {name: given for name, given in ANSWERED.items() if name != "c5"}
    responses["c6"] = responded(case="c7")
    expected = {"finishes": [*IDS, "ghost"], "ragas_faithfulness": ["c1"]}

    found = asyncio.run(score(JUDGE_FREE, CASES, responses, expected))

    assert reason(found["finishes"]["c5"]) == "there is no response to this case"
    assert reason(found["finishes"]["c6"]) == "the response is to the case 'c7'"
    assert reason(found["finishes"]["ghost"]) == "the suite has no such case"
    assert reason(found["ragas_faithfulness"]["c1"]) == "nothing here computes this metric"
    assert {name: list(scores) for name, scores in found.items()} == expected


def test_only_what_is_expected_is_scored() -> None:
    found = asyncio.run(score(JUDGE_FREE, CASES, ANSWERED, {"finishes": ["c1"]}))

    assert found == {"finishes": {"c1": Scored(value=1.0)}}


def test_at_most_so_many_run_at_once_and_progress_counts_them() -> None:
    running, most, seen = 0, 0, list[ScoringProgress]()

    async def count() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    class Counting:
        info = METRICS["finishes"]

        async def score(self, case: Case, response: Responded) -> Score:
            await count()
            return Scored(value=1.0) if case.id != "c0" else Unscored(reason="so it is")

    asyncio.run(score([Counting()], CASES, ANSWERED, {"finishes": IDS}, concurrency=3, progress=seen.append))

    assert most == 3
    assert [progress.done for progress in seen] == list(range(1, 11))
    assert seen[-1] == ScoringProgress(done=10, total=10, unscored=1)


def test_a_cancelled_run_is_cancelled() -> None:
    async def story() -> None:
        async def wait_for_ever() -> object:
            started.set()
            return await asyncio.Event().wait()

        started = asyncio.Event()
        work = asyncio.ensure_future(
            score([MetricThat(wait_for_ever)], CASES, ANSWERED, {"half": IDS}, timeout_seconds=60)
        )
        await started.wait()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    asyncio.run(story())
