"""Wrong requests: each is a 4xx that says what to change, and none is ever a 500."""

import json
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.api.serving import Running

JSON = {"Content-Type": "application/json"}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {}, optional={"role": st.sampled_from(["user", "assistant", "system"]) | VALUES, "content": VALUES}
    ),
    max_size=3,
)


def told(response: httpx.Response) -> str:
    error = response.json()["error"]
    assert error.keys() == {"kind", "message", "remedy"} and error["remedy"]
    return f"{error['message']}; {error['remedy']}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "'question' is missing"),
        ({"question": 5}, "'question' is wrong: input should be a valid string, not 5"),
        ({"question": " "}, "the question is empty"),
        ({"question": "x", "colour": "red"}, "there is no field 'colour'; the fields are question, app"),
        ({"question": "x", "app": "nope"}, "there is no app 'nope'; ask for one of: handbook"),
        ({"question": "x", "stream": "yes"}, "'stream' is wrong"),
        ({"question": "x", "history": [{"role": "system", "content": "y"}]}, "'history[0].role' is wrong"),
        ({"question": "x", "history": [{"role": "user"}]}, "'history[0].content' is missing"),
        ({"question": ["x" * 9000]}, "..."),
    ],
)
def test_a_wrong_body_is_explained_in_one_short_sentence(
    running: Running, body: dict[str, object], words: str
) -> None:
    response = running.client.post("/v1/answers", json=body)

    assert response.status_code in (400, 404)
    assert words in told(response) and len(told(response)) < 400


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"question": NaN}', "not JSON"),
        (b'{"question": "\xff"}', "not JSON"),
        (b'{"question": "\\ud800"}', "not JSON"),
        (b"[" * 3000, "not JSON"),
        (b"[]", "an array, not a JSON object"),
        (b'"x"', "a string, not a JSON object"),
        (b"null", "null, not a JSON object"),
    ],
)
@pytest.mark.parametrize("route", ["/v1/answers", "/v1/feedback", "/v1/chat/completions"])
def test_what_is_no_json_object_is_refused(running: Running, route: str, content: bytes, words: str) -> None:
    response = running.client.post(route, content=content, headers=JSON)

    assert response.status_code == 400
    assert words in response.json()["error"]["message"]


@pytest.mark.parametrize("announced", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_is_not_announced_as_json_is_refused(running: Running, announced: str) -> None:
    response = running.client.post(
        "/v1/answers", content=b'{"question": "x"}', headers={"Content-Type": announced}
    )

    assert response.status_code == 400
    assert "Content-Type: application/json" in told(response)


def test_a_body_that_is_announced_too_large_is_refused(running: Running) -> None:
    response = running.client.post("/v1/answers", content=b" " * 20_001, headers=JSON)

    assert response.status_code == 413 and "20000 bytes" in told(response)


def test_a_body_that_grows_too_large_without_saying_so_is_refused(running: Running) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(30):
            yield b" " * 1000

    for route in ("/v1/answers", "/v1/chat/completions", "/v1/feedback"):
        response = running.client.post(route, content=parts(), headers=JSON)
        assert response.status_code == 413, route


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/answers/", 404),
        ("GET", "/v1/answers", 405),
        ("DELETE", "/v1/feedback", 405),
        ("GET", "/v1/passages/handbook/none", 404),
        ("GET", "/v1/passages/none/none", 404),
    ],
)
def test_unknown_paths_and_methods_are_told_in_our_form(
    running: Running, method: str, path: str, status: int
) -> None:
    response = running.client.request(method, path)

    assert response.status_code == status
    assert told(response)


def test_a_method_that_openais_route_does_not_take_is_told_in_openais_form(running: Running) -> None:
    response = running.client.get("/v1/chat/completions")

    assert response.status_code == 405 and response.headers["allow"] == "POST"
    assert response.json()["error"].keys() == {"message", "type", "param", "code"}


@settings(max_examples=60, deadline=None)
@given(
    body=VALUES
    | st.fixed_dictionaries(
        {"question": VALUES | st.just("How much?")},
        optional={"app": VALUES, "history": MESSAGES, "stream": VALUES, "x": VALUES},
    )
)
def test_no_body_makes_answers_break(running: Running, body: object) -> None:
    response = running.client.post("/v1/answers", content=json.dumps(body), headers=JSON)

    assert response.status_code in (200, 400, 404)


@settings(max_examples=60, deadline=None)
@given(
    body=st.fixed_dictionaries(
        {"model": st.just("handbook") | VALUES, "messages": MESSAGES | VALUES},
        optional={
            name: VALUES
            for name in ("stream", "stream_options", "n", "tools", "response_format", "stop", "logprobs")
        },
    )
)
def test_no_body_makes_chat_break(running: Running, body: object) -> None:
    response = running.client.post("/v1/chat/completions", content=json.dumps(body), headers=JSON)

    assert response.status_code in (200, 400, 404)


@settings(max_examples=40, deadline=None)
@given(content=st.binary(max_size=200))
def test_no_bytes_make_a_route_break(running: Running, content: bytes) -> None:
    for route in ("/v1/answers", "/v1/feedback", "/v1/chat/completions"):
        assert running.client.post(route, content=content, headers=JSON).status_code in (400, 404)
    assert running.client.post("/", content=content).status_code in (200, 400, 404)
