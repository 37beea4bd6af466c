"""The pages as values: what the plain cases of the served tests do not reach."""

from datetime import UTC, datetime

import pytest

from surefoot.console import Home, Pages, quality
from surefoot.console.pages import figure, seconds, share
from surefoot.records import Answer, Scored, Timings, Trace, Unscored

MOMENT = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


def plain_trace(text: str) -> Trace:
    timings = Timings(queue_seconds=0.0, retrieval_seconds=0.0, first_token_seconds=None, total_seconds=2.5)
    answer = Answer(
        question="Hello",
        text=text,
        finish_reason="stop",
        abstained=False,
        citations=(),
        passages=(),
        messages=(),
        usage=None,
        timings=timings,
        scores={"citations_valid": Unscored(reason="plain <chat>")},
    )
    return Trace(
        id="a/b",
        started_at=MOMENT,
        route="/v1/chat/completions",
        caller="me",
        question="Hello",
        pins=None,
        outcome=answer,
    )


def test_a_page_without_any_request_says_so() -> None:
    page = Pages().home(
        Home(apps=("handbook",), recent=(), quality=quality((), MOMENT, MOMENT.replace(day=3)))
    )

    assert b"No requests in the last 24 hours" in page.content and b"Nothing was asked yet" in page.content


def test_plain_chat_has_a_page_without_release_and_why_it_has_no_score() -> None:
    text = Pages().trace(plain_trace("{}")).content.decode()

    assert "no release touched it" in text and "not measured: plain &lt;chat&gt;" in text


def test_text_with_a_lone_surrogate_still_makes_a_page() -> None:
    assert b"caf" in Pages().trace(plain_trace("caf\ud800")).content


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.0714, "71 ms"), (0.9996, "1000 ms"), (1.25, "1.2 s"), (61, "61.0 s")]
)
def test_seconds_read_as_a_person_says_them(value: float | None, text: str) -> None:
    assert seconds(value) == text


def test_what_was_not_measured_is_a_dash() -> None:
    nothing = Unscored(reason="none")
    assert (figure(nothing), share(nothing)) == ("–", "–")
    assert (figure(Scored(value=0.5)), share(Scored(value=0.5))) == ("0.50", "50%")
