"""What ragas 0.4.3 gets wrong, and not here: a test for each known defect that touches our metrics.

Ragas itself runs in its environment, over a fake judge and real sockets. A version without a defect passes
as well; one with a new name for something fails here first.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from tests.evals.ragas_running import (
    RunningRagas,
    answer_any,
    attributed,
    case,
    question,
    ragas_python,
    reason,
    response,
    statements,
    useful,
    value,
    verdicts,
)
from tests.fakes.judge_server import OUTPUT_TOKENS, PROMPT_TOKENS, Broken, Verdict

from surefoot.evals.ragas_metrics import RAGAS_WORKER
from surefoot.evals.ragas_process import SHELL, JudgeUse
from surefoot.records import Json, Scored

# The first test that asks for ragas waits until it is imported: seconds here, minutes on a busy machine.
pytestmark = pytest.mark.timeout(300)
CASE = case("30 days")
ANSWER = response("Keys are kept for 30 days [1].", "Keys are kept for 30 days.", "Doors are blue.")


def test_defect_precision_by_id_is_of_a_set_and_blind_to_rank_and_repetition(ragas: RunningRagas) -> None:
    texts = ("Keys: 30 days.", "30 days it is.", "Nothing.", "Neither.")
    # Two passages with the same fact are one id, so the share is one of three and not two of four.
    for order in (texts, texts[::-1]):
        scored = ragas.score("ragas_context_precision_by_id", CASE, response("", *order))
        assert value(scored) == pytest.approx(1 / 3)


def test_defect_an_answer_that_quotes_nothing_would_get_full_marks(ragas: RunningRagas) -> None:
    assert "quotes nothing" in reason(ragas.score("ragas_quoted_spans", CASE, ANSWER))


def test_defect_apostrophes_would_be_quotation_marks(ragas: RunningRagas) -> None:
    passages = ("The key's life ends, so don't worry.",)
    contracted = response("Don't you worry, it's only for 30 days.", *passages)
    assert "quotes nothing" in reason(ragas.score("ragas_quoted_spans", CASE, contracted))
    quoted = response("As it says: “The key’s life ends”", "The key’s life ends, so don't worry.")
    assert value(ragas.score("ragas_quoted_spans", CASE, quoted)) == 1.0


def test_defect_fewer_verdicts_than_statements_would_be_full_marks(ragas: RunningRagas) -> None:
    for given in ((1,), (1, 1, 1, 1, 1), ()):
        ragas.expect(statements("a", "b", "c", "d"), verdicts(*given))
        scored = ragas.score("ragas_faithfulness", CASE, ANSWER)
        assert reason(scored) == f"the judge gave {len(given)} verdicts on 4 statements"


def test_defect_no_statements_would_be_nan(ragas: RunningRagas) -> None:
    ragas.expect(statements())
    assert "read no statements" in reason(ragas.score("ragas_faithfulness", CASE, ANSWER))
    ragas.expect(attributed())
    assert "nan, which is no number" in reason(ragas.score("ragas_context_recall", CASE, ANSWER))


def test_defect_an_empty_question_would_be_a_relevancy_of_0(ragas: RunningRagas) -> None:
    ragas.expect(question(" "))
    assert "read no question" in reason(ragas.score("ragas_answer_relevancy", CASE, ANSWER))


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("ragas_faithfulness", (statements("a"), verdicts(7))),
        ("ragas_context_precision", (useful(-1),)),
        ("ragas_context_recall", (attributed(1, 2),)),
        ("ragas_answer_relevancy", (question(noncommittal=3),)),
    ],
)
def test_defect_a_verdict_of_7_would_be_a_yes(
    name: str, answers: tuple[Verdict, ...], ragas: RunningRagas
) -> None:
    ragas.expect(*answers)
    assert "where 0 or 1 was asked for" in reason(ragas.score(name, CASE, ANSWER))


def test_defect_the_form_would_allow_empty_lists_and_any_number(ragas: RunningRagas) -> None:
    ragas.expect(statements("a", "b"), verdicts(1, 1))
    assert value(ragas.score("ragas_faithfulness", CASE, ANSWER)) == 1.0
    ragas.judge.judge = lambda asked: attributed(1)
    assert value(ragas.score("ragas_context_recall", CASE, ANSWER)) == 1.0
    first, second, third = (json.dumps(asked.body["response_format"]) for asked in ragas.judge.asked)
    assert '"minItems": 1}' in first
    assert '"minItems": 2, "maxItems": 2}' in second and '"enum": [0, 1]' in second
    assert '"minItems": 1}' in third and '"enum": [0, 1]' in third


def test_defect_one_unreadable_answer_would_fail_the_whole_batch(ragas: RunningRagas) -> None:
    answers = [response(f"Answer {number}.", "Keys are kept for 30 days.") for number in range(6)]
    ragas.expect(lambda asked: Broken(text="no JSON") if "Answer 3" in asked.prompt else question())
    scored = ragas.scores("ragas_answer_relevancy", CASE, answers)
    assert [isinstance(score, Scored) for score in scored] == [True, True, True, False, True, True]
    assert "not the form that was asked for" in reason(scored[3])


def test_defect_the_cache_would_answer_a_second_time_from_memory(ragas: RunningRagas) -> None:
    ragas.expect(useful(1))
    assert value(ragas.score("ragas_context_precision", CASE, ANSWER)) == pytest.approx(1.0)
    ragas.expect(useful(0))
    assert value(ragas.score("ragas_context_precision", CASE, ANSWER)) == 0.0
    assert len(ragas.judge.asked) == 2


def test_defect_a_strictness_of_three_would_be_the_same_question_three_times(ragas: RunningRagas) -> None:
    ragas.expect(question())
    ragas.score("ragas_answer_relevancy", CASE, ANSWER)
    assert ragas.judge.forms == ["AnswerRelevanceOutput"]


def test_defect_scoring_again_and_again_would_lose_its_connection_with_a_loop(ragas: RunningRagas) -> None:
    ragas.expect(question())
    for _ in range(4):
        assert value(ragas.score("ragas_answer_relevancy", CASE, ANSWER)) == pytest.approx(1.0)
        assert value(ragas.score("ragas_semantic_similarity", CASE, ANSWER)) == pytest.approx(1.0)


def test_defect_ragas_counts_no_tokens(ragas: RunningRagas) -> None:
    before = ragas.ragas.use["ragas_faithfulness"]
    ragas.expect(statements("a"), verdicts(1))
    ragas.score("ragas_faithfulness", CASE, ANSWER)
    assert ragas.ragas.use["ragas_faithfulness"] == JudgeUse(
        calls=before.calls + 2,
        prompt_tokens=before.prompt_tokens + 2 * PROMPT_TOKENS,
        output_tokens=before.output_tokens + 2 * OUTPUT_TOKENS,
    )


def test_defect_ragas_patches_running_loops_so_this_process_never_imports_it(ragas: RunningRagas) -> None:
    ragas.expect(answer_any)
    ragas.score("ragas_faithfulness", CASE, ANSWER)
    assert not {"ragas", "instructor", "langchain_community"} & set(sys.modules)
    assert not hasattr(asyncio, "_nest_patched"), "nest_asyncio's mark on the module that it patches"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherJudge:
    """What came of it: `first` is what the judge that every test shares said before, `second` the other."""

    version: str
    by_id: float
    first: float
    second: float
    body: Mapping[str, Json]
    said: str


WITHOUT_VERTEXAI = """
import importlib, sys

class Gone:
    def find_spec(self, name, path=None, target=None):
        if name == "langchain_community.chat_models.vertexai":
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Gone())
exec(compile(open({worker!r}).read(), {worker!r}, "exec"))
"""


@pytest.fixture(scope="module")
def other_judge(ragas: RunningRagas, tmp_path_factory: pytest.TempPathFactory) -> OtherJudge:
    """The same question, put to a judge of another name by a worker that lacks what newer packages lack."""
    folder = tmp_path_factory.mktemp("other-judge")
    script = folder / "without_vertexai.py"
    script.write_text(WITHOUT_VERTEXAI.format(worker=str(RAGAS_WORKER)))
    context = {"user_input": CASE.question, "reference": CASE.reference, "retrieved_contexts": ["Doors."]}
    asked = [
        {"judge": {"url": ragas.judge.base_url, "model": "gpt-5-mini"}, "timeout_seconds": 60},
        {
            "id": 1,
            "metric": "ragas_context_recall_by_id",
            "args": {"retrieved_context_ids": ["a"], "reference_context_ids": ["a", "b"]},
        },
        {"id": 2, "metric": "ragas_context_precision", "args": context},
    ]
    ragas.expect(useful(1))
    first = ragas.score("ragas_context_precision", CASE, response("", "Doors."))
    ragas.expect(useful(0))
    with subprocess.Popen(
        [ragas_python(), "-I", "-X", "utf8", SHELL, script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"HOME": str(folder)},
        cwd=folder,
        text=True,
    ) as worker:
        assert worker.stdin is not None and worker.stdout is not None and worker.stderr is not None
        worker.stdin.write("".join(json.dumps(line) + "\n" for line in asked))
        worker.stdin.flush()
        ready, *replies = (json.loads(worker.stdout.readline()) for _ in range(3))
        worker.stdin.close()
        said = worker.stderr.read()
    values = {reply["id"]: reply["value"] for reply in replies}
    return OtherJudge(
        version=ready["ready"],
        by_id=values[1],
        first=value(first),
        second=values[2],
        body=ragas.judge.asked[-1].body,
        said=said,
    )


def test_defect_ragas_would_not_import_with_a_newer_langchain_community(other_judge: OtherJudge) -> None:
    assert other_judge.version == "0.4.3" and other_judge.by_id == 0.5


def test_defect_two_judges_would_share_answers(other_judge: OtherJudge) -> None:
    assert other_judge.first == pytest.approx(1.0) and other_judge.second == 0.0


def test_defect_a_judge_called_gpt_5_would_lose_its_temperature(other_judge: OtherJudge) -> None:
    body = other_judge.body
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("gpt-5-mini", 0.0, 1024)


def test_defect_ragas_would_phone_home(other_judge: OtherJudge) -> None:
    # OpenAI's client asks `uname` what it runs on; that is refused too, and it goes on without.
    assert "refused: socket" not in other_judge.said
