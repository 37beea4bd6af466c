"""Citation marks become links, and no character of the answer is lost."""

from hypothesis import given
from hypothesis import strategies as st

from surefoot.reports.marks import Piece, pieces


def test_each_number_of_a_mark_is_a_piece_of_its_own() -> None:
    assert pieces("Yes [1, 3].", 3) == (
        Piece(text="Yes ["),
        Piece(text="1", number=1),
        Piece(text=", "),
        Piece(text="3", number=3),
        Piece(text="]."),
    )


def test_numbers_without_a_passage_and_other_brackets_stay_text() -> None:
    for text in ("See [4].", "See [0].", "See [a1].", "See [1234].", "a[", "[]"):
        assert pieces(text, 3) == (Piece(text=text),)


@given(text=st.text(alphabet="[]12, a<", max_size=30), passages=st.integers(0, 30))
def test_the_pieces_together_are_the_text(text: str, passages: int) -> None:
    split = pieces(text, passages)

    assert "".join(piece.text for piece in split) == text
    assert all(piece.number is None or 1 <= piece.number <= passages for piece in split)
