"""Answers of two prompts beside each other."""

import io
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from tests.traces.examples import ANSWER

from surefoot.errors import ModelError
from surefoot.records import ToolCall, Usage
from surefoot.reports.tried import Reply, Trial, TriedSide, after_lines, columns, difference

SIDES = tuple(
    TriedSide(name=name, prompt_name="answer", prompt=digit * 64, release=None)
    for name, digit in (("production", "a"), ("the working tree", "b"))
)
TRIAL = Trial(prompt="answer", app="answers", model="chat", sides=SIDES, change="", notes=())
ANSWERED = Reply(text=ANSWER.text, outcome=ANSWER)


def shown(*replies: Reply, width: int = 100, height: int | None = None) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(columns(TRIAL, replies, console=console, height=height))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def growing(text: str) -> Reply:
    return Reply(text=text, outcome=None)


def test_while_they_grow_long_answers_show_how_they_end() -> None:
    text = "\n".join(f"line {number}" for number in range(50))

    lines = shown(growing(text), growing("short"), height=10)

    assert len(lines) <= 11
    assert lines[1].split() == ["...", "short"]
    assert any(line.startswith("line 49") for line in lines)
    assert not any(line.startswith("line 3 ") for line in lines)


def test_once_they_have_ended_all_of_them_is_shown() -> None:
    text = "\n".join(f"line {number}" for number in range(50))

    lines = shown(Reply(text=text, outcome=replace(ANSWER, text=text)), ANSWERED)

    assert [line.split("  ")[0] for line in lines[1:51]] == text.splitlines()


@settings(max_examples=60, deadline=None)
@given(
    one=st.text(),
    other=st.text(),
    width=st.integers(100, 200),
    height=st.one_of(st.none(), st.integers(5, 40)),
)
def test_no_text_leaves_its_column_or_steers_the_terminal(
    one: str, other: str, width: int, height: int | None
) -> None:
    replies = (growing(one), Reply(text=other, outcome=replace(ANSWER, text=other)))
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=True)
    console.print(columns(TRIAL, replies, console=console, height=height))
    assert isinstance(console.file, io.StringIO)
    written = console.file.getvalue()

    assert "\x1b" not in written
    assert "\r" not in written
    assert all(cell_len(line) <= width for line in written.split("\n"))


def test_a_side_that_failed_says_why_and_what_to_do() -> None:
    failed = Reply(text="The ga", outcome=ModelError("it broke off", remedy="ask again"))

    assert [line.plain for line in after_lines(failed)] == [
        "failed           it broke off",
        "to mend it       ask again",
    ]
    assert difference((ANSWERED, failed)) == "The answers are not compared: not both sides answered."


def test_answers_are_compared_by_their_words_and_the_calls_they_ask_for() -> None:
    spaced = replace(ANSWER, text=f" {ANSWER.text}\n")
    calling = replace(ANSWER, tool_calls=(ToolCall(id="1", name="look", arguments="{}"),))
    fewer = replace(ANSWER, text="No.", passages=ANSWER.passages[:0])

    assert difference((ANSWERED, Reply(text="", outcome=spaced))).startswith("The answers are the same")
    assert difference((ANSWERED, Reply(text="", outcome=calling))).startswith("The answers differ")
    assert "passages shown, 0 are the same" in difference((ANSWERED, Reply(text="", outcome=fewer)))
    assert difference((ANSWERED,)) == ""


def test_what_an_apps_own_steps_took_and_searched_is_shown() -> None:
    rewritten = replace(
        ANSWER,
        searched=("How do I start the pump?",),
        earlier_usage=Usage(prompt_tokens=30, output_tokens=9),
        tool_calls=(ToolCall(id="1", name="look", arguments='{"at": "pump"}'),),
        finish_reason="length",
    )

    told = "\n".join(line.plain for line in after_lines(Reply(text="", outcome=rewritten)))

    assert "searched         How do I start the pump?" in told
    assert "tokens           150 in, 20 out" in told
    assert 'calls            look({"at": "pump"})' in told
    assert "ended            length: cut off at max_output_tokens" in told
