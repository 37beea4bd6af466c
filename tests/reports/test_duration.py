from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.errors import InputError
from surefoot.reports import parse_duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("90m", timedelta(minutes=90)),
        (" 24h ", timedelta(days=1)),
        ("7d", timedelta(days=7)),
        ("4w", timedelta(days=28)),
    ],
)
def test_a_number_and_a_unit_is_a_length_of_time(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["", "24", "h", "0h", "-1h", "1.5h", "1h30m", "24 h", "24H", "٢h", "9999d"])
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InputError, match="no length of time") as caught:
        parse_duration(text)
    assert "24h" in caught.value.remedy


@given(st.text(max_size=8))
def test_any_text_is_a_positive_length_or_an_input_error(text: str) -> None:
    try:
        assert parse_duration(text) > timedelta(0)
    except InputError as error:
        assert repr(text) in error.message
