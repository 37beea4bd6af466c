"""What is shown of what was found."""

from hypothesis import given
from hypothesis import strategies as st

from surefoot.records import Passage
from surefoot.retrieval.choosing import Candidate, choose, shared_share, shingles
from surefoot.retrieval.recipes import Choice

TEXTS = st.lists(
    st.sampled_from("the vault keeps three copies of each file for ninety days".split()), max_size=12
)
OFF = Choice()


def candidates(*texts: str, source: str = "a.md") -> list[Candidate]:
    return [
        Candidate(
            passage=Passage(id=str(at), source=source, start=0, end=len(text), text=text), score=1 / (1 + at)
        )
        for at, text in enumerate(texts)
    ]


def unlike(one: str, other: str) -> float:
    return 0.0


def ids(chosen: tuple[Candidate, ...]) -> str:
    return "".join(one.passage.id for one in chosen)


@given(st.lists(TEXTS.map(" ".join), max_size=8), st.integers(1, 9))
def test_without_a_word_in_the_recipe_the_order_stays_and_its_end_is_cut(
    texts: list[str], limit: int
) -> None:
    found = candidates(*texts)

    assert choose(found, OFF, limit=limit, cosine=unlike) == tuple(found[:limit])


def test_a_passage_that_repeats_a_better_one_makes_room() -> None:
    found = candidates(
        "Keys last for ninety days, then the vault turns them.",
        "keys last for ninety days, then the vault turns them",
        "Backups run at night and are kept for a year.",
        "As said above: keys last for ninety days, then the vault turns them.",
    )

    assert ids(choose(found, Choice(alike=0.9), limit=3, cosine=unlike)) == "02"
    assert ids(choose(found, OFF, limit=3, cosine=unlike)) == "012"


@given(TEXTS, TEXTS)
def test_how_much_two_texts_share_is_mutual_and_a_text_shares_all_with_itself(
    one: list[str], other: list[str]
) -> None:
    first, second = shingles(" ".join(one)), shingles(" ".join(other))

    assert 0 <= shared_share(first, second) == shared_share(second, first) <= 1
    assert shared_share(first, first) == (1 if one else 0)


def test_no_document_gives_more_than_its_share() -> None:
    found = [*candidates("one", "two", "three"), *candidates("four", source="b.md")]

    chosen = choose(found, Choice(per_document=2), limit=9, cosine=unlike)

    assert [one.passage.source for one in chosen] == ["a.md", "a.md", "b.md"]


def test_diversity_prefers_what_is_unlike_the_passages_before_it_and_keeps_the_best_first() -> None:
    found = candidates("a", "a too", "b")
    groups = {"0": "a", "1": "a", "2": "b"}

    def same_group(one: str, other: str) -> float:
        return float(groups[one] == groups[other])

    assert ids(choose(found, Choice(diversity=0.6), limit=2, cosine=same_group)) == "02"
    assert ids(choose(found, Choice(diversity=0.6), limit=3, cosine=same_group)) == "021"
    assert ids(choose(found, Choice(diversity=0.1), limit=2, cosine=same_group)) == "01"
