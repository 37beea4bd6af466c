"""A whole service on a real socket: real prompts, pipeline, model client, traces and metrics.

Only the passages are made up, and the model server is the fake one that speaks vLLM's HTTP.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import httpx
from tests.fakes.model_server import FakeModelServer, running_model_server

from surefoot.answering import Admission, App
from surefoot.api.app import create_app
from surefoot.api.authentication import Authenticate, LoopbackCallers
from surefoot.api.service import NotReady, PlainModel, Service
from surefoot.api.uvicorn import new_event_loop, server
from surefoot.console import HeldBack, Standing
from surefoot.errors import SurefootError
from surefoot.models.limits import Retries
from surefoot.models.openai_chat import OpenAIChat
from surefoot.prompts import load_prompt
from surefoot.records import EVERYBODY, Manifest, Message, Passage, RankedPassage, Reach, Tool, Trace
from surefoot.traces import TraceWriter
from surefoot.traces.prometheus_metrics import Metrics
from surefoot.traces.sqlalchemy_store import TraceStore

WAIT_SECONDS = 20.0
SINCE = datetime(2026, 3, 1, tzinfo=UTC)
ABSTENTION = "The documents do not say."
PROMPT = """---
schema: 1
name: answer
description: Answer from numbered passages
owners: ["@docs"]
model: {alias: chat, temperature: 0.0, max_output_tokens: 50}
input:
  question: {type: string, maxLength: 4000}
  passages: passages
  abstention: text
output: {format: text}
budget: {max_prompt_tokens: 3000, drop: passages}
suites: []
---
{% system %}Answer from the passages, or say: {{ abstention }}{% endsystem %}
{% history %}
{% user %}
{% for passage in passages %}[{{ loop.index }}] {{ passage.text }}
{% endfor %}
Question: {{ question }}
{% enduser %}
"""
Result = TypeVar("Result")


def ranked(
    number: int, *, text: str, source: str = "guide.md", headings: tuple[str, ...] = ()
) -> RankedPassage:
    passage = Passage(
        id=f"{number:064x}", source=source, start=10, end=10 + len(text), text=text, headings=headings
    )
    return RankedPassage(passage=passage, score=0.5 / number, similarity=0.8, lexical_score=None)


PASSAGES = (
    ranked(1, text="The tank holds nine litres.", headings=("Guide", "Water")),
    ranked(2, text="The pump needs oil every month."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPassages:
    """Finds the same passages for every question."""

    passages: tuple[RankedPassage, ...]

    async def search(
        self, question: str, *, limit: int, reach: Reach = EVERYBODY
    ) -> tuple[RankedPassage, ...]:
        return tuple(one for one in self.passages if reach.holds(one.passage))[:limit]


class WordCounter:
    """Counts words."""

    async def count(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
        return sum(len(message.content.split()) for message in messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneApp:
    """Serves one app, or says why it cannot be opened."""

    app: App
    passages: tuple[RankedPassage, ...]
    broken: SurefootError | None
    channel: str
    receipt: str | None
    held: tuple[HeldBack, ...]

    def names(self) -> tuple[str, ...]:
        return (self.app.manifest.app,)

    def current(self, name: str) -> App:
        if self.broken is not None:
            raise self.broken
        return self.app

    @contextmanager
    def use(self, name: str) -> Iterator[App]:
        yield self.current(name)

    def standings(self) -> tuple[Standing, ...]:
        app, release = self.app.manifest.app, self.app.manifest.digest
        return (Standing(app=app, release=release, channel=self.channel, receipt=self.receipt, since=SINCE),)

    def held_back(self) -> tuple[HeldBack, ...]:
        return self.held

    async def passage(self, name: str, passage_id: str) -> Passage | None:
        return next((one.passage for one in self.passages if one.passage.id == passage_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A service that runs, the model behind it, and a client in front of it."""

    url: str
    client: httpx.Client
    model: FakeModelServer
    store: TraceStore
    writer: TraceWriter
    admission: Admission
    loop: asyncio.AbstractEventLoop
    stop: Callable[[], None]

    def call(self, work: Coroutine[object, object, Result]) -> Result:
        """Run a coroutine in the service's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(WAIT_SECONDS)

    def traces(self) -> tuple[Trace, ...]:
        """Every trace so far, latest first."""
        self.call(self.writer.flush())
        return self.call(self.store.recent(100))

    def ask(self, question: str = "How much?", /, **fields: object) -> httpx.Response:
        return self.client.post("/v1/answers", json={"question": question, **fields})

    def chat(self, question: str = "How much?", /, **fields: object) -> httpx.Response:
        messages = [{"role": "user", "content": question}]
        return self.client.post(
            "/v1/chat/completions", json={"model": "handbook", "messages": messages, **fields}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a service under test differs from the plainest one."""

    passages: tuple[RankedPassage, ...] = PASSAGES
    authenticate: Authenticate | None = None
    plain_chat: bool = False
    most_running: int = 4
    most_waiting: int = 4
    most_body_bytes: int = 20_000
    not_ready: tuple[NotReady, ...] = ()
    broken: SurefootError | None = None
    channel: str = "production"
    receipt: str | None = "6" * 64
    held_back: tuple[HeldBack, ...] = ()
    prompt: str = PROMPT


def manifest(prompt: str) -> Manifest:
    return Manifest(
        app="handbook",
        pipeline="surefoot.answering/1",
        abstention=ABSTENTION,
        prompt_name="answer",
        prompt=prompt,
        recipe="1" * 64,
        snapshot="2" * 64,
        passages="3" * 64,
        embedder="4" * 64,
        model_alias="chat",
        model="5" * 64,
    )


def app_over(model: OpenAIChat, folder: Path, passages: tuple[RankedPassage, ...], prompt_text: str) -> App:
    (folder / "answer.prompt.md").write_text(prompt_text, encoding="utf-8")
    prompt = load_prompt(folder, "answer")
    return App(
        manifest=manifest(prompt.digest),
        prompt=prompt,
        retriever=FixedPassages(passages=passages),
        model=model,
        counter=WordCounter(),
        passages_shown=5,
    )


@contextmanager
def running_service(
    folder: Path, options: Options | None = None, model_server: FakeModelServer | None = None
) -> Iterator[Running]:
    """A service with a model server of its own, each in a thread."""
    options = options or Options()
    with running_model_server(model_server or FakeModelServer(answer=lambda _: "Nine litres [1].")) as model:
        chat = OpenAIChat(base_url=model.url, model="chat", retries=Retries(count=0))
        app = app_over(chat, folder, options.passages, options.prompt)
        store = TraceStore(folder / "traces.db")
        writer = TraceWriter(store)
        metrics = Metrics(version="test")
        admission = Admission(most_running=options.most_running, most_waiting=options.most_waiting)

        @asynccontextmanager
        async def running() -> AsyncIterator[None]:
            async with chat, store, writer:
                yield

        plain: Mapping[str, PlainModel] = {"chat": chat}
        service = Service(
            apps=OneApp(
                app=app,
                passages=options.passages,
                broken=options.broken,
                channel=options.channel,
                receipt=options.receipt,
                held=options.held_back,
            ),
            admission=admission,
            sink=writer,
            store=store,
            metrics=metrics,
            set_gauges=lambda: metrics.set_load(running=admission.running, waiting=admission.waiting),
            authenticate=options.authenticate or LoopbackCallers(listening_on="127.0.0.1"),
            not_ready=lambda: options.not_ready,
            running=running,
            plain_models=plain,
            plain_chat=options.plain_chat,
            most_body_bytes=options.most_body_bytes,
        )
        with (
            _listening(service) as (url, loop, stop),
            httpx.Client(base_url=url, timeout=WAIT_SECONDS) as client,
        ):
            yield Running(
                url=url,
                client=client,
                model=model,
                store=store,
                writer=writer,
                admission=admission,
                loop=loop,
                stop=stop,
            )


@contextmanager
def _listening(
    service: Service,
) -> Iterator[tuple[str, asyncio.AbstractEventLoop, Callable[[], None]]]:
    """Serve in a thread until left; the address, the loop, and how to stop it earlier."""
    serving = server(create_app(service), host="127.0.0.1", port=0, drain_seconds=1)
    started = threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        ending = asyncio.create_task(serving.serve())
        while not serving.started and not ending.done():
            await asyncio.sleep(0.005)
        started.set()
        await ending

    def run() -> None:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(WAIT_SECONDS), "the service did not start"
    port = serving.servers[0].sockets[0].getsockname()[1]

    def stop() -> None:
        serving.should_exit = True

    try:
        yield f"http://127.0.0.1:{port}", loops[0], stop
    finally:
        stop()
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive(), "the service did not stop"
