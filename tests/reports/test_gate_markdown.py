"""What a bot would post: read by a Markdown parser, as a forge reads it."""

import dataclasses
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.reports.examples.gates import failing, founding
from tests.reports.examples.hostile import TRICKS, hostile

from surefoot.reports.gate_markdown import MOST_CHARACTERS, gate_markdown, marker
from surefoot.reports.inert_markdown import inert, inert_block, inert_lines
from surefoot.reports.printable import printable

# What these letters would do is seen where they stand alone and among others.
texts = st.one_of(
    st.text(max_size=80), st.text(alphabet="@#/:|<>&`*_[]()!~$\\-\n \tawhtpsGH-12.", max_size=80)
)


class Shape(HTMLParser):
    """The tags and attributes of a page, without line ends within a text; and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[object] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.text += "\n"
        if tag != "br":
            self.tags.append((tag, attributes))

    def handle_endtag(self, tag: str) -> None:
        self.text += "\n"
        self.tags.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.tags.append(f"comment {data}")

    def handle_data(self, data: str) -> None:
        self.text += data


def read(markdown: str) -> Shape:
    shape = Shape()
    shape.feed(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown))
    return shape


def sets_a_forge_to_work(text: str) -> list[str]:
    """Mentions, references and addresses that GitHub or GitLab find in a text as it is shown."""
    return re.findall(r"@\w|[#!$~%&^]\w|\bGH-\d|://|\bwww\.", text, re.IGNORECASE)


def without_code(markdown: str) -> str:
    """The text without its fenced blocks, which no forge looks into."""
    return re.sub(r"^(`{3,}).*?^\1$", "", markdown, flags=re.DOTALL | re.MULTILINE)


PLAIN = read(gate_markdown(hostile("plain"))).tags


@pytest.mark.parametrize("trick", TRICKS)
def test_no_text_makes_markup_or_calls_anybody(trick: str) -> None:
    markdown = gate_markdown(hostile(trick))
    shape = read(markdown)
    assert shape.tags == PLAIN
    assert sets_a_forge_to_work(read(without_code(markdown)).text) == []


@settings(max_examples=50, deadline=None)
@given(texts)
def test_any_text_leaves_the_structure_as_it_was(text: str) -> None:
    made = dataclasses.replace(hostile(text), prompt_diff="x")
    markdown = gate_markdown(made)
    shape = read(markdown)
    assert shape.tags == PLAIN
    assert sets_a_forge_to_work(read(without_code(markdown)).text) == []
    columns = [line.count("|") for line in markdown.splitlines() if line.startswith("| ")]
    assert columns == [10] * 7


@settings(max_examples=30, deadline=None)
@given(texts)
def test_no_line_begins_with_what_others_wrote(text: str) -> None:
    ours = re.compile(
        r"$|<!-- surefoot|## |\d+\. |\||<|- |Must hold|Not measured|```|surefoot |git |Receipt|[ +-]"
    )
    assert [line for line in gate_markdown(hostile(text)).splitlines() if not ours.match(line)] == []


@settings(deadline=None)
@given(texts)
def test_inert_text_reads_as_it_was_written(text: str) -> None:
    shown = MarkdownIt("commonmark").render("x " + inert(text)).replace("\u200b", "")
    parser = Shape()
    parser.feed(shown)
    assert parser.tags == [("p", []), "/p"]
    letters = "".join(letter for letter in printable(text) if letter.isalnum())
    assert [letter for letter in parser.text if letter.isalnum()][1:] == list(letters)


@pytest.mark.parametrize("opening", ["# x", "- x", "+ x", "1. x", "> x", "* x", "2) x", "=== x", "--- x"])
def test_an_item_of_a_list_opens_nothing(opening: str) -> None:
    tokens = MarkdownIt("commonmark").parse(f"1. {inert(opening)}")
    assert [token.type for token in tokens if token.level == 2] == ["paragraph_open", "paragraph_close"]


@settings(deadline=None)
@given(texts)
def test_a_fenced_block_cannot_be_left(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(inert_block(text, "diff", most=200))
    assert [token.type for token in tokens] == ["fence"]


def test_lines_of_an_answer_stay_lines() -> None:
    assert inert_lines("one\ntwo\r\nthree\n", most=99) == "one<br>two<br>three"


def test_the_marker_names_the_suite_and_cannot_be_closed() -> None:
    assert marker("answers") == "<!-- surefoot gate: answers -->"
    assert marker("a --> <b>").count(">") == 1
    assert gate_markdown(failing()).startswith("<!-- surefoot gate: answers -->\n")


@pytest.mark.parametrize("trick", ["word " * 4_000, "|*_" * 4_000, "@a\n" * 8_000, "`" * 20_000])
def test_a_comment_is_never_too_long_and_still_whole(trick: str) -> None:
    markdown = gate_markdown(hostile(trick))
    assert len(markdown) <= MOST_CHARACTERS
    assert "gate verify" in markdown and markdown.count("<details>") == markdown.count("</details>")
    assert "| citations&#95;valid |" in markdown


def test_what_does_not_fit_is_said() -> None:
    made = hostile("|*_" * 4_000)
    verdict = dataclasses.replace(made.receipt.verdict, reasons=("|*_" * 4_000,) * 30)
    made = dataclasses.replace(made, receipt=dataclasses.replace(made.receipt, verdict=verdict))
    markdown = gate_markdown(made)
    assert "did not fit into a comment" in markdown and len(markdown) <= MOST_CHARACTERS
    assert "and 10 more reasons" in markdown


def test_many_broken_cases_are_counted_when_only_some_are_shown() -> None:
    markdown = gate_markdown(failing(60))
    assert "Cases that broke most (12 of 50)" in markdown and markdown.count("<table>") == 12


def test_a_founding_gate_has_one_answer_a_case_and_no_baseline() -> None:
    markdown = gate_markdown(founding("FAIL"))
    assert "colspan" in markdown and "baseline" not in markdown and "--against founding" in markdown
