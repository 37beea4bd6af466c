"""A reranker orders the first that were found anew, and nothing else."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.retrieval.fixtures import RECIPE, CountingWords, build, real_engine, write_documents

from surefoot.errors import SettingsError
from surefoot.records import RankedPassage
from surefoot.retrieval import Recipe, load_recipe
from surefoot.retrieval.recipes import Rerank
from surefoot.retrieval.searching import open_snapshot

DOCUMENTS = {
    "one.md": "Fish swim. Fish swim in shoals.",
    "two.md": "Fish sleep at night.",
    "three.md": "Foxes eat fish when they can.",
    "four.md": "Owls hunt.",
}
FILES, OTHER_FILES = "a" * 64, "b" * 64
RERANKED = replace(RECIPE, rerank=Rerank(model="by-sleep", candidates=3))


class BySleep:
    """Prefers texts that speak of sleep."""

    model = "by-sleep"

    def __init__(self, sha256: str = "") -> None:
        self.sha256 = sha256
        self.asked: list[Sequence[str]] = []
        self.closed = False

    async def scores(self, question: str, texts: Sequence[str]) -> tuple[float, ...]:
        self.asked.append(texts)
        return tuple(float("sleep" in text) for text in texts)

    async def aclose(self) -> None:
        self.closed = True


def searched(folder: Path, reranker: BySleep | None, recipe: Recipe = RERANKED) -> tuple[RankedPassage, ...]:
    async def story() -> tuple[RankedPassage, ...]:
        report = await build(write_documents(folder / "docs", DOCUMENTS), folder / "out")
        snapshot = await open_snapshot(
            report.snapshot.path,
            recipe,
            CountingWords(),
            folder / "s",
            engine=replace(real_engine(), reranker=reranker),
        )
        try:
            return await snapshot.search("fish swim", limit=4)
        finally:
            await snapshot.aclose()

    return asyncio.run(story())


def test_the_first_are_ordered_by_its_scores_equal_ones_stay_and_the_rest_is_left_out(tmp_path: Path) -> None:
    reranker = BySleep()
    found = searched(tmp_path, reranker)

    assert [one.passage.source for one in found][:2] == ["two.md", "one.md"]
    assert len(found) == 3 and [one.score for one in found] == [1.0, 0.0, 0.0]
    assert [len(texts) for texts in reranker.asked] == [3]
    assert reranker.closed, "it goes with the snapshot it was opened with"


def test_a_recipe_that_reranks_is_not_opened_without_its_model(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="reranks with 'by-sleep', and the settings give None") as refused:
        searched(tmp_path, None)

    assert "reranker.url" in refused.value.remedy


def test_it_is_part_of_the_recipe_and_not_of_its_index(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text('schema = 1\n[rerank]\nmodel = "by-sleep"\ncandidates = 3\n')

    recipe = load_recipe(file)

    assert recipe.rerank == RERANKED.rerank
    assert recipe.digest == RERANKED.digest != RECIPE.digest
    assert recipe.index_digest == RECIPE.index_digest


def pinning(sha256: str) -> Recipe:
    return replace(RECIPE, rerank=Rerank(model="by-sleep", candidates=3, sha256=sha256))


def test_files_other_than_the_recipe_pins_do_not_rerank(tmp_path: Path) -> None:
    assert searched(tmp_path / "same", BySleep(FILES), pinning(FILES))

    with pytest.raises(SettingsError, match="with the files 'bbbbbbbbbbbb', and those") as other:
        searched(tmp_path / "other", BySleep(FILES), pinning(OTHER_FILES))
    assert f'sha256 = "{FILES}"' in other.value.remedy
    with pytest.raises(SettingsError, match="with the files None, and those in") as none:
        searched(tmp_path / "none", BySleep(FILES), RERANKED)
    assert f'sha256 = "{FILES}"' in none.value.remedy
    with pytest.raises(SettingsError, match="does not say which it has") as server:
        searched(tmp_path / "server", BySleep(), pinning(FILES))
    assert "reranker.folder" in server.value.remedy


def test_the_files_are_part_of_the_recipe_and_must_be_a_digest(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text(f'schema = 1\n[rerank]\nmodel = "by-sleep"\ncandidates = 3\nsha256 = "{FILES}"\n')
    assert load_recipe(file).digest == pinning(FILES).digest
    assert len({RERANKED.digest, pinning(FILES).digest, pinning(OTHER_FILES).digest}) == 3

    file.write_text('schema = 1\n[rerank]\nmodel = "by-sleep"\nsha256 = "short"\n')
    with pytest.raises(SettingsError, match="'short'"):
        load_recipe(file)
