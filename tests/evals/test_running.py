"""The run: every case has a response, in order; what is kept is not asked again; what fails says why."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evals.asking import FINGERPRINT, EchoingModel, app_with, some_cases
from tests.fakes.answering import MANIFEST

from surefoot.errors import (
    EvaluationError,
    ModelError,
    ModelMismatchError,
    ModelTimeoutError,
    ModelUnreachableError,
    RequestError,
)
from surefoot.evals.kept_responses import KeptResponses
from surefoot.evals.running import RunProgress, ask_cases, estimate_seconds_left, response_key
from surefoot.records import Case, Message, NoResponse, Responded, Response

CASES = some_cases(12)


def ask(
    model: EchoingModel,
    folder: Path,
    cases: list[Case] = CASES,
    *,
    fingerprint: str = FINGERPRINT,
    repeat: int = 0,
    concurrency: int = 4,
    progress: Callable[[RunProgress], None] | None = None,
) -> tuple[Response, ...]:
    return asyncio.run(
        ask_cases(
            app_with(model),
            cases,
            kept=KeptResponses(folder),
            model_fingerprint=fingerprint,
            repeat=repeat,
            concurrency=concurrency,
            progress=progress,
        )
    )


def failing(error: Exception | BaseException, *, times: int = 99, at: str = "number 5") -> EchoingModel:
    """A model that raises while it answers question 5."""

    def fail(question: str, attempt: int) -> None:
        if at in question and attempt <= times:
            raise error

    return EchoingModel(fails=fail)


def test_responses_come_in_the_order_of_the_cases_with_what_was_shown(tmp_path: Path) -> None:
    model = EchoingModel()

    responses = ask(model, tmp_path)

    assert [response.case for response in responses] == [case.id for case in CASES]
    first = responses[0]
    assert isinstance(first, Responded)
    assert (first.text, first.finish_reason, first.repeat) == ("So What is number 0? [1]", "stop", 0)
    assert [passage.source for passage in first.passages] == ["0.md", "1.md"]
    assert first.usage is not None and first.first_token_seconds is not None
    assert model.most_running == 4


def test_what_is_kept_is_not_asked_again(tmp_path: Path) -> None:
    ask(EchoingModel(), tmp_path, CASES[:7])
    model = EchoingModel()

    responses = ask(model, tmp_path)

    assert sorted(model.asked) == sorted(case.question for case in CASES[7:])
    assert ask(EchoingModel(), tmp_path) == responses


def test_a_case_that_was_renamed_is_not_asked_again_and_has_its_new_name(tmp_path: Path) -> None:
    ask(EchoingModel(), tmp_path, CASES[:1])
    model = EchoingModel()

    (response,) = ask(model, tmp_path, [replace(CASES[0], id="renamed")])

    assert (model.asked, response.case) == ([], "renamed")


CHANGES: dict[str, Callable[[EchoingModel, Path], object]] = {
    "another fingerprint": lambda model, folder: ask(model, folder, fingerprint="e" * 64),
    "another repeat": lambda model, folder: ask(model, folder, repeat=1),
    "another history": lambda model, folder: ask(
        model, folder, [replace(case, history=(Message(role="user", content="Hi"),)) for case in CASES]
    ),
    "another release": lambda model, folder: asyncio.run(
        ask_cases(
            app_with(model, manifest=replace(MANIFEST, prompt="0" * 64)),
            CASES,
            kept=KeptResponses(folder),
            model_fingerprint=FINGERPRINT,
        )
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_a_response_has_it_asked_anew(tmp_path: Path, change: str) -> None:
    ask(EchoingModel(), tmp_path)
    model = EchoingModel()

    CHANGES[change](model, tmp_path)

    assert len(model.asked) == len(CASES)


def test_every_field_of_the_manifest_is_part_of_the_key() -> None:
    def key(release: str) -> str:
        return response_key(release=release, model_fingerprint="f", case=CASES[0], repeat=0)

    manifests = [MANIFEST] + [
        replace(MANIFEST, **{name: "another"})  # type: ignore[arg-type]  # all of these are texts
        for name in ("app", "pipeline", "abstention", "prompt", "recipe", "snapshot", "embedder", "model")
    ]
    assert len({key(manifest.digest) for manifest in manifests}) == len(manifests)


@pytest.mark.parametrize("kind", [ModelError, ModelUnreachableError, ModelTimeoutError])
def test_a_model_that_fails_twice_is_asked_a_third_time(tmp_path: Path, kind: type[ModelError]) -> None:
    model = failing(kind("the stream broke", remedy="wait"), times=2)

    responses = ask(model, tmp_path)

    assert all(isinstance(response, Responded) for response in responses)
    assert model.asked.count("What is number 5?") == 3


@pytest.mark.parametrize(
    ("error", "tries", "kind", "said"),
    [
        (ModelError("the stream broke", remedy="wait"), 3, "ModelError", "the stream broke"),
        (ModelMismatchError("other weights", remedy="look"), 1, "ModelMismatchError", "other weights"),
        (RequestError("too long", remedy="cut"), 1, "RequestError", "too long"),
        (ZeroDivisionError("by us"), 1, "ZeroDivisionError", "by us"),
        (SystemExit(0), 1, "RuntimeError", "it tried to end the process with 0"),
        (asyncio.CancelledError(), 1, "RuntimeError", "it cancelled itself"),
        (ModelError("key: Bearer abcdef123456", remedy="wait"), 3, "ModelError", "key: Bearer ***"),
    ],
)
def test_what_fails_for_good_is_a_no_response_and_stops_no_other(
    tmp_path: Path, error: BaseException, tries: int, kind: str, said: str
) -> None:
    model = failing(error)

    responses = ask(model, tmp_path)

    assert responses[5] == NoResponse(case="c05", repeat=0, kind=kind, message=said)
    assert sum(isinstance(response, Responded) for response in responses) == len(CASES) - 1
    assert model.asked.count("What is number 5?") == tries


def test_a_no_response_is_never_kept(tmp_path: Path) -> None:
    ask(failing(RequestError("too long", remedy="cut")), tmp_path)
    model = EchoingModel()

    responses = ask(model, tmp_path)

    assert model.asked == ["What is number 5?"]
    assert isinstance(responses[5], Responded)


def test_a_lone_surrogate_in_an_answer_is_replaced_so_that_it_can_be_kept(tmp_path: Path) -> None:
    # What a model says comes out of JSON, where "\ud83d" alone is allowed.
    model = EchoingModel(says=lambda question: "half \ud83d, whole \ud83d\ude00")

    (response,) = ask(model, tmp_path, CASES[:1])

    assert isinstance(response, Responded)
    assert response.text == "half \ufffd, whole 😀"
    assert ask(EchoingModel(), tmp_path, CASES[:1]) == (response,)


def test_a_disk_that_takes_nothing_ends_the_run_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")

    with pytest.raises(EvaluationError, match="cannot be kept"):
        ask(EchoingModel(), tmp_path / "kept" / "responses")


def test_progress_tells_of_cache_and_failures_and_ends_with_nothing_left(tmp_path: Path) -> None:
    ask(EchoingModel(), tmp_path, CASES[:4])
    seen: list[RunProgress] = []

    ask(failing(RequestError("too long", remedy="cut")), tmp_path, progress=seen.append)

    assert seen[0] == RunProgress(done=4, total=12, from_cache=4, failed=0, seconds_left=None)
    assert [progress.done for progress in seen] == list(range(4, 13))
    assert seen[-1] == RunProgress(done=12, total=12, from_cache=4, failed=1, seconds_left=0.0)
    assert all(progress.seconds_left is not None for progress in seen[1:])


@settings(deadline=None, max_examples=60)
@given(st.floats(min_value=0, max_value=1e6), st.integers(1, 1000), st.integers(1, 1000))
def test_the_time_left_goes_by_the_rate_so_far(elapsed: float, asked: int, left: int) -> None:
    estimated = estimate_seconds_left(elapsed_seconds=elapsed, asked=asked, left=left)

    assert estimated == pytest.approx(elapsed * left / asked)
    assert estimate_seconds_left(elapsed_seconds=elapsed, asked=0, left=left) is None
    assert estimate_seconds_left(elapsed_seconds=elapsed, asked=asked, left=0) == 0.0


def test_a_run_over_no_cases_asks_nothing(tmp_path: Path) -> None:
    assert ask(EchoingModel(), tmp_path, []) == ()
