"""What ragas computes here, what rules say before it, and what becomes of a judge that fails.

Ragas itself runs in its environment, over a fake judge and real sockets.
"""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.evals.ragas_running import (
    KEY,
    RunningRagas,
    answer_any,
    attributed,
    case,
    question,
    reason,
    response,
    statements,
    useful,
    value,
    verdicts,
)
from tests.evals.test_ragas_process import STAND_IN
from tests.fakes.embedder import HashedWords, hashed_words
from tests.fakes.judge_server import Broken

from surefoot.errors import NotFoundError, SettingsError
from surefoot.evals.catalogue import METRICS
from surefoot.evals.ragas_metrics import running_ragas
from surefoot.evals.ragas_process import JudgeAddress
from surefoot.records import Unscored

# The first test that asks for ragas waits until it is imported: seconds here, minutes on a busy machine.
pytestmark = pytest.mark.timeout(300)
JUDGED = ("ragas_faithfulness", "ragas_answer_relevancy", "ragas_context_precision", "ragas_context_recall")
JUDGE_FREE = tuple(name for name, info in METRICS.items() if info.needs == "ragas")
CASE = case("30 days")
ANSWER = response("Keys are kept for 30 days [1].", "Keys are kept for 30 days.", "Doors are blue.")


def test_every_metric_of_the_catalogue_that_needs_ragas_is_computed(ragas: RunningRagas) -> None:
    ragas.expect(answer_any)
    for name, info in METRICS.items():
        if info.needs in ("ragas", "judge"):
            (metric,) = ragas.ragas.metrics([name])
            assert metric.info is info
            quoting = response('It says "kept for 30 days" [1].', "Keys are kept for 30 days.")
            assert info.lowest <= value(ragas.score(name, CASE, quoting)) <= info.highest


def test_semantic_similarity_is_the_cosine_of_our_own_vectors_without_the_marks(ragas: RunningRagas) -> None:
    said = "Keys live 30 days, doors longer."
    answer, reference = hashed_words([said, CASE.reference]).astype(np.float64)
    marked = response("Keys live 30 days [1], doors longer [2, 3].")
    scored = value(ragas.score("ragas_semantic_similarity", CASE, marked))
    assert scored == pytest.approx(float(answer @ reference), abs=1e-6)
    assert 0.1 < scored < 0.99


def test_faithfulness_is_the_share_of_statements_that_are_found(ragas: RunningRagas) -> None:
    ragas.expect(statements("a", "b", "c", "d"), verdicts(1, 0, 1, 1))
    assert value(ragas.score("ragas_faithfulness", CASE, ANSWER)) == 0.75
    assert ragas.judge.forms == ["StatementGeneratorOutput", "NLIStatementOutput"]
    assert "Keys are kept for 30 days." in ragas.judge.asked[0].prompt
    assert "[1]" not in ragas.judge.asked[0].prompt
    assert "Doors are blue." in ragas.judge.asked[1].prompt


def test_answer_relevancy_embeds_the_judges_question_with_our_embedder(ragas: RunningRagas) -> None:
    ragas.expect(question("How long do keys live?"))
    asked, made_up = hashed_words([CASE.question, "How long do keys live?"]).astype(np.float64)
    scored = value(ragas.score("ragas_answer_relevancy", CASE, ANSWER))
    assert scored == pytest.approx(float(asked @ made_up), abs=1e-6)
    assert ragas.embedder.texts[-2:] == [CASE.question, "How long do keys live?"]


def test_a_noncommittal_answer_has_no_relevancy(ragas: RunningRagas) -> None:
    ragas.expect(question(noncommittal=1))
    assert value(ragas.score("ragas_answer_relevancy", CASE, ANSWER)) == 0.0


def test_context_precision_is_higher_the_earlier_the_useful_passage_stands(ragas: RunningRagas) -> None:
    ragas.expect(useful(1), useful(0))
    early = value(ragas.score("ragas_context_precision", CASE, ANSWER))
    ragas.expect(useful(0), useful(1))
    late = value(ragas.score("ragas_context_precision", CASE, ANSWER))
    assert early == pytest.approx(1.0) and late == pytest.approx(0.5)


def test_context_recall_is_the_share_of_the_references_statements(ragas: RunningRagas) -> None:
    ragas.expect(attributed(1, 0, 0, 1))
    assert value(ragas.score("ragas_context_recall", CASE, ANSWER)) == 0.5


def test_quoted_spans_are_those_that_stand_in_the_passages(ragas: RunningRagas) -> None:
    half = response('It says "kept for 30 days" and "kept for two years".', "Keys are kept for 30 days.")
    assert value(ragas.score("ragas_quoted_spans", CASE, half)) == 0.5


def test_recall_by_id_counts_facts_and_precision_by_id_what_is_shown(ragas: RunningRagas) -> None:
    needs = case("30 days", "two doors", "blue")
    shown = response("", "Keys: 30 days.", "Nothing.", "Neither.", "There are two doors.")
    assert value(ragas.score("ragas_context_recall_by_id", needs, shown)) == pytest.approx(2 / 3)
    assert value(ragas.score("ragas_context_precision_by_id", needs, shown)) == 0.5


# Rules come before ragas.

EMPTY = response(" [1] ", "Keys are kept for 30 days.")
BLIND = response("Keys are kept for 30 days.")
ABSTAINED = response("I cannot say.", "Doors are blue.", abstained=True)


@pytest.mark.parametrize(
    ("name", "empty", "blind", "abstained"),
    [
        ("ragas_faithfulness", None, 0.0, None),
        ("ragas_answer_relevancy", 0.0, 1.0, 0.0),
        ("ragas_context_precision", 1.0, 0.0, 1.0),
        ("ragas_context_recall", 1.0, 0.0, 1.0),
        ("ragas_context_recall_by_id", 1.0, 0.0, 0.0),
        ("ragas_context_precision_by_id", 1.0, 0.0, 0.0),
        ("ragas_quoted_spans", None, None, None),
        ("ragas_semantic_similarity", 0.0, 1.0, "some"),
    ],
)
def test_defect_empty_answers_and_no_passages_would_raise_so_rules_speak_first(
    name: str, empty: float | None, blind: float | None, abstained: float | str | None, ragas: RunningRagas
) -> None:
    ragas.expect(answer_any)
    for answer, expected in ((EMPTY, empty), (BLIND, blind), (ABSTAINED, abstained)):
        scored = ragas.score(name, CASE, answer)
        if expected is None:
            assert isinstance(scored, Unscored)
        elif expected == "some":
            assert 0 <= value(scored) < 0.9
        else:
            assert value(scored) == pytest.approx(expected)


@pytest.mark.parametrize("name", [name for name in (*JUDGED, *JUDGE_FREE) if "quoted" not in name])
def test_a_case_without_what_a_metric_compares_with_is_unscored(name: str, ragas: RunningRagas) -> None:
    ragas.expect(answer_any)
    scored = ragas.score(name, case(reference=" "), ANSWER)
    if name in ("ragas_faithfulness", "ragas_answer_relevancy"):
        assert value(scored) == pytest.approx(1.0)
    else:
        assert "the case " in reason(scored) and ragas.judge.asked == []


@pytest.mark.parametrize("name", JUDGED)
@pytest.mark.parametrize(
    ("broken", "said", "most_calls"),
    [
        (Broken(status=500, text="engine died"), "the judge answered with status 500", 2),
        (Broken(status=400, text="too long"), "the judge answered with status 400", 1),
        (Broken(text='{"statements": 5}'), "not the form that was asked for", 2),
        (Broken(text="<think>hm</think> no"), "not the form that was asked for", 2),
        (Broken(text='{"reas', finish_reason="length"), "was cut off at 1024 tokens", 1),
    ],
)
def test_a_judge_that_always_fails_is_asked_twice_at_most_and_gives_a_reason(
    name: str, broken: Broken, said: str, most_calls: int, ragas: RunningRagas
) -> None:
    ragas.expect(broken)
    assert said in reason(ragas.score(name, CASE, ANSWER))
    assert len(ragas.judge.asked) <= most_calls


def test_a_key_that_the_judge_repeats_is_in_no_reason(ragas: RunningRagas) -> None:
    ragas.expect(Broken(status=401, text=f"there is no key {KEY}"))
    said = reason(ragas.score("ragas_answer_relevancy", CASE, ANSWER))
    assert "status 401" in said and KEY not in said
    assert ragas.judge.asked[0].authorization == f"Bearer {KEY}"


def test_the_judge_is_asked_greedily_with_a_seed_and_bound_to_the_form(ragas: RunningRagas) -> None:
    ragas.expect(question())
    ragas.score("ragas_answer_relevancy", CASE, ANSWER)
    body = ragas.judge.asked[0].body
    asked = {name: body[name] for name in ("model", "temperature", "top_p", "max_tokens", "seed")}
    assert asked == {"model": "judge", "temperature": 0.0, "top_p": 1.0, "max_tokens": 1024, "seed": 7}
    assert ragas.judge.forms == ["AnswerRelevanceOutput"]


def test_a_metric_that_ragas_does_not_compute_here_is_refused(ragas: RunningRagas) -> None:
    for name in ("ragas_factual_correctness", "ragas_noise_sensitivity", "evidence_recall"):
        with pytest.raises(NotFoundError, match=f"ragas computes no metric '{name}'") as caught:
            ragas.ragas.metrics([name])
        assert "ragas_faithfulness" in caught.value.remedy


def test_defect_a_batch_would_be_in_flight_all_at_once_and_hold_up_what_needs_no_judge() -> None:
    async def run() -> None:
        async with running_ragas(
            Path(sys.executable),
            embedder=HashedWords(),
            judge=JudgeAddress(base_url="http://127.0.0.1:9/v1", model="judge"),
            facts_held=lambda case, passage: (),
            concurrency=2,
            script=STAND_IN,
        ) as ragas:
            judged, free = ragas.metrics(["ragas_answer_relevancy", "ragas_semantic_similarity"])
            hanging = replace(CASE, question="hang")
            waiting = [asyncio.create_task(judged.score(hanging, ANSWER)) for _ in range(8)]
            # Asked after the eight, so the worker hears it after all of them that it hears at all.
            count = await asyncio.create_task(free.score(CASE, response("hanging")))
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)
            assert value(count) == 0.2

    asyncio.run(run())


def test_without_a_judge_its_metrics_are_refused_before_anything_is_scored() -> None:
    async def run() -> None:
        async with running_ragas(
            Path(sys.executable),
            embedder=HashedWords(),
            judge=None,
            facts_held=lambda case, passage: (),
            script=STAND_IN,
        ) as ragas:
            assert len(ragas.metrics(JUDGE_FREE)) == len(JUDGE_FREE)
            for name in JUDGED:
                with pytest.raises(SettingsError, match=f"'{name}' needs a judge"):
                    ragas.metrics([name])

    asyncio.run(run())
