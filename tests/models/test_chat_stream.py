"""Server-sent events and what they say, without a network."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.errors import ModelError
from surefoot.models.chat_stream import LONGEST_EVENT_BYTES, EventSplitter, StreamedAnswer
from surefoot.models.server_words import words_of
from surefoot.records import Usage

TEXTS = st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), max_size=6)


@given(texts=TEXTS, cuts=st.lists(st.integers(0, 400), max_size=12), newline=st.sampled_from(["\n", "\r\n"]))
def test_events_are_the_same_however_the_network_cuts_them(
    texts: list[str], cuts: list[int], newline: str
) -> None:
    stream = "".join(f": comment{newline}data: {text}{newline}{newline}" for text in texts).encode()
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    splitter = EventSplitter()

    events = [event for start, end in pairwise(places) for event in splitter.feed(stream[start:end])]

    assert events == texts


def test_data_on_several_lines_is_one_event() -> None:
    assert EventSplitter().feed(b"event: x\ndata: a\ndata:b\n\n\n") == ["a\nb"]


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(ModelError, match="a line of more than"):
        EventSplitter().feed(b"x" * (LONGEST_EVENT_BYTES + 1))


def test_an_answer_is_its_deltas_its_finish_and_its_usage() -> None:
    answer = StreamedAnswer()
    for delta, reason in (
        ({"role": "assistant", "content": ""}, None),
        ({"content": "Hi"}, "stop"),
        ({}, None),
    ):
        answer.take(json.dumps({"choices": [{"delta": delta, "finish_reason": reason}]}))
    answer.take('{"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}')
    answer.take("[DONE]")

    assert (answer.text, answer.finish_reason, answer.done) == ("Hi", "stop", True)
    assert answer.usage == Usage(prompt_tokens=3, output_tokens=1)


@pytest.mark.parametrize("event", ["<html>", "[1]", "null", ""])
def test_what_is_no_chunk_is_quoted(event: str) -> None:
    with pytest.raises(ModelError, match="where a chat completion chunk belongs"):
        StreamedAnswer().take(event)


@pytest.mark.parametrize("event", ['{"error": {"message": "key sk-1 is wrong"}}', "key sk-1 is wrong"])
def test_a_key_repeated_inside_a_stream_is_blotted_out(event: str) -> None:
    with pytest.raises(ModelError, match=r"key \*\*\* is wrong"):
        StreamedAnswer(secret="sk-1").take(event)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda values: (
            st.lists(values, max_size=3)
            | st.dictionaries(
                st.sampled_from(["choices", "delta", "content", "usage", "prompt_tokens", "x"]),
                values,
                max_size=3,
            )
        ),
    )
)
def test_no_json_makes_the_reader_fail_otherwise_than_by_a_model_error(value: object) -> None:
    answer = StreamedAnswer()
    try:
        text = answer.take(json.dumps(value))
    except ModelError:
        return
    assert text == answer.text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "too long", "code": 400}}', "'too long'"),
        (b'{"error": "no"}', "'no'"),
        (b'{"object": "error", "message": "old form"}', "'old form'"),
        (b'{"detail": "Not Found"}', "'Not Found'"),
        (b"<html>502</html>", "'<html>502</html>'"),
        (b"[1]", "'[1]'"),
        (b"", "'nothing'"),
        (b'{"error": {"message": "key sk-1 is wrong"}}', "'key *** is wrong'"),
    ],
)
def test_the_servers_words_are_found_in_each_form(body: bytes, words: str) -> None:
    assert words_of(body, secret="sk-1") == words


def test_long_words_are_cut() -> None:
    assert len(words_of(b"x" * 10_000)) == 502
