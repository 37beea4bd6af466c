import dataclasses
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.traces.examples import ANSWER, NOON, PINS, answered, failed

from surefoot.records import Pins, Scored, Timings, Trace
from surefoot.reports import Plot, quality_plots
from surefoot.reports.svg import Line, draw
from surefoot.traces import Series, outline, series

SVG = "{http://www.w3.org/2000/svg}"
LATER = NOON + timedelta(hours=1)


def at(minute: int, first_token_seconds: float, *, pins: Pins = PINS) -> Trace:
    timings = Timings(
        queue_seconds=0, retrieval_seconds=0, first_token_seconds=first_token_seconds, total_seconds=9
    )
    answer = dataclasses.replace(ANSWER, timings=timings)
    return answered(f"{minute}", started_at=NOON + timedelta(minutes=minute), pins=pins, answer=answer)


def series_of(*traces: Trace) -> tuple[Series, ...]:
    return series(map(outline, traces), NOON, LATER, spans=6)


def first_token(*traces: Trace) -> tuple[Plot, ElementTree.Element]:
    plot = quality_plots(series_of(*traces))[0]
    return plot, ElementTree.fromstring(plot.svg)


def test_the_four_plots_are_whole_svgs_that_say_in_words_what_they_show() -> None:
    plots = quality_plots(series_of(at(5, 0.5), at(15, 2.0), at(55, 1.0)))
    assert [plot.title for plot in plots] == [
        "First token, median seconds",
        "Tokens a second, median",
        "Citations valid, mean",
        "Error rate",
    ]
    for plot in plots:
        root = ElementTree.fromstring(plot.svg)
        assert root.tag == f"{SVG}svg" and root.get("role") == "img"
        assert root.findtext(f"{SVG}title") == plot.title
    description = ElementTree.fromstring(plots[0].svg).findtext(f"{SVG}desc")
    assert description == "answers a1a1a1a1a1a1: latest 1, lowest 0.5, highest 2"


def test_a_span_without_requests_is_a_gap_and_not_a_zero() -> None:
    _, root = first_token(at(5, 0.5), at(15, 2.0), at(55, 1.0))
    (line,) = root.iter(f"{SVG}polyline")
    assert len(str(line.get("points")).split()) == 2
    assert len(list(root.iter(f"{SVG}circle"))) == 1


def test_a_slower_first_token_is_drawn_higher_and_zero_on_the_ground() -> None:
    _, root = first_token(at(5, 0.0), at(15, 2.0))
    (line,) = root.iter(f"{SVG}polyline")
    ground, top = (float(point.split(",")[1]) for point in str(line.get("points")).split())
    assert ground == 98.0 and top < 30


def test_only_the_five_releases_that_started_last_are_drawn_each_in_a_colour_of_its_own() -> None:
    each = [
        at(minute, 1.0, pins=dataclasses.replace(PINS, release=f"{minute // 10}" * 64))
        for minute in range(0, 60, 5)
    ] + [at(59, 1.0, pins=dataclasses.replace(PINS, release="0" * 64))]
    plot, _ = first_token(*each)
    assert [label for _, label in plot.legend] == [f"answers {place * 12}" for place in "12345"]
    assert len({colour for colour, _ in plot.legend}) == 5


def test_lines_differ_in_dashes_too() -> None:
    moments = [NOON, LATER]
    lines = [Line(label=str(place), values=(0.1 * place, 0.2)) for place in range(5)]
    root = ElementTree.fromstring(draw("t", "d", lines, moments, top=1.0))
    drawn = {(line.get("stroke"), line.get("stroke-dasharray")) for line in root.iter(f"{SVG}polyline")}
    assert len({dashes for _, dashes in drawn}) == len({colour for colour, _ in drawn}) == 5


@pytest.mark.parametrize(
    ("highest", "top"), [(0.0, "1"), (0.03, "0.05"), (1.0, "1"), (1.1, "2"), (4.06, "5"), (70.0, "100")]
)
def test_the_axis_ends_at_a_round_number(highest: float, top: str) -> None:
    _, root = first_token(at(5, highest))
    assert [text.text for text in root.iter(f"{SVG}text")] == [top, "0", "12:00", "12:50 UTC"]


def test_only_failures_draw_no_line_for_what_was_not_measured() -> None:
    plots = quality_plots(series_of(failed("1")))
    assert "not measured" in plots[0].svg and "<polyline" not in plots[0].svg
    assert "latest 1" in plots[3].svg


def test_without_requests_there_are_no_plots() -> None:
    assert quality_plots(()) == ()


def test_another_score_can_be_drawn_and_one_below_the_axis_stays_on_it() -> None:
    answer = dataclasses.replace(ANSWER, scores={"best_similarity": Scored(value=-0.5)})
    plot = quality_plots(series_of(answered("1", answer=answer)), score="best_similarity")[2]
    assert plot.title == "Best similarity, mean"
    assert 'cy="98.0"' in plot.svg


@given(st.text(), st.text(), st.lists(st.none() | st.floats(-1e9, 1e9), max_size=5))
def test_no_name_breaks_out_of_the_drawing(title: str, label: str, values: list[float | None]) -> None:
    moments = [NOON + timedelta(days=place) for place in range(len(values))]
    drawn = draw(title, label, [Line(label=label, values=tuple(values))], moments, top=1.0)
    root = ElementTree.fromstring(drawn)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "path", "text", "polyline", "circle")
    }


def test_a_hostile_name_is_text() -> None:
    hostile = "</title><script>alert(1)</script>"
    drawn = draw(hostile, hostile, [], [], top=1.0)
    assert "<script" not in drawn
    assert ElementTree.fromstring(drawn).findtext(f"{SVG}title") == hostile
