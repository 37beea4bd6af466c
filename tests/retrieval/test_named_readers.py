"""A recipe may name a reader and a retriever of LlamaIndex's; who may read what is still decided here."""

import asyncio
import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
from tests.retrieval.fixtures import RECIPE, CountingWords, build, found, real_engine, write_documents

from surefoot.errors import SettingsError, SnapshotError
from surefoot.records import RankedPassage, Reach
from surefoot.retrieval import Corpus, Recipe, Source, load_recipe
from surefoot.retrieval.llama_index_readers import read_by_named
from surefoot.retrieval.recipes import DenseLeg, LexicalLeg, Named, NamedLeg
from surefoot.retrieval.searching import open_snapshot

JSON_READER = "llama_index.core.readers.json:JSONReader"
KEYWORDS = "llama_index.core.indices.keyword_table.retrievers:KeywordTableSimpleRetriever"
VECTORS = "llama_index.core.retrievers:VectorIndexRetriever"
LIBRARY = f"llama-index-core {version('llama-index-core')}"
WRITTEN = f'''schema = 1

[[readers]]
ending = ".json"
class = "{JSON_READER}"
options = {{levels_back = 0}}

[retriever]
class = "{KEYWORDS}"
weight = 0.5
candidates = 10
'''
DOCUMENTS = {
    "otters.md": "The otter sleeps below the pier.\n",
    "herons.md": "The heron waits at the weir.\n",
    "eels.md": "The eel hides under a stone.\n",
}


def recipe_of(folder: Path, text: str) -> Recipe:
    file = folder / "trial.toml"
    file.write_text(text)
    return load_recipe(file)


def alone(what: str) -> Recipe:
    """A recipe that searches by this retriever and by nothing else."""
    leg = NamedLeg(retriever=Named(what=what, library=LIBRARY))
    return replace(RECIPE, dense=DenseLeg(weight=0.0), lexical=LexicalLeg(weight=0.0), named=leg)


def test_what_is_named_is_part_of_the_recipe_with_its_version(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, WRITTEN)

    assert recipe.readers == {".json": Named(what=JSON_READER, options={"levels_back": 0}, library=LIBRARY)}
    assert recipe.named == NamedLeg(
        retriever=Named(what=KEYWORDS, library=LIBRARY), weight=0.5, candidates=10
    )
    plain = recipe_of(tmp_path, "schema = 1\n")
    searched = recipe_of(tmp_path, "schema = 1\n" + WRITTEN[WRITTEN.index("[retriever]") :])
    other = replace(
        recipe, readers={".json": replace(recipe.readers[".json"], library="llama-index-core 0.1")}
    )
    assert len({one.digest for one in (plain, searched, recipe, other)}) == 4
    assert plain.index_digest == searched.index_digest, "how it is searched decides no index"
    assert len({one.index_digest for one in (plain, recipe, other)}) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[readers]]\nending = "json"\nclass = "llama_index.core:X"', "ending is 'json'"),
        ('[[readers]]\nending = ".json"\nclass = "os:system"', "class is 'os:system'"),
        ('[retriever]\nclass = "llama_index.core"', "class is 'llama_index.core'"),
        (
            '[retriever]\nclass = "llama_index.retrievers.nobody:X"',
            "pip install llama-index-retrievers-nobody",
        ),
        ('[retriever]\nclass = "llama_index.core:X"\ntop = 3', "no key 'retriever.top'"),
    ],
)
def test_what_cannot_be_named_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        recipe_of(tmp_path, f"schema = 1\n{text}\n")
    assert message in f"{refusal.value.message} {refusal.value.remedy}"


def test_a_file_is_read_by_the_reader_that_is_named(tmp_path: Path) -> None:
    corpus = write_documents(tmp_path / "docs", {"a.json": json.dumps({"bird": "heron", "at": "the weir"})})
    corpus = Corpus(name="c", sources=(replace(corpus.sources[0], include=("*.json",)),))
    recipe = replace(RECIPE, readers={".json": Named(what=JSON_READER, library=LIBRARY)})

    report = asyncio.run(build(corpus, tmp_path / "out", recipe=recipe))

    (hit,) = asyncio.run(found(report.snapshot.path, "where is the heron", tmp_path / "scratch", recipe))
    assert '"bird": "heron"' in hit.passage.text


def test_a_file_that_it_cannot_read_is_skipped_with_its_reason(tmp_path: Path) -> None:
    corpus = write_documents(tmp_path / "docs", {"a.json": "{no json", "b.md": "The heron waits."})
    corpus = Corpus(name="c", sources=(replace(corpus.sources[0], include=("*.json", "*.md")),))
    recipe = replace(RECIPE, readers={".json": Named(what=JSON_READER, library=LIBRARY)})

    report = asyncio.run(build(corpus, tmp_path / "out", recipe=recipe))

    assert report.snapshot.unread["a.json"].startswith(f"{JSON_READER} cannot read it: ")


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (Named(what="llama_index.core.readers.json:Nobody"), "is not there"),
        (Named(what="llama_index.core.schema:TextNode"), "is no BaseReader"),
        (Named(what=JSON_READER, options={"no_such": 1}), "takes no such options"),
    ],
)
def test_a_reader_that_is_none_is_an_error_with_what_to_do(named: Named, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_by_named(b"{}", "a.json", named)


@pytest.mark.parametrize("what", [KEYWORDS, VECTORS])
def test_a_retriever_that_is_named_finds_passages_by_itself(tmp_path: Path, what: str) -> None:
    report = asyncio.run(build(write_documents(tmp_path / "docs", DOCUMENTS), tmp_path / "out"))

    hits = asyncio.run(found(report.snapshot.path, "otter pier", tmp_path / "scratch", alone(what)))

    assert hits[0].passage.source == "otters.md"
    assert hits[0].passage.text == "The otter sleeps below the pier."


@pytest.mark.parametrize("what", [KEYWORDS, VECTORS])
def test_it_shows_nobody_what_is_kept_from_them(tmp_path: Path, what: str) -> None:
    write_documents(tmp_path / "open", DOCUMENTS)
    write_documents(tmp_path / "kept", {"secret.md": "The otter of the pier is called Max.\n"})
    corpus = Corpus(
        name="c",
        sources=(Source(path=tmp_path / "open"), Source(path=tmp_path / "kept", access=("staff",))),
    )
    report = asyncio.run(build(corpus, tmp_path / "out"))

    async def asked(*groups: str) -> tuple[RankedPassage, ...]:
        opened = await open_snapshot(
            report.snapshot.path, alone(what), CountingWords(), tmp_path / "scratch", engine=real_engine()
        )
        try:
            return await opened.search("otter pier", limit=4, reach=Reach(groups=groups))
        finally:
            await opened.aclose()

    assert "secret.md" in {hit.passage.source for hit in asyncio.run(asked("staff"))}
    assert "secret.md" not in {hit.passage.source for hit in asyncio.run(asked())}
    assert asyncio.run(asked())[0].passage.source == "otters.md"


def test_a_retriever_that_does_not_fit_says_so(tmp_path: Path) -> None:
    report = asyncio.run(build(write_documents(tmp_path / "docs", DOCUMENTS), tmp_path / "out"))
    wrong = alone("llama_index.core.schema:TextNode")

    with pytest.raises((SettingsError, SnapshotError), match="is no BaseRetriever"):
        asyncio.run(found(report.snapshot.path, "otter", tmp_path / "scratch", wrong))
