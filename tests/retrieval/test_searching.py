import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy
import pytest
from tests.retrieval.fixtures import RECIPE, CountingWords, build, found, real_engine, write_documents

from surefoot.errors import InputError, NotFoundError, SnapshotError
from surefoot.retrieval import Recipe
from surefoot.retrieval.recipes import Choice, Chunking, DenseLeg, LexicalLeg
from surefoot.retrieval.searching import SearchableSnapshot, open_snapshot
from surefoot.retrieval.snapshots import CHROMA, WORDS
from surefoot.retrieval.vector_texts import passage_of_row

DOCUMENTS = {
    f"chapter-{number}.md": f"# Chapter {number}\n\nThe {animal} sleeps in the {place} and eats {food}.\n"
    for number, (animal, place, food) in enumerate(
        [
            ("badger", "burrow", "worms"),
            ("heron", "reed bed", "fish"),
            ("squirrel", "drey", "nuts"),
            ("otter", "holt", "fish"),
            ("hedgehog", "leaf pile", "beetles"),
            ("fox", "den", "mice"),
        ]
    )
}
QUESTIONS = [
    "",
    " \n",
    "the of and",
    "\0",
    "🦡🦦",
    "\ud800",
    "badger " * 1500,
    "?!.,;",
    "otter\u202e\x1b[31m",
    "獾",
    "' OR 1=1 --",
]


@asynccontextmanager
async def opened(folder: Path, recipe: Recipe = RECIPE) -> AsyncIterator[SearchableSnapshot]:
    report = await build(write_documents(folder / "docs", DOCUMENTS), folder / "out", recipe=recipe)
    snapshot = await open_snapshot(
        report.snapshot.path, recipe, CountingWords(), folder / "scratch", engine=real_engine()
    )
    try:
        yield snapshot
    finally:
        await snapshot.aclose()


def test_the_passage_that_answers_comes_first_with_all_its_scores(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as snapshot:
            best, *others = await snapshot.search("Where does the otter sleep?", limit=3)
            assert best.passage.source == "chapter-3.md"
            assert best.similarity is not None and 0 < best.similarity <= 1
            assert best.lexical_score is not None and best.lexical_score > 0
            assert [one.score for one in (best, *others)] == sorted(
                (one.score for one in (best, *others)), reverse=True
            )
            assert snapshot.passage(best.passage.id) == best.passage
            text = await snapshot.document_text(best.passage.source)
            assert text[best.passage.start : best.passage.end] == best.passage.text

    asyncio.run(scenario())


def test_any_question_is_answered_and_a_blank_one_with_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as snapshot:
            for question in QUESTIONS:
                hits = await snapshot.search(question, limit=4)
                assert len(hits) == (4 if question.strip() else 0), question

    asyncio.run(scenario())


def test_many_searches_at_once_agree(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as snapshot:
            results = await asyncio.gather(*(snapshot.search("fish", limit=4) for _ in range(20)))
            assert len(set(results)) == 1

    asyncio.run(scenario())


def test_a_passage_that_only_words_found_has_a_similarity_too(tmp_path: Path) -> None:
    recipe = Recipe(name="r", dense=DenseLeg(candidates=1))

    async def scenario() -> None:
        async with opened(tmp_path, recipe) as snapshot:
            hits = await snapshot.search("fish", limit=4)
            assert len(hits) == 2
            assert all(hit.similarity is not None and hit.similarity > 0 for hit in hits)

    asyncio.run(scenario())


@pytest.mark.parametrize("off", ["dense", "lexical"])
def test_a_leg_of_weight_0_is_not_searched(tmp_path: Path, off: str) -> None:
    legs = {
        "dense": Recipe(name="r", dense=DenseLeg(weight=0)),
        "lexical": Recipe(name="r", lexical=LexicalLeg(weight=0)),
    }

    async def scenario() -> None:
        async with opened(tmp_path, legs[off]) as snapshot:
            hits = await snapshot.search("fish", limit=6)
            assert {hit.similarity is None for hit in hits} == {off == "dense"}
            assert {hit.lexical_score is None for hit in hits} == {off == "lexical"}

    asyncio.run(scenario())


def test_both_legs_name_only_passages_of_the_snapshot_and_miss_none(tmp_path: Path) -> None:
    async def scenario() -> None:
        report = await build(write_documents(tmp_path / "docs", DOCUMENTS), tmp_path / "out")
        engine, path, embedder = real_engine(), report.snapshot.path, CountingWords()
        ids = [one.id for one in engine.files.read_passages(path / "passages.parquet")]
        copy = tmp_path / "copy"
        copy.mkdir()
        for file in (path / CHROMA).rglob("*"):
            target = copy / file.relative_to(path / CHROMA)
            target.mkdir() if file.is_dir() else target.write_bytes(file.read_bytes())
        vectors = engine.vectors.open(copy)
        near = vectors.search((await embedder.embed(["sleeps"]))[0], 99)
        vectors.close()
        hits = engine.words.open(path / WORDS, RECIPE.lexical).search("sleeps", 99)
        assert sorted(map(passage_of_row, near)) == sorted(ids)
        assert sorted(hit.position for hit in hits) == list(range(len(ids)))
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)

    asyncio.run(scenario())


def test_the_dense_leg_misses_hardly_any_near_neighbour(tmp_path: Path) -> None:
    random = numpy.random.default_rng(7)
    centres = random.normal(size=(60, 48))
    vectors = (centres.repeat(20, axis=0) + 0.3 * random.normal(size=(1200, 48))).astype(numpy.float32)
    vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
    ids = [f"passage-{number:04}" for number in range(1200)]
    index = real_engine().vectors
    heard: list[tuple[int, int]] = []
    index.write(tmp_path, ids, vectors, lambda done, total: heard.append((done, total)))
    assert heard == [(1000, 1200), (1200, 1200)]

    searched = index.open(tmp_path)
    recalled = 0
    for number in range(0, 1200, 24):
        exact = {ids[at] for at in numpy.argsort(-(vectors @ vectors[number]))[:10]}
        recalled += len(exact & set(searched.search(vectors[number], 10)))
    searched.close()

    assert recalled / 500 >= 0.98


def test_searching_changes_nothing_in_the_snapshot_and_leaves_no_scratch(tmp_path: Path) -> None:
    report = asyncio.run(build(write_documents(tmp_path / "docs", DOCUMENTS), tmp_path / "out"))
    before = {path: path.stat().st_mtime_ns for path in report.snapshot.path.rglob("*")}

    asyncio.run(found(report.snapshot.path, "fox", tmp_path / "scratch"))

    assert {path: path.stat().st_mtime_ns for path in report.snapshot.path.rglob("*")} == before
    assert list((tmp_path / "scratch").iterdir()) == []


def test_what_does_not_fit_is_refused_by_name(tmp_path: Path) -> None:
    report = asyncio.run(build(write_documents(tmp_path / "docs", DOCUMENTS), tmp_path / "out"))
    path, scratch, engine = report.snapshot.path, tmp_path / "scratch", real_engine()
    cases = [
        (RECIPE, CountingWords("other-words"), ["'hashed-words-64'", "'other-words'"]),
        (RECIPE, CountingWords(dimensions=32), ["64 dimensions", "of 32"]),
        (Recipe(name="wide", chunking=Chunking(limit_words=90)), CountingWords(), [path.name[:12], "'wide'"]),
    ]
    for recipe, embedder, names in cases:
        with pytest.raises(SnapshotError) as refusal:
            asyncio.run(open_snapshot(path, recipe, embedder, scratch, engine=engine))
        assert all(name in refusal.value.message for name in names)
    with pytest.raises(SnapshotError, match="no snapshot 'nothing'"):
        asyncio.run(
            open_snapshot(tmp_path / "out" / "nothing", RECIPE, CountingWords(), scratch, engine=engine)
        )


def test_a_changed_file_is_found_before_anything_is_opened(tmp_path: Path) -> None:
    report = asyncio.run(build(write_documents(tmp_path / "docs", DOCUMENTS), tmp_path / "out"))
    for name in ("passages.parquet", "chroma/chroma.sqlite3", "words/vocab.index.json"):
        file = report.snapshot.path / name
        content = file.read_bytes()
        file.chmod(0o644)
        file.write_bytes(content[:-1] + b"x")
        with pytest.raises(SnapshotError, match=f"'{name}' has changed"):
            asyncio.run(found(report.snapshot.path, "fox", tmp_path / "scratch"))
        file.write_bytes(content)


def test_unknown_ids_and_sources_wrong_limits_and_closed_snapshots_are_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(tmp_path) as snapshot:
            with pytest.raises(NotFoundError, match="'nope'"):
                snapshot.passage("nope")
            with pytest.raises(NotFoundError, match=r"'nope.md'"):
                await snapshot.document_text("nope.md")
            with pytest.raises(InputError, match="limit is 0"):
                await snapshot.search("fox", limit=0)
        await snapshot.aclose()
        with pytest.raises(SnapshotError, match="is closed"):
            await snapshot.search("fox", limit=1)

    asyncio.run(scenario())


def test_documents_without_a_word_can_still_be_searched(tmp_path: Path) -> None:
    report = asyncio.run(build(write_documents(tmp_path / "docs", {"a.md": "--- ... ---"}), tmp_path / "out"))

    (hit,) = asyncio.run(found(report.snapshot.path, "anything", tmp_path / "scratch"))

    assert (hit.passage.text, hit.lexical_score) == ("--- ... ---", None)


def test_windows_and_neighbours_of_a_recipe_are_searched_and_shown(tmp_path: Path) -> None:
    long = "Foxes live in woods. " * 12 + "The otter sleeps below the pier. " + "Owls hunt at night. " * 12
    recipe = Recipe(
        name="small",
        chunking=Chunking(limit_words=80, minimum_words=20, overlap_words=0),
        dense=DenseLeg(window_words=20),
        lexical=LexicalLeg(weight=0),
        choice=Choice(neighbours=1),
    )

    async def scenario() -> None:
        corpus = write_documents(tmp_path / "docs", {"animals.md": long})
        report = await build(corpus, tmp_path / "out", recipe=recipe)
        whole = replace(recipe, dense=DenseLeg())
        blurred = (await build(corpus, tmp_path / "out", recipe=whole)).snapshot.path
        (plain, *_) = await found(blurred, "where the otter sleeps", tmp_path / "scratch", recipe=whole)
        snapshot = await open_snapshot(
            report.snapshot.path, recipe, CountingWords(), tmp_path / "scratch", engine=real_engine()
        )
        try:
            best, *_ = await snapshot.search("where the otter sleeps", limit=1)
            text = await snapshot.document_text("animals.md")
            core = snapshot.passage(best.passage.id)
        finally:
            await snapshot.aclose()
        assert "otter" in core.text
        assert best.similarity and plain.similarity and best.similarity > 1.1 * plain.similarity
        assert best.passage.text == text[best.passage.start : best.passage.end]
        assert core.text in best.passage.text != core.text

    asyncio.run(scenario())


def test_a_recipe_that_only_searches_otherwise_opens_the_same_snapshot(tmp_path: Path) -> None:
    async def scenario() -> None:
        corpus = write_documents(tmp_path / "docs", DOCUMENTS)
        first = await build(corpus, tmp_path / "out")
        other = replace(RECIPE, rrf_k=10, dense=replace(RECIPE.dense, weight=0.5), choice=Choice(alike=0.9))
        second = await build(corpus, tmp_path / "out", recipe=other)
        assert second.reused and second.snapshot.digest == first.snapshot.digest
        assert RECIPE.digest != other.digest
        assert await found(first.snapshot.path, "fish", tmp_path / "scratch", recipe=other)

    asyncio.run(scenario())
