import dataclasses
import xml.etree.ElementTree as ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reports.examples.gates import failing, founding, refused

from surefoot.records import Verdict
from surefoot.reports.interval_svg import draw_axis, draw_interval
from surefoot.reports.intervals import drawn, intervals, labelled

places = st.floats(-1, 1)


def verdict_of(lower: float, middle: float, upper: float, margin: float = 0.05) -> Verdict:
    verdict = failing().receipt.verdict
    first = dataclasses.replace(
        verdict.rules[0],
        rule=dataclasses.replace(verdict.rules[0].rule, margin=margin),
        lower=lower,
        difference=middle,
        upper=upper,
    )
    return dataclasses.replace(verdict, rules=(first, *verdict.rules[1:]))


@settings(deadline=None)
@given(st.tuples(places, places, places).map(sorted), st.floats(1e-6, 1))
def test_every_place_is_on_the_axis_and_the_order_is_kept(values: list[float], margin: float) -> None:
    for interval in intervals(verdict_of(values[0], values[1], values[2], margin)):
        assert interval.lower is not None and interval.estimate is not None and interval.upper is not None
        assert 0 <= interval.lower <= interval.estimate <= interval.upper <= 1
        assert interval.limit is not None and interval.zero is not None
        assert 0 <= interval.limit < interval.zero <= 1


@settings(deadline=None)
@given(st.tuples(places, places, places).map(sorted), st.floats(1e-6, 1), st.integers(20, 80))
def test_a_drawn_interval_has_its_width_and_its_direction(
    values: list[float], margin: float, width: int
) -> None:
    interval = intervals(verdict_of(values[0], values[1], values[2], margin))[0]
    line = drawn(interval, width)
    assert len(line) == width and len(labelled(interval, width)) == width
    assert ("●" in line) is not interval.gone
    assert interval.beyond_left or "◄" not in line
    assert interval.beyond_right or "►" not in line
    assert not interval.gone or "◄──" in line or "──►" in line


def test_zero_and_the_margin_stand_in_one_place_for_every_rule() -> None:
    assert len({(one.zero, one.limit) for one in intervals(failing().receipt.verdict)}) == 1


def test_a_loss_beyond_the_axis_is_an_arrow_to_the_left() -> None:
    interval = intervals(failing().receipt.verdict)[0]
    assert interval.gone and drawn(interval, 40).startswith("◄── ")
    assert "M30 0H0" in draw_interval(interval, "") and "circle" not in draw_interval(interval, "")


def test_an_interval_that_touches_the_margin_is_drawn_across_it() -> None:
    line = drawn(intervals(verdict_of(-0.06, -0.02, 0.01))[0], 60)
    left, middle, right = line.index("├"), line.index("●"), line.index("┤")
    assert left < line.index("┼") < middle < line.rindex("┼") < right


def test_a_rule_without_numbers_shows_the_margin_alone() -> None:
    interval = intervals(refused().receipt.verdict)[1]
    line = drawn(interval, 40)
    assert set(line) == {" ", "│", "┊"} and "bounds" not in draw_interval(interval, "")


def test_a_founding_interval_stands_in_the_range_of_its_metric() -> None:
    interval = intervals(founding().receipt.verdict)[0]
    assert interval.zero is None and interval.limit == 0.8 and interval.worse_left
    assert round(interval.estimate or 0, 6) == 0.9 and interval.beyond_right
    assert labelled(interval, 40).strip() == "" and draw_axis(interval) == ""


def test_where_less_is_better_the_worse_side_of_a_floor_is_the_right_one() -> None:
    verdict = founding().receipt.verdict
    result = verdict.rules[0]
    turned = dataclasses.replace(result, rule=dataclasses.replace(result.rule, lower_is_better=True))
    interval = intervals(dataclasses.replace(verdict, rules=(turned,)))[0]
    assert not interval.worse_left and 'class="worse" x="78.20%"' in draw_interval(interval, "")


@settings(deadline=None)
@given(st.text(max_size=40))
def test_a_description_stays_text(text: str) -> None:
    svg = ElementTree.fromstring(draw_interval(intervals(failing().receipt.verdict)[1], text))
    assert [child.tag.rpartition("}")[2] for child in svg][:2] == ["title", "rect"]
