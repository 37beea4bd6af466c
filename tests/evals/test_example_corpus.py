"""The example corpus is frozen, and large enough that answers can be wrong."""

from pathlib import Path

from surefoot.records import digest, digest_bytes
from surefoot.retrieval import load_recipe
from surefoot.retrieval.corpora import corpus_of_folder
from surefoot.retrieval.documents import read_bytes, scan_corpus
from surefoot.retrieval.llama_index_documents import LlamaIndexDocuments
from surefoot.retrieval.readers import FileReaders
from surefoot.tables import read_table

TOP = Path(__file__).parents[2]
CORPUS = TOP / "evals" / "answers" / "corpus"


def test_the_corpus_is_the_one_its_version_names() -> None:
    table = read_table(TOP / "evals" / "answers" / "corpus.toml")
    files = sorted(path for path in CORPUS.rglob("*") if path.is_file())

    found = digest({path.relative_to(CORPUS).as_posix(): digest_bytes(path.read_bytes()) for path in files})

    assert found == table.digest("digest"), "a document changed: raise the version and write this digest"


def test_the_recipe_cuts_it_into_well_over_150_passages_and_skips_nothing() -> None:
    recipe = load_recipe(TOP / "serving" / "recipes" / "default.toml")
    scan = scan_corpus(corpus_of_folder(CORPUS))
    reader, parser = FileReaders(), LlamaIndexDocuments()

    passages = [
        passage
        for file in scan.documents
        for passage in parser.parse(
            file.source, reader.read(read_bytes(file), file.path.name), recipe.chunking
        ).passages
    ]

    assert len(passages) >= 150
    assert scan.skipped == ()


def test_it_holds_documents_that_mislead() -> None:
    texts = [path.read_text(encoding="utf-8") for path in CORPUS.rglob("*") if path.is_file()]

    assert sum("superseded" in text.lower() for text in texts) >= 9
    assert sum("|" in text for text in texts) >= 10
