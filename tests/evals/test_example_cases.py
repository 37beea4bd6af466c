"""The example's suites: they load, their evidence stands in their documents, and every fact can be found."""

from functools import cache
from pathlib import Path

import pytest

from surefoot.evals.cases import load_cases, stale
from surefoot.evals.evidence import holds
from surefoot.evals.suites import load_suite
from surefoot.retrieval import load_recipe
from surefoot.retrieval.corpora import corpus_of_folder
from surefoot.retrieval.documents import read_bytes, scan_corpus
from surefoot.retrieval.llama_index_documents import LlamaIndexDocuments
from surefoot.retrieval.ports import ParsedDocument
from surefoot.retrieval.readers import FileReaders
from surefoot.retrieval.recipes import Chunking

EVALS = Path(__file__).parents[2] / "evals"
SMALL = Chunking(limit_words=60, minimum_words=10, overlap_words=0)


@cache
def documents(suite: str, chunking: Chunking) -> dict[str, ParsedDocument]:
    reader, parser = FileReaders(), LlamaIndexDocuments()
    scan = scan_corpus(corpus_of_folder(EVALS / suite / "corpus"))
    assert scan.skipped == ()
    return {
        file.source: parser.parse(file.source, reader.read(read_bytes(file), file.path.name), chunking)
        for file in scan.documents
    }


def default_chunking() -> Chunking:
    return load_recipe(EVALS.parent / "serving" / "recipes" / "default.toml").chunking


@pytest.mark.parametrize("suite", sorted(file.parent.name for file in EVALS.glob("*/suite.toml")))
def test_every_suite_loads_and_each_rule_has_cases(suite: str) -> None:
    loaded = load_suite(EVALS / suite)

    assert all(loaded.expected().values())


@pytest.mark.parametrize("suite", ["answers", "smoke"])
def test_every_quote_stands_in_its_document(suite: str) -> None:
    there = documents(suite, default_chunking())

    found = stale(
        load_cases(EVALS / suite / "cases.jsonl"),
        lambda source: there[source].text if source in there else None,
    )

    assert found == ()


@pytest.mark.parametrize("chunking", [default_chunking(), SMALL], ids=["default", "small"])
@pytest.mark.parametrize("suite", ["answers", "smoke"])
def test_however_documents_are_cut_some_passage_holds_each_fact(suite: str, chunking: Chunking) -> None:
    passages = [passage for parsed in documents(suite, chunking).values() for passage in parsed.passages]

    lost = [
        (case.id, number)
        for case in load_cases(EVALS / suite / "cases.jsonl")
        for number, fact in enumerate(case.facts)
        if not any(holds(passage, fact) for passage in passages)
    ]

    assert lost == []


def test_the_suite_of_the_example_is_large_and_varied_enough_to_decide() -> None:
    cases = load_suite(EVALS / "answers").cases
    kinds = [case.kind for case in cases]

    assert len(cases) >= 120
    assert kinds.count("unanswerable") >= 30
    assert min(kinds.count(kind) for kind in ("single", "several", "misleading")) >= 20
    assert len({case.cluster for case in cases}) >= 30
