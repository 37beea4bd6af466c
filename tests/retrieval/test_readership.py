"""Whoever searches finds what they may read, and nothing else changes what that is."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.retrieval.fixtures import CountingWords, build, real_engine

from surefoot.errors import SettingsError, SnapshotError
from surefoot.records import EVERYBODY, Passage, RankedPassage, Reach
from surefoot.retrieval import Corpus, Recipe, Source, load_corpus
from surefoot.retrieval.bm25s_lexical import Bm25sLexical
from surefoot.retrieval.readership import Readership
from surefoot.retrieval.recipes import DenseLeg, LexicalLeg
from surefoot.retrieval.searching import open_snapshot

STAFF = Reach(groups=("staff",))
LEG = LexicalLeg()


def corpus(folder: Path, *, secrets: int = 60) -> Corpus:
    """Two open documents, and far more that are kept to the staff and speak of the same."""
    for name in ("open", "staff"):
        (folder / name).mkdir(parents=True)
    (folder / "open" / "keys.md").write_text("The vault key is turned each spring.")
    (folder / "open" / "fish.md").write_text("Herrings swim in the north sea.")
    for number in range(secrets):
        text = f"The vault key number {number} is turned each spring and each autumn by the night watch."
        (folder / "staff" / f"{number:02}.md").write_text(text)
    return Corpus(
        name="mixed",
        sources=(
            Source(path=folder / "open", metadata={"kind": "public"}),
            Source(path=folder / "staff", access=("staff",), metadata={"kind": "internal"}),
        ),
    )


async def searched(
    folder: Path, question: str, reach: Reach, *, secrets: int = 60, recipe: Recipe | None = None
) -> tuple[RankedPassage, ...]:
    recipe = recipe or Recipe(name="r", dense=DenseLeg(candidates=3), lexical=LexicalLeg(candidates=3))
    report = await build(corpus(folder / "docs", secrets=secrets), folder / "out", recipe=recipe)
    snapshot = await open_snapshot(
        report.snapshot.path, recipe, CountingWords(), folder / "scratch", engine=real_engine()
    )
    try:
        return await snapshot.search(question, limit=3, reach=reach)
    finally:
        await snapshot.aclose()


def test_what_is_kept_to_others_is_not_found_and_hides_nothing_that_is_open(tmp_path: Path) -> None:
    found = asyncio.run(searched(tmp_path, "when is the vault key turned", EVERYBODY))

    assert [one.passage.source for one in found] == ["keys.md", "fish.md"]
    assert found[0].lexical_score is not None and found[0].similarity is not None


def test_a_reader_of_the_group_finds_it(tmp_path: Path) -> None:
    found = asyncio.run(searched(tmp_path, "vault key number 31", STAFF))

    assert "31.md" in [one.passage.source for one in found]
    assert found[0].passage.access == ("staff",)


@pytest.mark.parametrize("groups", [(), ("Staff",), ("staff ",), ("*",), ("sta",)])
def test_no_other_name_opens_a_group(tmp_path: Path, groups: tuple[str, ...]) -> None:
    found = asyncio.run(searched(tmp_path, "vault key", Reach(groups=groups)))

    assert {one.passage.source for one in found} == {"keys.md", "fish.md"}


def test_the_order_of_what_is_found_does_not_tell_of_what_is_not(tmp_path: Path) -> None:
    few = asyncio.run(searched(tmp_path / "few", "vault key", EVERYBODY, secrets=1))
    many = asyncio.run(searched(tmp_path / "many", "vault key", EVERYBODY, secrets=60))

    assert [(one.passage.id, one.score, one.similarity) for one in few] == [
        (one.passage.id, one.score, one.similarity) for one in many
    ]


def test_a_filter_narrows_what_the_groups_open(tmp_path: Path) -> None:
    only = Reach(groups=("staff",), where={"kind": ("public",)})
    found = asyncio.run(searched(tmp_path, "vault key", only))

    assert {one.passage.source for one in found} == {"keys.md", "fish.md"}
    assert found[0].passage.metadata == {"kind": "public"}


def test_nothing_is_found_where_nothing_is_within_reach(tmp_path: Path) -> None:
    assert asyncio.run(searched(tmp_path, "vault key", Reach(where={"kind": ("none",)}))) == ()


def test_among_very_many_secrets_a_reader_finds_all_that_and_only_what_they_would_find_without_them(
    tmp_path: Path,
) -> None:
    """Ranks, scores and counts are the same, though 99 of 100 passages are out of reach."""
    asked = "vault opens noon today again soon".split()

    def text(at: int) -> str:
        shared = at % 6 + 1
        return " ".join([*asked[:shared], *(f"w{at}x{more}" for more in range(8 - shared))])

    open_texts = {f"{at}.md": text(at) for at in range(6)}
    secret = {f"{at:03}.md": text(at) for at in range(6, 600)}
    for side, kept in (("alone", {}), ("among", secret)):
        for name, texts in (("open", open_texts), ("staff", kept)):
            folder = tmp_path / side / name
            folder.mkdir(parents=True)
            for file, content in texts.items():
                (folder / file).write_text(content)

    def found(side: str, reach: Reach) -> tuple[RankedPassage, ...]:
        sources = [Source(path=tmp_path / side / "open", metadata={"kind": "open"})]
        if side == "among":
            sources.append(Source(path=tmp_path / side / "staff", access=("staff",)))
        mixed = Corpus(name="mixed", sources=tuple(sources))
        return asyncio.run(found_in(mixed, tmp_path / side / "out", " ".join(asked), reach))

    def told(side: str, reach: Reach) -> list[tuple[str, float, float | None, float | None]]:
        return [
            (one.passage.source, one.score, one.similarity, one.lexical_score) for one in found(side, reach)
        ]

    alone, among = told("alone", EVERYBODY), told("among", EVERYBODY)
    assert [one[0] for one in alone] == [one[0] for one in among] == ["5.md", "4.md", "3.md", "2.md"]
    assert [one[1:] for one in among] == [pytest.approx(one[1:], rel=1e-5) for one in alone]
    assert {one.passage.access for one in found("among", STAFF)} >= {("staff",)}


async def found_in(mixed: Corpus, out: Path, question: str, reach: Reach) -> tuple[RankedPassage, ...]:
    recipe = Recipe(name="r", dense=DenseLeg(candidates=4), lexical=LexicalLeg(candidates=4))
    report = await build(mixed, out, recipe=recipe)
    snapshot = await open_snapshot(
        report.snapshot.path, recipe, CountingWords(), out.parent / "scratch", engine=real_engine()
    )
    try:
        return await snapshot.search(question, limit=5, reach=reach)
    finally:
        await snapshot.aclose()


WORDS = ("key", "vault", "spring", "autumn", "night")


@given(
    st.lists(st.tuples(st.lists(st.sampled_from(WORDS), min_size=4, max_size=4), st.booleans()), min_size=1)
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_words_score_is_that_of_an_index_of_what_is_within_alone(
    tmp_path: Path, texts: list[tuple[list[str], bool]]
) -> None:
    within = numpy.array([held for _, held in texts])
    kept = [words for words, held in texts if held]

    def scores(of: list[list[str]], mask: NDArray[numpy.bool_] | None) -> list[float]:
        with TemporaryDirectory(dir=tmp_path) as folder:
            Bm25sLexical().write(Path(folder), [" ".join(words) for words in of], LEG)
            hits = Bm25sLexical().open(Path(folder), LEG).search("key vault key night", 99, within=mask)
        return [hit.score for hit in hits]

    if kept:
        assert scores([words for words, _ in texts], within) == pytest.approx(scores(kept, None), rel=1e-5)
    else:
        assert scores([words for words, _ in texts], within) == []


GROUPS = st.lists(st.sampled_from("abc"), max_size=3, unique=True).map(tuple)
SAID = st.dictionaries(st.sampled_from(["team", "region"]), st.sampled_from(["x", "y"]))
WHERE = st.dictionaries(
    st.sampled_from(["team", "region", "none"]), st.lists(st.sampled_from("xyz")).map(tuple)
)


@given(st.lists(st.tuples(GROUPS, SAID), max_size=8), GROUPS, WHERE)
def test_what_is_within_reach_of_all_passages_is_what_the_reach_holds_of_each(
    passages: list[tuple[tuple[str, ...], dict[str, str]]],
    groups: tuple[str, ...],
    where: dict[str, tuple[str, ...]],
) -> None:
    held = [
        Passage(id=str(at), source="a", start=0, end=1, text="x", access=access, metadata=said)
        for at, (access, said) in enumerate(passages)
    ]
    reach = Reach(groups=groups, where=where)

    within = Readership(held).within(reach)

    expected = [reach.holds(passage) for passage in held]
    assert all(expected) if within is None else within.tolist() == expected


def test_passages_of_which_it_is_not_said_who_may_read_them_are_served_to_nobody(tmp_path: Path) -> None:
    report = asyncio.run(build(corpus(tmp_path / "docs", secrets=1), tmp_path / "out"))
    rows = pyarrow.parquet.read_table(report.snapshot.path / "passages.parquet")
    for damaged in (
        rows.drop_columns(["access"]),
        rows.set_column(rows.schema.get_field_index("access"), "access", pyarrow.nulls(len(rows))),
    ):
        pyarrow.parquet.write_table(damaged, tmp_path / "damaged.parquet")
        with pytest.raises(SnapshotError, match="who may read it"):
            real_engine().files.read_passages(tmp_path / "damaged.parquet")


def test_a_corpus_file_says_who_may_read_its_sources_and_an_empty_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    file = tmp_path / "c.toml"
    file.write_text(
        'schema = 1\n[[sources]]\npath = "docs"\naccess = ["staff", "board"]\n'
        'metadata = {time = "2026-01-31"}\n'
    )
    (source,) = load_corpus(file, tmp_path).sources
    assert (source.access, source.metadata) == (("board", "staff"), {"time": "2026-01-31"})

    file.write_text('schema = 1\n[[sources]]\npath = "docs"\naccess = []\n')
    with pytest.raises(SettingsError, match="is an empty list"):
        load_corpus(file, tmp_path)


def test_labels_decide_the_snapshot_and_a_corpus_without_any_keeps_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    corpus(folder, secrets=1)
    plain = Corpus(name="c", sources=(Source(path=folder / "open"),))
    labelled = Corpus(name="c", sources=(Source(path=folder / "open", access=("staff",)),))

    first, second, again = (
        asyncio.run(build(one, tmp_path / "out")).snapshot.digest for one in (plain, labelled, plain)
    )

    assert first == again != second
