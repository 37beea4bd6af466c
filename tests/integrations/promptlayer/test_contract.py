"""What holds for PromptLayer behind our ports: in memory, as the stand-in, and, with a key, the real one."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from tests.fakes.memory_promptlayer import MemoryPromptLayer
from tests.fakes.promptlayer_server import KEY, FakePromptLayer
from tests.integrations.promptlayer.examples import logged, publication

from surefoot.integrations.promptlayer.client import PromptLayerClient
from surefoot.integrations.promptlayer.mirroring import difference, mirror_prompt

REAL_KEY = os.environ.get("SUREFOOT_TEST_PROMPTLAYER_KEY")
REAL_URL = "https://api.promptlayer.com"
PromptLayer = MemoryPromptLayer | PromptLayerClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One PromptLayer, and a name that no other test uses there."""

    promptlayer: PromptLayer
    name: str


@asynccontextmanager
async def _subject(kind: str) -> AsyncIterator[Subject]:
    # A slash and a space: PromptLayer allows both in names.
    name = f"surefoot tests/{secrets.token_hex(6)}"
    if kind == "memory":
        yield Subject(promptlayer=MemoryPromptLayer(), name=name)
    elif kind == "stand-in":
        async with (
            FakePromptLayer() as server,
            PromptLayerClient(url=server.url, api_key=KEY, deadline_seconds=5) as client,
        ):
            yield Subject(promptlayer=client, name=name)
            assert server.faults == []
    else:
        assert REAL_KEY
        async with PromptLayerClient(url=REAL_URL, api_key=REAL_KEY, deadline_seconds=30) as client:
            yield Subject(promptlayer=client, name=name)


Check = Callable[[Subject], Awaitable[None]]
Run = Callable[[Check], None]

REAL = pytest.param(
    "real",
    marks=pytest.mark.skipif(
        not REAL_KEY, reason="PromptLayer's service is asked only where SUREFOOT_TEST_PROMPTLAYER_KEY is set"
    ),
)


@pytest.fixture(params=["memory", "stand-in", REAL])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a check on one of them."""

    def running(check: Check) -> None:
        async def whole() -> None:
            async with _subject(request.param) as subject:
                await check(subject)

        asyncio.run(whole())

    return running


def test_what_was_never_published_is_not_there(run: Run) -> None:
    async def check(subject: Subject) -> None:
        assert await subject.promptlayer.find(subject.name) is None
        assert await subject.promptlayer.find(subject.name, label="production") is None
        assert await subject.promptlayer.labels(subject.name) == ()

    run(check)


def test_what_is_published_reads_back_equal(run: Run) -> None:
    async def check(subject: Subject) -> None:
        sent = publication(name=subject.name)
        version = await subject.promptlayer.publish(sent)

        kept = await subject.promptlayer.find(subject.name, version=version)

        assert kept is not None and kept.version == version
        assert difference(sent, kept) is None
        assert subject.name in await subject.promptlayer.names()

    run(check)


def test_a_label_is_made_moves_and_moves_back(run: Run) -> None:
    async def check(subject: Subject) -> None:
        first, second = (publication(words, name=subject.name, digest=words) for words in ("One.", "Two."))
        for sent in (first, second, first):
            await mirror_prompt(subject.promptlayer, sent, label="production")

            kept = await subject.promptlayer.find(subject.name, label="production")
            assert kept is not None and difference(sent, kept) is None
        labels = await subject.promptlayer.labels(subject.name)
        assert [(label.name, label.version) for label in labels] == [("production", 1)]

    run(check)


def test_a_request_is_logged_and_takes_scores(run: Run) -> None:
    async def check(subject: Subject) -> None:
        version = await subject.promptlayer.publish(publication(name=subject.name))
        request = replace(logged(content=True), prompt_name=subject.name)

        linked = await subject.promptlayer.log(request, prompt_version=version)
        loose = await subject.promptlayer.log(logged(), prompt_version=None)

        assert linked != loose
        await subject.promptlayer.score(linked, "citations_valid", 87)
        await subject.promptlayer.score(linked, "feedback", 0)
        await subject.promptlayer.score(linked, "feedback", 100)

    run(check)
