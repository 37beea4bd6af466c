import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.reports.printable import one_line, printable


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Hcleared", "cleared"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://bad\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;bm8=\x07", ""),
        ("\x1bcreset", "reset"),
        ("\x1b]0;never ends", "0;never ends"),
        ("\x1b\x1b[31m[31mnested", "[31mnested"),
        ("over\rwritten", "over\nwritten"),
        ("bell\x07 back\x08", "bell back"),
        ("\u202egnorw\u202c", "gnorw"),
        ("lone \ud800", "lone \ufffd"),
        ("a\u2028b", "a\nb"),
        ("plain\ttext\nüñí 你好 👩‍👩‍👧", "plain\ttext\nüñí 你好 👩‍👩‍👧"),
    ],
)
def test_what_could_steer_a_terminal_is_taken_out(hostile: str, shown: str) -> None:
    assert printable(hostile) == shown


@given(st.text(st.characters() | st.sampled_from("\x1b\x9b[]0;m\x07\\\r")))
def test_no_text_keeps_a_control_character_and_all_can_be_printed(text: str) -> None:
    shown = printable(text)
    assert not [letter for letter in shown if unicodedata.category(letter) == "Cc" and letter not in "\n\t"]
    shown.encode()
    assert len(one_line(text).splitlines()) <= 1


@given(st.text())
def test_making_text_safe_twice_changes_nothing_more(text: str) -> None:
    assert printable(printable(text)) == printable(text)


def test_a_long_text_of_openings_is_read_in_no_time() -> None:
    assert printable("\x9d" * 200_000 + "\x1b[" * 100_000) is not None
