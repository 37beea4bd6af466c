"""Whoever searches finds what they may read, and nothing else changes what that is."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.retrieval.fixtures import CountingWords, build, real_engine

from surefoot.errors import SettingsError
from surefoot.records import EVERYBODY, Passage, RankedPassage, Reach
from surefoot.retrieval import Corpus, Recipe, Source, load_corpus
from surefoot.retrieval.readership import Readership
from surefoot.retrieval.recipes import DenseLeg, LexicalLeg
from surefoot.retrieval.searching import open_snapshot

STAFF = Reach(groups=("staff",))


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


GROUPS = st.lists(st.sampled_from("abc"), max_size=3, unique=True).map(tuple)


@given(st.lists(GROUPS, max_size=8), GROUPS)
def test_what_is_kept_for_a_reach_is_what_the_reach_holds(
    access: list[tuple[str, ...]], groups: tuple[str, ...]
) -> None:
    passages = [
        Passage(id=str(at), source="a", start=0, end=1, text="x", access=labels)
        for at, labels in enumerate(access)
    ]
    readership, reach = Readership(passages), Reach(groups=groups)

    for _ in range(2):
        within = readership.within(reach)
        held = [reach.holds(passage) for passage in passages]
        assert all(held) if within is None else within.tolist() == held


def test_a_corpus_file_says_who_may_read_its_sources_and_an_empty_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    file = tmp_path / "c.toml"
    file.write_text(
        'schema = 1\n[[sources]]\npath = "docs"\naccess = ["staff", "board"]\n'
        'metadata = {time = "2026-01-31"}\n'
    )
    (source,) = load_corpus(file, tmp_path, tmp_path / "brought").sources
    assert (source.access, source.metadata) == (("board", "staff"), {"time": "2026-01-31"})

    file.write_text('schema = 1\n[[sources]]\npath = "docs"\naccess = []\n')
    with pytest.raises(SettingsError, match="is an empty list"):
        load_corpus(file, tmp_path, tmp_path / "brought")


def test_labels_decide_the_snapshot_and_a_corpus_without_any_keeps_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    corpus(folder, secrets=1)
    plain = Corpus(name="c", sources=(Source(path=folder / "open"),))
    labelled = Corpus(name="c", sources=(Source(path=folder / "open", access=("staff",)),))

    first, second, again = (
        asyncio.run(build(one, tmp_path / "out")).snapshot.digest for one in (plain, labelled, plain)
    )

    assert first == again != second
