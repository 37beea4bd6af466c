"""A recipe may name a node parser of LlamaIndex's; its passages are exact spans all the same."""

import asyncio
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.retrieval.fixtures import RECIPE, build, found, write_documents

from surefoot.errors import SettingsError
from surefoot.retrieval import Recipe, load_recipe
from surefoot.retrieval.llama_index_documents import LlamaIndexDocuments
from surefoot.retrieval.llama_index_parsers import named_windows
from surefoot.retrieval.ports import ReadText
from surefoot.retrieval.recipes import Chunking

TOKENS = "llama_index.core.node_parser:TokenTextSplitter"
BY_TOKENS = f'''schema = 1
[chunking]
splitter = "{TOKENS}"
[chunking.options]
chunk_size = 60
chunk_overlap = 10
'''


def recipe_of(folder: Path, text: str) -> Recipe:
    file = folder / "trial.toml"
    file.write_text(text)
    return load_recipe(file)


def test_its_package_and_version_and_options_are_part_of_the_recipe(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, BY_TOKENS)

    assert recipe.chunking.library == f"llama-index-core {version('llama-index-core')}"
    assert recipe.chunking.options == {"chunk_size": 60, "chunk_overlap": 10}
    other = replace(recipe, chunking=replace(recipe.chunking, library="llama-index-core 0.1"))
    more = recipe_of(tmp_path, BY_TOKENS.replace("60", "61"))
    assert len({recipe.digest, other.digest, more.digest}) == 3
    assert len({recipe.index_digest, other.index_digest, more.index_digest}) == 3


def test_a_snapshot_is_built_and_searched_with_it(tmp_path: Path) -> None:
    text = "# Fish\n\n" + "Herrings swim in the north sea. " * 20 + "\n\nThe otter sleeps below the pier.\n"
    recipe = recipe_of(tmp_path, BY_TOKENS)
    report = asyncio.run(
        build(write_documents(tmp_path / "docs", {"a.md": text}), tmp_path / "out", recipe=recipe)
    )

    hits = asyncio.run(found(report.snapshot.path, "where does the otter sleep", tmp_path / "s", recipe))
    best = hits[0].passage
    assert "otter" in best.text and best.text == text[best.start : best.end] and best.headings == ("Fish",)


@pytest.mark.parametrize(
    ("splitter", "complaint"),
    [
        ("os:system", "one of 'structure', 'sentence', 'token', or llama_index"),
        ("llama_index_evil:Parser", "one of 'structure', 'sentence', 'token', or llama_index"),
        ("llama_index.core.node_parser", "one of 'structure', 'sentence', 'token', or llama_index"),
        ("llama_index.readers.nowhere:Parser", "pip install llama-index-readers-nowhere"),
    ],
)
def test_no_other_module_can_be_named_and_a_missing_package_says_how_to_get_it(
    tmp_path: Path, splitter: str, complaint: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        recipe_of(tmp_path, f'schema = 1\n[chunking]\nsplitter = "{splitter}"\n')

    assert complaint in f"{refused.value.message} {refused.value.remedy}"


@pytest.mark.parametrize(
    ("splitter", "options", "complaint"),
    [
        ("llama_index.core.node_parser:Nothing", {}, "is not there"),
        ("llama_index.core.schema:Document", {}, "is no NodeParser"),
        (TOKENS, {"chunk_size": 5, "chunk_overlap": 50}, "takes no such options"),
    ],
)
def test_what_is_no_parser_or_cannot_be_made_stops_the_build(
    splitter: str, options: dict[str, int], complaint: str
) -> None:
    with pytest.raises(SettingsError, match=complaint):
        named_windows(splitter, options, "Some text.")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["Keys turn. ", "Why? ", "\n\n", "備份資料。", "a-b ", "  "]), max_size=60))
def test_spans_are_exact_and_no_letter_is_lost_or_the_document_is_refused(pieces: list[str]) -> None:
    read = ReadText(text="".join(pieces), structure="markdown")
    chunking = Chunking(splitter=TOKENS, options={"chunk_size": 20, "chunk_overlap": 5}, library="x 1")
    try:
        document = LlamaIndexDocuments().parse("a.md", read, chunking)
    except ValueError as reason:
        assert TOKENS in str(reason)
        return
    covered: set[int] = set()
    for passage in document.passages:
        assert read.text[passage.start : passage.end] == passage.text
        covered.update(range(passage.start, passage.end))
    assert all(letter.isspace() or at in covered for at, letter in enumerate(read.text))


def test_headings_above_a_passage_can_be_left_out(tmp_path: Path) -> None:
    corpus = write_documents(tmp_path / "docs", {"a.md": "# Otters\n\n" + "They sleep below piers. " * 60})
    plain = replace(RECIPE, chunking=replace(RECIPE.chunking, headers="none"))

    with_path = asyncio.run(build(corpus, tmp_path / "out")).snapshot
    without = asyncio.run(build(corpus, tmp_path / "out", recipe=plain)).snapshot

    assert with_path.passages_digest == without.passages_digest and with_path.digest != without.digest
    last = "otters"
    scored = [
        asyncio.run(found(one.path, last, tmp_path / "s", recipe))
        for one, recipe in ((with_path, RECIPE), (without, plain))
    ]
    assert sum(hit.lexical_score is not None for hit in scored[0]) == len(scored[0])
    assert sum(hit.lexical_score is not None for hit in scored[1]) == 1
