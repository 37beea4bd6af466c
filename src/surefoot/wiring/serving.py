"""Build the HTTP service from the settings."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata

from surefoot.answering import Admission, TokenCounter
from surefoot.api.authentication import Authenticate, LoopbackCallers
from surefoot.api.keys import HashedKeys
from surefoot.api.service import NotReady, Service
from surefoot.errors import ModelMismatchError
from surefoot.integrations.promptlayer.keeping import LoggingKeeper
from surefoot.models import EstimateTokenCounter, Expectation, ModelWatch
from surefoot.models.openai_chat import OpenAIChat
from surefoot.models.server_token_counter import ServerTokenCounter
from surefoot.traces import TraceKeeper, TraceWriter
from surefoot.traces.prometheus_metrics import Metrics
from surefoot.traces.sqlalchemy_store import TraceStore
from surefoot.wiring.indexing import embedder_of
from surefoot.wiring.project import Project, secret
from surefoot.wiring.promptlayer import PromptLayerParts, is_on, promptlayer_of
from surefoot.wiring.readiness import WRONG_MODEL
from surefoot.wiring.served_apps import ServedApps
from surefoot.wiring.watched_model import WatchedModel, WatchedPlainModel

_log = logging.getLogger("surefoot.wiring")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelParts:
    """The model server as the service speaks to it."""

    chat: OpenAIChat
    counter: TokenCounter
    watch: ModelWatch


def expectation_of(project: Project) -> Expectation:
    """How the model server must show that it serves the pinned weights; a declared one by name alone."""
    declared = project.settings.chat.model
    return Expectation(
        served_name=declared or project.chat_identity(),
        pinned=None if declared else project.chat_spec().fingerprint,
    )


@asynccontextmanager
async def model_of(project: Project) -> AsyncIterator[ModelParts]:
    """The model server's clients, and the watch that knows which weights must answer.

    Our own vLLM is asked by identity, so that other weights cannot answer by mistake; a server that the
    settings declare is asked by the name it uses, and its tokens are estimated.
    """
    declared = project.settings.chat.model
    served_name = declared or project.chat_identity()
    key = secret(project.settings.chat.key_variable)
    url, limits, retries = project.chat_url(), project.limits(), project.retries()
    async with AsyncExitStack() as stack:
        chat = await stack.enter_async_context(
            OpenAIChat(base_url=url, model=served_name, limits=limits, retries=retries, api_key=key)
        )
        counter: TokenCounter = EstimateTokenCounter()
        if declared is None:
            exact = ServerTokenCounter(
                base_url=url, model=served_name, limits=limits, retries=retries, api_key=key
            )
            stack.push_async_callback(exact.aclose)
            counter = exact
        watch = ModelWatch(
            chat,
            expectation_of(project),
            probe_every_seconds=project.settings.chat.probe_seconds,
        )
        yield ModelParts(chat=chat, counter=counter, watch=watch)


def authenticate_of(project: Project) -> Authenticate:
    """Who may call: holders of a key or a signed token where there is a file of these, else this machine."""
    service = project.settings.service
    keys = HashedKeys(service.keys) if service.keys is not None else None
    if service.tokens is not None:
        from surefoot.api.issuers import SignedTokens  # it loads cryptography, for these services alone

        return SignedTokens(service.tokens, keys)
    if keys is not None:
        return keys
    return LoopbackCallers(listening_on=service.host, groups=service.loopback_groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceParts:
    """What the service is made of, as far as it lives and dies with it."""

    project: Project
    apps: ServedApps
    model: ModelParts
    admission: Admission
    store: TraceStore
    writer: TraceWriter
    metrics: Metrics
    promptlayer: PromptLayerParts | None

    def not_ready(self) -> tuple[NotReady, ...]:
        """Every app that could not be opened, and the model while it is not the pinned one."""
        state = self.model.watch.state
        if state.ready:
            return self.apps.not_ready()
        what = WRONG_MODEL if issubclass(state.kind, ModelMismatchError) else "model"
        return (*self.apps.not_ready(), NotReady(what=what, reason=state.reason, remedy=state.remedy))

    def set_gauges(self) -> None:
        """What is now: load, traces that wait, the model, and the releases that serve."""
        self.metrics.set_load(running=self.admission.running, waiting=self.admission.waiting)
        self.metrics.set_traces(waiting=self.writer.waiting, dropped=self.writer.dropped)
        if self.promptlayer is not None:
            state = self.promptlayer.sender.state
            self.metrics.set_promptlayer(waiting=state.waiting, sent=state.sent, dropped=state.dropped)
        self.metrics.set_model_ready(self.project.chat_alias(), self.model.watch.state.ready)
        self.metrics.set_serving((app.pins for app in self.apps.all_open()), channel=self.apps.channel)
        standings = self.apps.standings()
        self.metrics.set_unproven((one.app, one.release) for one in standings if one.receipt is None)
        self.metrics.set_held_back((held.app, held.release) for held in self.apps.held_back())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """What runs beside the routes: the trace writer, and the watches over the model and over releases."""
        async with self.writer:
            tasks = [
                asyncio.create_task(self.model.watch.run(), name="the model's watch"),
                asyncio.create_task(self.apps.watch(), name="the watch over releases"),
            ]
            if self.promptlayer is not None:
                sending = self.promptlayer.sender.run()
                tasks.append(asyncio.create_task(sending, name="sending to PromptLayer"))
            for task in tasks:
                task.add_done_callback(log_failure)
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


def log_failure(task: asyncio.Task[None]) -> None:
    """Nobody awaits what runs beside the routes before the service stops: its end would go unseen."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("%s ended: %s", task.get_name(), type(error).__name__, exc_info=error)


def _keeper(project: Project, store: TraceStore, promptlayer: PromptLayerParts | None) -> TraceKeeper:
    """Where traces end up: in the store, and in PromptLayer's backlog where requests are logged there."""
    if promptlayer is None or not project.settings.promptlayer.log_requests:
        return store
    content = project.settings.promptlayer.log_content
    return LoggingKeeper(store, promptlayer.backlog, content=content)


@asynccontextmanager
async def service_of(project: Project, follow: Callable[[], Project] | None = None) -> AsyncIterator[Service]:
    """The service, its apps open where they can be; `Service.running` starts what runs beside the routes.

    `follow` says which project is to be served now, where that changes.
    """
    settings = project.settings
    authenticate = authenticate_of(project)
    if settings.serves_unproven:
        _log.warning("unproven: this service answers from the working tree, and no receipt covers it")
    async with AsyncExitStack() as stack:
        embedder = await stack.enter_async_context(embedder_of(project))
        model = await stack.enter_async_context(model_of(project))
        watched = WatchedModel(model.chat, model.watch)
        plain = WatchedPlainModel(model.chat, model.watch)
        apps = ServedApps(project, embedder=embedder, model=watched, counter=model.counter, follow=follow)
        stack.push_async_callback(apps.aclose)
        await apps.look()
        store = await stack.enter_async_context(TraceStore(project.traces))
        await store.delete_before(datetime.now(UTC) - timedelta(days=settings.traces.keep_days))
        promptlayer = await stack.enter_async_context(promptlayer_of(project)) if is_on(project) else None
        parts = ServiceParts(
            project=project,
            apps=apps,
            model=model,
            admission=Admission(
                most_running=settings.service.most_running, most_waiting=settings.service.most_waiting
            ),
            store=store,
            writer=TraceWriter(
                _keeper(project, store, promptlayer),
                queue_size=settings.traces.queue_size,
                flush_seconds=settings.traces.flush_seconds,
            ),
            metrics=Metrics(version=metadata.version("surefoot")),
            promptlayer=promptlayer,
        )
        yield Service(
            apps=apps,
            admission=parts.admission,
            sink=parts.writer,
            store=store,
            metrics=parts.metrics,
            set_gauges=parts.set_gauges,
            authenticate=authenticate,
            not_ready=parts.not_ready,
            running=parts.running,
            plain_models={settings.chat.model or project.chat_alias(): plain},
            plain_chat=settings.service.plain_chat,
            most_body_bytes=settings.service.most_body_bytes,
        )
