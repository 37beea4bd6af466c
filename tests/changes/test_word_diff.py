"""What a diff of words keeps and shows."""

from hypothesis import given
from hypothesis import strategies as st

from surefoot.changes.word_diff import Piece, in_lines, marked, shortened, word_diff

TEXTS = st.text(alphabet="ab ,.\n", max_size=60)


@given(TEXTS, TEXTS)
def test_the_pieces_make_both_texts(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after


@given(TEXTS)
def test_equal_texts_have_no_change(text: str) -> None:
    assert all(piece.kind == "same" for piece in word_diff(text, text))


@given(TEXTS, TEXTS)
def test_lines_hold_every_letter_that_changed(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    for kind in ("removed", "added"):
        changed = "".join(piece.text for piece in pieces if piece.kind == kind)
        shown = "".join(piece.text for line in in_lines(pieces) for piece in line if piece.kind == kind)
        assert shown.replace("⏎", "") == changed.replace("\n", "")


def test_a_changed_phrase_is_one_change() -> None:
    pieces = word_diff("Answer in one or two sentences.", "Answer in one short sentence.")
    assert marked(pieces) == "Answer in one [-or two sentences-]{+short sentence+}."


def test_far_from_a_change_lines_are_left_out() -> None:
    before = "".join(f"line {number}\n" for number in range(20))
    short = marked(shortened(word_diff(before, before.replace("line 10", "row 10"))))
    assert short == (
        "… 8 lines as before\nline 8\nline 9\n[-line-]{+row+} 10\nline 11\nline 12\n… 7 lines as before\n"
    )


def test_texts_too_long_for_words_are_shown_whole() -> None:
    before, after = "a b " * 3_000, "c d " * 3_000
    assert word_diff(before, after) == (Piece(kind="removed", text=before), Piece(kind="added", text=after))
