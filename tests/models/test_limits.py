"""The arithmetic of retries."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.models.limits import Retries, retry_after_seconds

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
SHARES = st.floats(0, 1, exclude_max=True)


@given(attempt=st.integers(0, 50), share=SHARES)
def test_a_delay_stays_below_its_ceiling(attempt: int, share: float) -> None:
    delay = Retries().delay_seconds(attempt, share=share, retry_after_seconds=None)

    assert 0 <= delay <= min(5.0, 0.1 * 2**attempt)


@given(attempt=st.integers(0, 50), share=SHARES, asked=st.floats(0, 1e6))
def test_what_the_server_asks_is_never_cut_short(attempt: int, share: float, asked: float) -> None:
    assert Retries().delay_seconds(attempt, share=share, retry_after_seconds=asked) >= asked


@given(st.integers(-10_000, 10_000))
def test_a_date_is_as_good_as_a_number(seconds: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)

    assert retry_after_seconds(date, now=NOW) == max(0, seconds)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("7", 7.0), (" 7 ", 7.0), ("soon", None), ("", None), ("-3", None), ("²", None)],
)
def test_a_header_that_says_nothing_asks_for_nothing(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, now=NOW) == seconds


@given(st.text())
def test_no_header_makes_the_reader_fail(header: str) -> None:
    seconds = retry_after_seconds(header, now=NOW)
    assert seconds is None or seconds >= 0
