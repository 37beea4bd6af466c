"""The apps a service answers with: each opened over its live snapshot, and guarded by the model's watch."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

from surefoot.answering import App, ChatModel, TokenCounter
from surefoot.api.service import NotReady, PlainModel, PlainReply
from surefoot.errors import ModelError, NotFoundError, SnapshotError, SurefootError
from surefoot.models import ModelWatch
from surefoot.records import Completion, Message, Passage, Sampling, TextDelta
from surefoot.releases import AppFile
from surefoot.retrieval import Embedder
from surefoot.retrieval.searching import SearchableSnapshot
from surefoot.wiring.indexing import open_index
from surefoot.wiring.project import Project
from surefoot.wiring.readiness import APP
from surefoot.wiring.releasing import present_manifest, prompt_of

SECONDS_BETWEEN_TRIES = 2.0

_log = logging.getLogger("surefoot.wiring")


class WatchedModel:
    """A chat model that is asked only while the watch says that the right weights answer."""

    def __init__(self, model: ChatModel, watch: ModelWatch) -> None:
        self._model = model
        self._watch = watch

    async def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[TextDelta | Completion, None]:
        """The model's stream; ModelError with the watch's reason while the model is not ready."""
        _refuse_unready(self._watch)
        try:
            async with aclosing(self._model.stream(messages, sampling)) as parts:
                async for part in parts:
                    yield part
        except ModelError as error:
            self._watch.report(error)
            raise


class WatchedPlainModel:
    """The same for plain chat, whose bytes pass through."""

    def __init__(self, model: PlainModel, watch: ModelWatch) -> None:
        self._model = model
        self._watch = watch

    @asynccontextmanager
    async def forward(self, body: bytes) -> AsyncIterator[PlainReply]:
        """The model's reply; ModelError with the watch's reason while the model is not ready."""
        _refuse_unready(self._watch)
        try:
            async with self._model.forward(body) as reply:
                yield reply
        except ModelError as error:
            self._watch.report(error)
            raise


def _refuse_unready(watch: ModelWatch) -> None:
    state = watch.state
    if not state.ready:
        raise state.kind(state.reason, remedy=state.remedy)


class ServedApps:
    """Every app of a project. One that cannot be opened says why, and is tried again by `keep_opening`."""

    def __init__(
        self, project: Project, *, embedder: Embedder, model: ChatModel, counter: TokenCounter
    ) -> None:
        self._project = project
        self._embedder = embedder
        self._model = model
        self._counter = counter
        self._open: dict[str, tuple[App, SearchableSnapshot]] = {}
        self._broken: dict[str, SurefootError] = {}

    def names(self) -> tuple[str, ...]:
        """The apps' names, as their files sort."""
        return tuple(app.name for app in self._project.apps)

    def current(self, name: str) -> App:
        """The app as it serves now. NotFoundError for no such app, or the reason it could not be opened."""
        if name in self._open:
            return self._open[name][0]
        if name in self._broken:
            broken = self._broken[name]
            raise SnapshotError(broken.message, remedy=broken.remedy)
        raise NotFoundError(f"there is no app {name!r}", remedy=f"use one of: {', '.join(self.names())}")

    def all_open(self) -> tuple[App, ...]:
        """Every app that can answer."""
        return tuple(app for app, _ in self._open.values())

    async def passage(self, name: str, passage_id: str) -> Passage | None:
        """A passage of the app's snapshot, or None when it holds none with this id."""
        try:
            return self._open[name][1].passage(passage_id) if name in self._open else None
        except NotFoundError:
            return None

    def not_ready(self) -> tuple[NotReady, ...]:
        """Every app that could not be opened."""
        return tuple(
            NotReady(what=f"{APP}{name}", reason=error.message, remedy=error.remedy)
            for name, error in sorted(self._broken.items())
        )

    async def open(self) -> None:
        """Open every app that is not open yet. One that fails, however it fails, stops no other."""
        for app in self._project.apps:
            if app.name in self._open:
                continue
            try:
                self._open[app.name] = await self._opened(app)
                if self._broken.pop(app.name, None) is not None:
                    _log.info("app %s is open", app.name)
            except SurefootError as error:
                self._break(app.name, error)
            except Exception as error:  # noqa: BLE001 - a fault in one app must not stop the rest: it is logged
                words = f"the app could not be opened: {type(error).__name__}: {error}"
                self._break(app.name, SnapshotError(words, remedy="see the service's log"), fault=error)

    async def keep_opening(self) -> None:
        """Try again until every app is open."""
        while self._broken:
            await asyncio.sleep(SECONDS_BETWEEN_TRIES)
            await self.open()

    async def aclose(self) -> None:
        """Let go of every snapshot."""
        for _, snapshot in self._open.values():
            await snapshot.aclose()

    def _break(self, name: str, error: SurefootError, *, fault: Exception | None = None) -> None:
        """Keep why an app is not open; the log tells of each reason once, of a fault with its traceback."""
        before = self._broken.get(name)
        self._broken[name] = error
        if before is None or before.message != error.message:
            _log.warning(
                "app %s is not open: %s; to mend it: %s", name, error.message, error.remedy, exc_info=fault
            )

    async def _opened(self, app: AppFile) -> tuple[App, SearchableSnapshot]:
        project = self._project
        manifest = present_manifest(project, app)
        prompt = prompt_of(project, app)
        snapshot = await open_index(project, app, self._embedder, manifest.snapshot)
        opened = App(
            manifest=manifest,
            prompt=prompt,
            retriever=snapshot,
            model=self._model,
            counter=self._counter,
            passages_shown=project.recipe_of(app).limit,
        )
        return opened, snapshot
