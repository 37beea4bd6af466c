"""What we make of each of the seven ways in which PromptLayer fails: the right error, and no secret in it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import pytest
from tests.fakes.promptlayer_server import FAILURES, KEY, Failure, FakePromptLayer
from tests.integrations.promptlayer.examples import logged, publication

from surefoot.errors import ContentRefusedError, IntegrationError, KeyRefusedError
from surefoot.integrations.promptlayer.client import PromptLayerClient
from surefoot.integrations.promptlayer.mirroring import mirror_prompt

WORDS: Mapping[Failure, str] = {
    "refused": "could not be asked to",
    "hangs": "did not answer within 0.3 s",
    "401": "answered 401",
    "429": "answered 429",
    "500": "answered 500",
    "502 html": "answered 502 when asked to .*: a page of HTML",
    "says yes, does nothing": "did not refuse, but its answer",
}
CALLS: Mapping[str, Callable[[PromptLayerClient], Awaitable[object]]] = {
    "find": lambda client: client.find("answer"),
    "labels": lambda client: client.labels("answer"),
    "names": lambda client: client.names(),
    "log": lambda client: client.log(logged(), prompt_version=None),
    "score": lambda client: client.score(1, "feedback", 100),
    "mirror": lambda client: mirror_prompt(client, publication(), label="production"),
}


def error_of(failure: Failure, call: Callable[[PromptLayerClient], Awaitable[object]]) -> IntegrationError:
    async def asked() -> IntegrationError:
        async with FakePromptLayer() as server:
            server.retry_after = "7"
            await server.fail_here(failure)
            async with PromptLayerClient(url=server.url, api_key=KEY, deadline_seconds=0.3) as client:
                with pytest.raises(IntegrationError) as caught:
                    await call(client)
                return caught.value

    return asyncio.run(asked())


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_each_failure_is_told_as_what_it_is(
    failure: Failure, call: Callable[[PromptLayerClient], Awaitable[object]]
) -> None:
    error = error_of(failure, call)

    with pytest.raises(type(error), match=WORDS[failure]):
        raise error
    assert isinstance(error, KeyRefusedError) == (failure == "401")
    assert not isinstance(error, ContentRefusedError)
    assert error.retry_after_seconds == (7.0 if failure == "429" else None)
    assert error.remedy
    assert KEY not in error.message + error.remedy
    assert error.__cause__ is None, "the library's own words may hold the key"


# Publishing alone: the library gives these back as if they were results.
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failed_publication_is_never_taken_for_a_version(failure: Failure) -> None:
    error = error_of(failure, lambda client: client.publish(publication()))

    assert "publish the prompt 'answer'" in error.message
    assert KEY not in error.message


def test_what_the_service_refuses_for_good_is_told_from_what_may_pass() -> None:
    async def asked() -> None:
        async with (
            FakePromptLayer() as server,
            PromptLayerClient(url=server.url, api_key=KEY, deadline_seconds=5) as client,
        ):
            with pytest.raises(ContentRefusedError, match="answered 404"):
                await client.log(logged(), prompt_version=9)
            with pytest.raises(ContentRefusedError, match="answered 400"):
                await client.score(9, "feedback", 100)

    asyncio.run(asked())


def test_a_version_that_is_kept_otherwise_than_sent_gets_no_label() -> None:
    async def asked() -> FakePromptLayer:
        async with (
            FakePromptLayer() as server,
            PromptLayerClient(url=server.url, api_key=KEY, deadline_seconds=5) as client,
        ):
            server.shelf.keeps = lambda template: {**template, "messages": template["messages"][:1]}  # type: ignore[index]
            with pytest.raises(IntegrationError, match=r"otherwise than it was sent: .*1 entries, not 2"):
                await mirror_prompt(client, publication(), label="production")
            return server

    assert asyncio.run(asked()).shelf.prompts["answer"].labels == {}


def test_a_label_that_does_not_move_is_told() -> None:
    async def asked() -> None:
        async with (
            FakePromptLayer() as server,
            PromptLayerClient(url=server.url, api_key=KEY, deadline_seconds=5) as client,
        ):
            await mirror_prompt(client, publication("One.", digest="1"), label="production")
            server.shelf.labels_move = False
            with pytest.raises(IntegrationError, match="stands at version 1 still; it may be protected"):
                await mirror_prompt(client, publication("Two.", digest="2"), label="production")

    asyncio.run(asked())


def test_what_is_there_already_is_not_published_again() -> None:
    async def asked() -> list[str]:
        async with (
            FakePromptLayer() as server,
            PromptLayerClient(url=server.url, api_key=KEY, deadline_seconds=5) as client,
        ):
            deeds: list[str] = [
                (await mirror_prompt(client, publication(words, digest=words), label="production")).deed
                for words in ("One.", "One.", "Two.", "One.")
            ]
            assert len(server.shelf.prompts["answer"].versions) == 2
            return deeds

    assert asyncio.run(asked()) == ["published", "same", "published", "labelled"]
