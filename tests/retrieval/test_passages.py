from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.retrieval.beautifulsoup_html import readable_text
from surefoot.retrieval.build import passages_digest
from surefoot.retrieval.llama_index_documents import LlamaIndexDocuments
from surefoot.retrieval.ports import ParsedDocument, ReadText
from surefoot.retrieval.recipes import Chunking
from surefoot.retrieval.spans import WORD, count_words, sentences_of

PARSER = LlamaIndexDocuments()
SMALL = Chunking(limit_words=24, minimum_words=8, overlap_words=6)
GOLDEN_DIGEST = "7d242a71db47a089c51c640d416cf3e08a0a49fd1f7d3ca77f993c6f2d4e3db5"

WORDS = st.sampled_from(
    "the vault keeps 3.2 copies. of files, e.g. `a.b`; and stops! 備份資料。 why? # ``` | - 1.".split()
)
LINE = st.lists(WORDS, max_size=14).map(" ".join)
HEADING = st.tuples(st.integers(1, 7), st.sampled_from([" ", "\t", "  ", ""]), LINE).map(
    lambda parts: "#" * parts[0] + parts[1] + parts[2]
)
BLOCK = st.one_of(
    LINE,
    HEADING,
    st.lists(LINE, max_size=6).map("\n".join),
    st.lists(LINE, min_size=1, max_size=8).map(lambda rows: "\n".join(f"| {row} | x |" for row in rows)),
    st.lists(LINE, max_size=4).map(lambda lines: "```\n" + "\n".join(lines) + "\n```"),
    st.text(max_size=40),
    st.just("一" * 60),
)
DOCUMENT = st.lists(BLOCK, max_size=14).flatmap(
    lambda blocks: st.sampled_from(["\n\n", "\n", "\r\n"]).map(lambda gap: gap.join(blocks))
)


def read(text: str, kind: str = "markdown") -> ReadText:
    """As a reader would; any text, empty or not."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if kind == "html":
        return ReadText(text=readable_text(text), structure="markdown")
    return ReadText(text=text, structure="text" if kind == "text" else "markdown")


def cut(text: str, kind: str = "markdown", chunking: Chunking = SMALL) -> ParsedDocument:
    return PARSER.parse("notes.md", read(text, kind), chunking)


@settings(max_examples=120, deadline=None)
@given(DOCUMENT, st.sampled_from(["markdown", "text", "html"]))
def test_every_span_is_exact_and_no_letter_is_lost(text: str, kind: str) -> None:
    document = cut(text, kind)

    covered: set[int] = set()
    for passage in document.passages:
        assert document.text[passage.start : passage.end] == passage.text
        assert passage.text == passage.text.strip() != ""
        covered.update(range(passage.start, passage.end))
    assert all(letter.isspace() or at in covered for at, letter in enumerate(document.text))


@settings(max_examples=60, deadline=None)
@given(DOCUMENT)
def test_passages_advance_stay_small_and_have_their_own_ids(text: str) -> None:
    passages = cut(text).passages

    starts, ends = [one.start for one in passages], [one.end for one in passages]
    assert starts == sorted(set(starts))
    assert ends == sorted(set(ends))
    assert len({one.id for one in passages}) == len(passages)
    largest = SMALL.limit_words * 5 // 4 + SMALL.overlap_words
    assert all(count_words(one.text) <= largest for one in passages)


@given(st.text())
def test_sentences_joined_are_the_text(text: str) -> None:
    assert "".join(sentences_of(text)) == text


def test_sections_follow_headings_and_know_their_path() -> None:
    intro = "Intro of the vault, with enough words to stand alone."
    text = f"# Vault\n\n{intro}\n\n## Ports\n\nThe port is 7420 and never another one, says the table.\n"

    first, second = cut(text).passages

    assert (first.headings, second.headings) == (("Vault",), ("Vault", "Ports"))
    assert second.text.startswith("## Ports\n\nThe port is 7420")


def test_a_title_goes_with_the_text_below_it_and_a_short_end_with_the_text_before() -> None:
    body = "one two three four five six seven eight nine ten."
    text = f"# Title\n\n## First\n\n{body}\n\n## Second\n\n{body}\n\n### Remark\n\nShort.\n"

    first, second = cut(text).passages

    assert first.text.startswith("# Title\n\n## First")
    assert first.headings == ("Title", "First")
    assert second.text.endswith("Short.")
    assert second.headings == ("Title", "Second", "Remark")


def test_a_long_section_is_cut_between_sentences_and_repeats_the_last_one() -> None:
    text = "# Long\n\n" + " ".join(f"Sentence {number} ends here." for number in range(20))

    passages = cut(text).passages

    assert len(passages) > 3
    for before, after in pairwise(passages):
        assert after.text.startswith("Sentence")
        assert after.start < before.end
    assert all(passage.headings == ("Long",) for passage in passages)


def test_a_row_of_a_table_that_is_too_long_is_cut_at_a_bar_and_nothing_is_said_twice() -> None:
    row = " ".join(f"| {number} | to | 68 |" for number in range(40))
    document = cut(f"# Rates\n\n{row}\n")

    passages = document.passages
    assert len(passages) > 3
    assert "".join(document.text.split()) == "".join(f"# Rates {row}".split())
    for before, after in pairwise(passages):
        assert before.start < after.start and before.end < after.end


def test_a_heading_mark_inside_code_is_not_a_heading() -> None:
    (passage,) = cut(
        "# Real\n\n```sh\n# not a heading\nls\n```\n\nSome more text for the passage.\n"
    ).passages

    assert passage.headings == ("Real",)


def test_underlined_lines_are_the_headings_of_plain_text() -> None:
    body = "Enough words here for a passage of its own, I hope.\n"
    text = f"EXIT CODES\n==========\n\n{body}\nIn scripts\n----------\n\n{body}"

    assert [one.headings for one in cut(text, "text").passages] == [
        ("EXIT CODES",),
        ("EXIT CODES", "In scripts"),
    ]


def test_a_line_of_plain_text_that_goes_on_below_is_one_sentence() -> None:
    assert sentences_of("A job that\ngoes on. Next.\n1. One\n2. Two") == [
        "A job that\ngoes on. ",
        "Next.\n",
        "1. One\n",
        "2. Two",
    ]


@pytest.mark.parametrize("text", ["", " \n\t", "\n\n\n"])
def test_nothing_gives_no_passages(text: str) -> None:
    assert cut(text).passages == ()


def test_the_same_text_under_another_name_has_other_ids() -> None:
    text = "A passage about ports."
    here, there = (PARSER.parse(name, read(text), SMALL).passages[0].id for name in ("a.md", "b.md"))

    assert here != there


def test_the_same_inputs_are_still_cut_the_same() -> None:
    """When this fails the cut has moved, by us or by the vendor: raise BUILDER_FORMAT with the digest."""
    sentences = [f"Sentence {number} says {'very ' * (number % 9)}little." for number in range(90)]
    text = "\n\n".join(
        ("#" * (1 + number % 3) + f" Part {number}\n\n" if number % 7 == 0 else "") + sentence
        for number, sentence in enumerate(sentences)
    )

    assert passages_digest(cut(text, "markdown", Chunking()).passages) == GOLDEN_DIGEST


@given(st.text() | st.text(alphabet="ab|\u3042\u4e00 \n\u2019-"))
def test_words_are_counted_as_they_are_matched(text: str) -> None:
    assert count_words(text) == len(WORD.findall(text))
