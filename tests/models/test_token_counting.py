"""Counting tokens: by the server, or by an estimate that says so."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.model_server import FakeModelServer

from surefoot.errors import ModelError
from surefoot.models import EstimateTokenCounter
from surefoot.models.server_token_counter import ServerTokenCounter
from surefoot.records import Message


@given(st.text())
def test_the_estimate_is_a_token_for_every_three_characters_begun(text: str) -> None:
    count = asyncio.run(EstimateTokenCounter().count([Message(role="user", content=text)]))

    assert (count - 4) * 3 - 3 < len(text) <= (count - 4) * 3


def test_only_the_server_counts_exactly() -> None:
    assert ServerTokenCounter(base_url="http://localhost", model="chat").exact
    assert not EstimateTokenCounter.exact


def test_a_server_that_cannot_count_is_an_error_and_never_a_guess() -> None:
    async def scenario() -> None:
        async with FakeModelServer() as server:
            counter = ServerTokenCounter(base_url=server.url, model="chat")
            server.fail_next(404)
            try:
                with pytest.raises(ModelError, match="404"):
                    await counter.count([Message(role="user", content="hi")])
            finally:
                await counter.aclose()

    asyncio.run(scenario())
