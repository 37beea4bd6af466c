"""Every call of ours fits PromptLayer's published description, but for the deviations that are listed."""

import asyncio

import pytest
from tests.fakes.promptlayer_description import DEVIATIONS, MISSING, Call, Description, description
from tests.fakes.promptlayer_server import KEY, FakePromptLayer
from tests.integrations.promptlayer.examples import logged, publication

from surefoot.integrations.promptlayer.client import PromptLayerClient
from surefoot.integrations.promptlayer.mirroring import mirror_prompt
from surefoot.records import Json


@pytest.fixture
def published() -> Description:
    found = description()
    if found is None:
        pytest.skip(MISSING)
    return found


def test_every_kind_of_call_and_answer_fits_the_document(published: Description) -> None:
    async def every_call() -> FakePromptLayer:
        async with (
            FakePromptLayer() as server,
            PromptLayerClient(url=server.url, api_key=KEY, deadline_seconds=5) as client,
        ):
            for words in ("One.", "Two.", "One."):
                sent = publication(words, digest=words)
                await mirror_prompt(client, sent, label="production")
            number = await client.log(logged(content=True), prompt_version=1)
            await client.log(logged(), prompt_version=None)
            await client.score(number, "feedback", 100)
            await client.names()
        return server

    server = asyncio.run(every_call())

    assert server.faults == []
    assert server.deviations == set(DEVIATIONS), "a deviation that is listed is one that happens"
    routes = {(call.method, call.path.split("/")[1]) for call in server.calls}
    assert routes == {
        ("GET", "prompt-templates"),
        ("POST", "rest"),
        ("POST", "prompts"),
        ("PATCH", "prompt-labels"),
        ("POST", "log-request"),
    }


def a_call(method: str, path: str, body: Json = None, **query: str) -> Call:
    return Call(method=method, path=path, query=query, headers={"X-API-KEY": KEY}, body=body)


@pytest.mark.parametrize(
    "call",
    [
        a_call("GET", "/nowhere"),
        a_call("DELETE", "/log-request"),
        a_call("GET", "/prompt-templates/answer", versoin="1"),
        a_call("GET", "/prompt-templates/answer", version="first"),
        a_call("PATCH", "/prompt-labels/1", {"prompt_version": 1}),
        a_call("POST", "/log-request", {"provider": "openai"}),
        a_call("POST", "/rest/track-score", {"request_id": 1, "score": 0.87}),
        a_call("POST", "/rest/track-score", {"score": 87}),
        Call(method="GET", path="/prompt-templates", query={}, headers={}, body=None),
    ],
)
def test_a_call_that_does_not_fit_is_seen(published: Description, call: Call) -> None:
    assert list(published.faults_of_call(call))


def test_an_answer_that_does_not_fit_is_seen(published: Description) -> None:
    assert list(published.faults_of_reply("GET", "/prompt-templates/answer/labels", 200, {"labels": []}))
    assert list(published.faults_of_reply("POST", "/rest/prompt-templates", 201, {}))
    assert not list(published.faults_of_reply("POST", "/log-request", 401, {"message": "no"}))
