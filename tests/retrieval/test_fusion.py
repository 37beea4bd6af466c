import math

from hypothesis import given
from hypothesis import strategies as st

from surefoot.retrieval.fusion import Ranking, fuse

IDS = st.lists(st.sampled_from("abcdefghij"), unique=True).map(tuple)
RANKINGS = st.lists(
    st.builds(Ranking, ids=IDS, weight=st.sampled_from([0.0, 0.3, 1.0, 2.5])), min_size=1, max_size=4
)
K = st.integers(min_value=1, max_value=200)


def test_the_scores_are_those_of_the_paper() -> None:
    fused = fuse([Ranking(ids=("a", "b"), weight=1), Ranking(ids=("b", "c"), weight=2)], rrf_k=60)

    assert [one.id for one in fused] == ["b", "c", "a"]
    assert [one.score for one in fused] == [1 / 62 + 2 / 61, 2 / 62, 1 / 61]


def test_equal_scores_go_by_best_rank_and_then_by_id() -> None:
    fused = fuse([Ranking(ids=("z", "m"), weight=1), Ranking(ids=("b", "n"), weight=1)], rrf_k=60)

    assert [one.id for one in fused] == ["b", "z", "m", "n"]


@given(RANKINGS, K)
def test_the_order_of_the_legs_does_not_matter(rankings: list[Ranking], k: int) -> None:
    assert fuse(rankings, rrf_k=k) == fuse(rankings[::-1], rrf_k=k)


@given(RANKINGS, K)
def test_scores_fall_and_each_id_comes_once(rankings: list[Ranking], k: int) -> None:
    fused = fuse(rankings, rrf_k=k)

    assert [one.score for one in fused] == sorted((one.score for one in fused), reverse=True)
    assert {one.id for one in fused} == {found for leg in rankings if leg.weight for found in leg.ids}
    assert len({one.id for one in fused}) == len(fused)
    assert all(math.isfinite(one.score) and one.score > 0 for one in fused)


@given(RANKINGS, K, IDS.filter(lambda ids: len(ids) > 1))
def test_a_better_rank_never_lowers_a_score(rankings: list[Ranking], k: int, ids: tuple[str, ...]) -> None:
    before = fuse([*rankings, Ranking(ids=ids, weight=1)], rrf_k=k)
    raised = (ids[1], ids[0], *ids[2:])
    after = fuse([*rankings, Ranking(ids=raised, weight=1)], rrf_k=k)

    score_before = next(one.score for one in before if one.id == ids[1])
    assert next(one.score for one in after if one.id == ids[1]) >= score_before
