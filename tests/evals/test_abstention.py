"""A threshold for abstaining is told from cases of both kinds, and checked on cases it was not chosen by."""

from hypothesis import given
from hypothesis import strategies as st

from surefoot.evals.abstention import Calibration, Nearest, calibrate

CASES = st.lists(
    st.tuples(st.booleans(), st.none() | st.floats(-1, 1), st.sampled_from("abcdefgh")),
    min_size=1,
    max_size=40,
)


def nearest(answerable: bool, similarity: float | None, cluster: str = "a") -> Nearest:
    return Nearest(case="c", cluster=cluster, answerable=answerable, similarity=similarity)


def test_the_highest_threshold_within_what_may_be_lost_is_chosen() -> None:
    cases = [nearest(True, 0.6 + at / 100, f"{at}") for at in range(20)]
    cases += [nearest(False, 0.1 + at / 20, f"{at}") for at in range(10)]

    found = calibrate(cases, most_lost=0.05)

    assert found.chosen is not None and found.held_out is not None
    assert (found.chosen.similarity, found.chosen.declined_answerable) == (0.61, 1)
    assert found.chosen.declined_unanswerable == 10
    assert found.held_out.declined_answerable <= 3 and found.held_out.unanswerable == 10


def test_nothing_is_chosen_where_the_two_kinds_are_not_apart() -> None:
    cases = [nearest(True, 0.2), nearest(False, 0.8)] * 10

    assert calibrate(cases, most_lost=0.0).chosen is None


def test_a_question_with_nothing_near_is_below_every_threshold() -> None:
    found = calibrate([nearest(True, 0.9), nearest(False, None)], most_lost=0)

    assert found.chosen is not None and found.chosen.declined_unanswerable == 1


@given(CASES, st.sampled_from([0.0, 0.02, 0.5]))
def test_a_higher_threshold_declines_no_less(
    cases: list[tuple[bool, float | None, str]], most_lost: float
) -> None:
    found: Calibration = calibrate([nearest(*case) for case in cases], most_lost=most_lost)

    declined = [(one.declined_answerable, one.declined_unanswerable) for one in found.curve]
    assert declined == sorted(declined)
    if found.chosen is not None:
        assert found.chosen.declined_answerable <= most_lost * found.chosen.answerable
