"""What the repository itself puts into production is proven, and a fresh clone can serve it."""

import asyncio
from pathlib import Path

import pytest

from surefoot.evals.cases import load_cases
from surefoot.evals.metrics import JUDGE_FREE
from surefoot.evals.runs import RecordedRun
from surefoot.evals.scoring import score
from surefoot.records import Scored, Scores, digest, digest_bytes
from surefoot.releases import (
    Pointer,
    Receipt,
    Trust,
    check_proof,
    load_parts,
    read_channel,
    read_receipt,
    read_release,
    read_run,
    read_signatures,
)
from surefoot.tables import read_table

TOP = Path(__file__).parents[2]
SERVING = TOP / "serving"


@pytest.fixture(scope="module")
def pointer() -> Pointer:
    named = read_channel(SERVING, "answers")
    assert named is not None, "make up serves what production names"
    return named


@pytest.fixture(scope="module")
def receipt(pointer: Pointer) -> Receipt:
    return read_receipt(SERVING / "releases" / pointer.release, pointer.proof)


def test_production_names_a_release_that_its_receipt_proves(pointer: Pointer, receipt: Receipt) -> None:
    bundle = read_release(SERVING / "releases", pointer.release)

    load_parts(bundle)
    check_proof(bundle.manifest, receipt, signatures=read_signatures(Trust(), bundle.folder, pointer.proof))


def test_its_judge_free_scores_follow_from_its_recorded_responses(pointer: Pointer, receipt: Receipt) -> None:
    folder = SERVING / "releases" / pointer.release
    cases = load_cases(TOP / "evals" / receipt.suite / "cases.jsonl")
    responses = RecordedRun.from_bytes(read_run([folder], receipt.candidate_run)).responses_to(cases)
    ours = {metric.info.name for metric in JUDGE_FREE} & receipt.candidate_scores.keys()
    expected = {
        name: tuple(case for case in receipt.candidate_scores[name] if case in responses) for name in ours
    }
    assert sum(map(len, expected.values())) > 500, "cases have changed so much that nothing is held"

    found = asyncio.run(score(JUDGE_FREE, cases, responses, expected))

    assert _values(found) == {
        name: {case: value for case, value in by_case.items() if case in expected[name]}
        for name, by_case in _values(receipt.candidate_scores).items()
        if name in ours
    }


def test_the_documents_of_the_smoke_suite_are_those_its_version_names() -> None:
    corpus = TOP / "evals" / "smoke" / "corpus"
    files = sorted(path for path in corpus.rglob("*") if path.is_file())

    found = digest({path.relative_to(corpus).as_posix(): digest_bytes(path.read_bytes()) for path in files})

    assert found == read_table(TOP / "evals" / "smoke" / "corpus.toml").digest("digest")


def _values(scores: Scores) -> dict[str, dict[str, float | None]]:
    return {
        name: {case: one.value if isinstance(one, Scored) else None for case, one in by_case.items()}
        for name, by_case in scores.items()
    }
