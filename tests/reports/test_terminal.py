import dataclasses
import io
from datetime import timedelta

import pytest
from hypothesis import given, settings
from rich.console import Console, RenderableType
from tests.traces import examples
from tests.traces.examples import ANSWER, FAILURE, NOON, PINS, THUMBS_UP, abstained, answered, failed

from surefoot.records import Trace
from surefoot.reports.summary_table import summary_table
from surefoot.reports.terminal import answer_view, trace_line, trace_list, trace_view
from surefoot.traces import outline, summarise

HOSTILE = "\x1b[2J[bold red]owned[/] [link=http://bad]x[/link] \x1b]0;t\x07:smile:"


def shown(view: RenderableType, *, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(view)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def test_an_answer_is_shown_with_its_citations_what_gave_it_and_how_fast() -> None:
    assert (
        shown(answer_view(ANSWER, PINS))
        == f"""\
Press the green key twice [1].

[1] guide/start.md > Start > First day  (characters 10-37, score 0.031)

release          {"a1" * 32}  (answers)
prompt           b2b2b2b2b2b2  (answer)
model            d4d4d4d4d4d4  (chat)
first token      0.50 s
tokens/s         10.0
tokens           120 in, 11 out
total            1.50 s"""
    )


def test_a_trace_shows_everything_it_holds() -> None:
    rated = dataclasses.replace(answered("one"), feedback=(THUMBS_UP,))
    assert (
        shown(trace_view(rated))
        == f"""\
trace            one
started          2026-11-22T12:00:00.000+00:00
route            /v1/answers
caller           loopback
question         How do I start it?

{shown(answer_view(ANSWER, PINS))}

citations_valid  1.000
cited_overlap    not measured: has no words to compare

passages shown:
  1. guide/start.md 10-37

system:
  Answer only from the passages.

user:
  [1] Press the green key twice.
  How do I start it?
rated up         anna: right"""
    )


def test_a_failed_trace_shows_the_error_and_what_had_been_sent() -> None:
    text = shown(trace_view(failed("one")))
    assert "failed           ModelUnreachableError: the connection broke\nafter            0.25 s" in text
    assert "sent by then     Press" in text
    assert "passages shown" not in text and "retrieval" not in text


def test_a_failed_trace_shows_how_far_it_had_come() -> None:
    failure = dataclasses.replace(
        FAILURE,
        queue_seconds=0.0,
        retrieval_seconds=0.05,
        passages=ANSWER.passages,
        messages=ANSWER.messages,
    )
    text = shown(trace_view(failed("one", failure=failure)))
    assert "after            0.25 s\nin line          0.00 s\nretrieval        0.05 s\nsent by" in text
    assert "first token" not in text
    assert "passages shown:\n  1. guide/start.md 10-37\n\nsystem:\n" in text


def test_an_app_that_could_not_be_opened_is_named_and_is_no_plain_chat() -> None:
    trace = dataclasses.replace(failed("one"), pins=None, unopened_app="answers")
    summary = summarise([outline(trace)], NOON, NOON + timedelta(days=1))
    assert "release          none: the app answers could not be opened" in shown(trace_view(trace))
    for text in (shown(trace_line(trace)), shown(summary_table(summary))):
        assert "not open" in text and "plain chat" not in text


def test_traces_are_listed_a_line_each() -> None:
    assert (
        shown(trace_list([answered("one"), failed("two"), answered("three", pins=None)]))
        == """\
started (UTC)        id     seconds  ending                 release       question
2026-11-22 12:00:00  one    1.50     answered               a1a1a1a1a1a1  How do I start it?
2026-11-22 12:00:00  two    0.25     ModelUnreachableError  a1a1a1a1a1a1  How do I start it?
2026-11-22 12:00:00  three  1.50     answered               plain chat    How do I start it?"""
    )
    assert shown(trace_list([])) == "No traces."


def test_a_followed_trace_is_one_line_however_long_its_question() -> None:
    answer = dataclasses.replace(ANSWER, question="How?\n" * 100)
    text = shown(trace_line(answered("one", answer=answer)), width=80)
    assert len(text.splitlines()) == 1 and text.startswith("2026-11-22 12:00:00  one  1.50  answered")


def test_a_summary_has_a_column_per_release_and_says_what_was_not_measured() -> None:
    traces = [answered("1"), abstained("2"), failed("3"), answered("4", pins=None)]
    text = shown(summary_table(summarise(map(outline, traces), NOON, NOON + timedelta(days=1))))
    assert (
        text
        == """\
Requests from 2026-11-22 12:00 to 2026-11-23 12:00 UTC

                       plain chat       answers a1a1a1a1a1a1
prompt                 none             answer b2b2b2b2b2b2
requests               1                3
answered               1                1
abstained              0                1
failed                 0                1 (1 ModelUnreachableError)
error rate             0.0%             33.3%
first token p50, p95   0.50 s, 0.50 s   0.50 s, 0.50 s
total p50, p95         1.50 s, 1.50 s   1.50 s, 1.50 s
tokens/s p50           10.00            10.00
citations_valid        1.00             1.00
cited_overlap          - (1 without)    - (2 without)
feedback               0 up, 0 down     0 up, 0 down

plain chat, cited_overlap not measured: 1 x has no words to compare
answers a1a1a1a1a1a1, cited_overlap not measured: 2 x has no words to compare"""
    )


def test_a_summary_of_nothing_says_so() -> None:
    text = shown(summary_table(summarise([], NOON, NOON + timedelta(days=1))))
    assert text == "No requests from 2026-11-22 12:00 to 2026-11-23 12:00 UTC."


def test_many_releases_go_into_further_tables() -> None:
    traces = [
        answered(str(place), pins=dataclasses.replace(PINS, release=f"{place}" * 64)) for place in range(5)
    ]
    text = shown(summary_table(summarise(map(outline, traces), NOON, NOON + timedelta(days=1))))
    assert all(f"answers {place}" in text for place in range(5))
    assert text.count("error rate") == 2


@pytest.mark.parametrize("force_terminal", [True, False])
def test_text_from_a_model_is_neither_markup_nor_a_command_to_the_terminal(force_terminal: bool) -> None:
    answer = dataclasses.replace(ANSWER, text=HOSTILE, question=HOSTILE)
    hostile = answered(HOSTILE, answer=answer)
    console = Console(file=io.StringIO(), width=400, force_terminal=force_terminal, color_system=None)
    for view in (answer_view(answer, PINS), trace_view(hostile), trace_list([hostile]), trace_line(hostile)):
        console.print(view)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "[bold red]owned[/] [link=http://bad]x[/link] :smile:" in text
    assert "\x1b[2J" not in text and "\x1b]" not in text and "\x07" not in text


def test_a_value_of_many_lines_cannot_pass_for_one_of_surefoots_own() -> None:
    answer = dataclasses.replace(ANSWER, question="hello\nrelease          0000")
    lines = shown(trace_view(answered("one", answer=answer))).splitlines()
    assert [line for line in lines if line.startswith("release")] == [
        f"release          {'a1' * 32}  (answers)"
    ]


@settings(max_examples=40, deadline=None)
@given(examples.traces)
def test_any_trace_can_be_shown(trace: Trace) -> None:
    for view in (trace_view(trace), trace_list([trace]), trace_line(trace)):
        shown(view).encode()
