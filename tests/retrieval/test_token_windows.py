"""Passages cut by an embedder's tokens: never beyond the limit, nothing lost, at sentences where possible."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.retrieval.fixtures import CountingWords, real_engine, unheard, write_documents

from surefoot.errors import SettingsError
from surefoot.retrieval import Recipe
from surefoot.retrieval.build import build_snapshot
from surefoot.retrieval.llama_index_documents import LlamaIndexDocuments
from surefoot.retrieval.passages_file import ParquetPassages
from surefoot.retrieval.plain_files import read_markdown
from surefoot.retrieval.recipes import Chunking
from surefoot.retrieval.snapshots import PASSAGES
from surefoot.retrieval.spans import sentences_of
from surefoot.retrieval.token_windows import token_windows
from surefoot.retrieval.vector_texts import search_text


class FourLetters:
    """Three letters are a token, but four at the beginning of a word: a cut word has other tokens than whole.

    Question marks are left out, as a tokenizer leaves out what it does not know.
    """

    most = 254

    def spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        pattern = re.compile(r"\b\w{1,4}|\w{1,3}|[^\w\s?]")
        return [[match.span() for match in pattern.finditer(text)] for text in texts]


TOKENS = FourLetters()
TOKEN = Chunking(splitter="token", limit_tokens=32, overlap_tokens=8)


def count(text: str) -> int:
    return len(TOKENS.spans([text])[0])


@given(
    text=some.text(some.sampled_from("abcdé世 .\n?|-"), max_size=600),
    limit=some.integers(4, 40),
    share=some.floats(0, 0.5),
)
def test_every_window_is_within_the_limit_and_together_they_are_the_text(
    text: str, limit: int, share: float
) -> None:
    windows = token_windows(text, 7, sentences_of, TOKENS, limit=limit, overlap=int(limit * share))

    covered, reached = set(), 7
    for window in windows:
        cut = text[window.start - 7 : window.end - 7]
        assert count(cut) <= limit
        assert cut == cut.strip() != ""
        assert window.end > reached
        if window.start < reached:
            assert count(text[window.start - 7 : reached - 7]) <= int(limit * share)
        reached = window.end
        covered |= set(range(window.start - 7, window.end - 7))
    assert {at for at, letter in enumerate(text) if not letter.isspace()} <= covered


def test_a_cut_goes_between_sentences_and_the_last_whole_one_is_repeated() -> None:
    text = "One two six. Ten two six. Red two six. Tan two six. "

    windows = token_windows(text, 0, sentences_of, TOKENS, limit=14, overlap=6)

    assert [text[one.start : one.end] for one in windows] == [
        "One two six. Ten two six. Red two six.",
        "Red two six. Tan two six.",
    ]


def test_a_long_sentence_is_cut_between_words_and_a_long_word_within() -> None:
    text = "one two six ten " + "x" * 40

    windows = token_windows(text, 0, sentences_of, TOKENS, limit=6, overlap=0)

    assert [text[one.start : one.end] for one in windows][:2] == ["one two six ten", "x" * 10]
    assert "".join(text[one.start : one.end] for one in windows[1:]) == "x" * 40


def test_a_passage_with_the_headings_above_it_is_within_the_limit(tmp_path: Path) -> None:
    section = "The vault listens on port 7420 for backups, and 7443 for the console. " * 30
    corpus = write_documents(tmp_path / "docs", {"a.md": f"# The ports\n\n## Of the vault\n\n{section}"})
    recipe = Recipe(name="default", chunking=TOKEN)
    engine = replace(real_engine(), parser=LlamaIndexDocuments(TOKENS))

    report = asyncio.run(
        build_snapshot(corpus, recipe, CountingWords(), tmp_path / "out", engine=engine, progress=unheard)
    )

    passages = ParquetPassages().read_passages(report.snapshot.path / PASSAGES)
    sizes = [count(search_text(passage)) for passage in passages]
    assert len(sizes) > 10
    assert 16 < sum(sizes) / len(sizes) <= max(sizes) <= 32


def test_it_needs_a_tokenizer_and_a_limit_that_the_embedder_reads() -> None:
    read = read_markdown(b"# Ports\n\nPort 7420.\n")

    with pytest.raises(SettingsError, match="no tokenizer of it is here"):
        LlamaIndexDocuments().parse("a.md", read, TOKEN)
    with pytest.raises(SettingsError, match="limit_tokens is 255, and the embedder reads 254") as beyond:
        LlamaIndexDocuments(TOKENS).parse("a.md", read, replace(TOKEN, limit_tokens=255))
    assert beyond.value.remedy == "give at most 254"
