"""Comparing fingerprints, and refusing other weights."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.model_protocol import fingerprint_of
from tests.fakes.model_server import FakeModelServer

from surefoot.errors import ModelError, ModelMismatchError
from surefoot.models import Expectation, Fingerprint, PinnedFingerprint, verify
from surefoot.models.openai_chat import OpenAIChat

FINGERPRINTS = st.builds(
    Fingerprint,
    texts=st.lists(st.text("ab "), max_size=4).map(tuple),
)
PINNED = PinnedFingerprint(fingerprint=fingerprint_of("pinned"), threshold=0.6)
Result = TypeVar("Result")


@given(FINGERPRINTS)
def test_a_fingerprint_is_wholly_like_itself(one: Fingerprint) -> None:
    assert one.similarity(one) == 1


@given(FINGERPRINTS, FINGERPRINTS)
def test_similarity_is_symmetric_and_a_share(one: Fingerprint, other: Fingerprint) -> None:
    assert one.similarity(other) == other.similarity(one)
    assert 0 <= one.similarity(other) <= 1


@given(st.lists(st.sampled_from("abc"), min_size=1), st.integers(0, 20), st.integers(0, 20))
def test_parting_later_is_more_alike(words: list[str], early: int, late: int) -> None:
    def parted(place: int) -> Fingerprint:
        return Fingerprint(texts=(" ".join([*words[:place], *("z" for _ in words[place:])]),))

    whole = Fingerprint(texts=(" ".join(words),))
    early, late = sorted((early, late))
    assert whole.similarity(parted(early)) <= whole.similarity(parted(late))


def test_a_missing_answer_counts_as_wholly_other() -> None:
    assert Fingerprint(texts=("a", "b")).similarity(Fingerprint(texts=("a",))) == 0.5


def against(server: FakeModelServer, work: Callable[[OpenAIChat], Awaitable[Result]]) -> Result:
    async def scenario() -> Result:
        async with server, OpenAIChat(base_url=server.url, model="chat") as chat:
            return await work(chat)

    return asyncio.run(scenario())


def test_the_pinned_weights_are_recognised() -> None:
    taken = against(
        FakeModelServer(), lambda chat: verify(chat, Expectation(served_name="chat-identity", pinned=PINNED))
    )

    assert taken == PINNED.fingerprint


def test_a_server_of_another_name_is_refused_and_both_are_named() -> None:
    server = FakeModelServer(names=("chat", "other-identity"))

    with pytest.raises(ModelMismatchError, match=r"expected the model 'chat-identity', .*'other-identity'"):
        against(server, lambda chat: verify(chat, Expectation(served_name="chat-identity", pinned=PINNED)))
    assert [request.path for request in server.requests] == ["/v1/models"]


def test_other_weights_under_the_right_name_are_refused_and_both_answers_shown() -> None:
    server = FakeModelServer(weights="other")

    with pytest.raises(ModelMismatchError, match=r"agree by 0\.00, at least 0\.6") as refused:
        against(server, lambda chat: verify(chat, Expectation(served_name="chat-identity", pinned=PINNED)))
    for fingerprint in (PINNED.fingerprint, fingerprint_of("other")):
        assert repr(fingerprint.texts) in refused.value.message


def test_a_server_that_fails_while_it_is_asked_leaves_its_own_error() -> None:
    server = FakeModelServer()
    server.dies = (2, "error event")

    with pytest.raises(ModelError, match="EngineCore died"):
        against(server, lambda chat: verify(chat, Expectation(served_name="chat-identity", pinned=PINNED)))


def test_a_declared_model_gives_its_fingerprint_away() -> None:
    server = FakeModelServer(names=("gpt", "chat"), weights="elsewhere")

    taken = against(server, lambda chat: verify(chat, Expectation(served_name="gpt", pinned=None)))

    assert taken == fingerprint_of("elsewhere")
