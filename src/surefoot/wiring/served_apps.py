"""The apps a service answers with: each at the release that production names, swapped while requests run.

A release serves once all of it holds: proof, prompt, recipe, model, embedder and snapshot. Until then, and
whenever something about it is wrong, what served before goes on serving. Deployments that say so serve the
working tree instead, as it was when the service began.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from surefoot.answering import App, ChatModel, TokenCounter
from surefoot.api.service import NotReady
from surefoot.console import BrokenGlass, HeldBack, Standing
from surefoot.errors import NotFoundError, RefusedError, SnapshotError, SurefootError
from surefoot.records import Passage
from surefoot.releases import AppFile, BreakGlass, Entry, Pointer, Receipt
from surefoot.retrieval import Embedder, Recipe
from surefoot.retrieval.searching import SearchableSnapshot
from surefoot.wiring.indexing import open_pinned
from surefoot.wiring.opening import app_of
from surefoot.wiring.project import Project
from surefoot.wiring.readiness import APP
from surefoot.wiring.releasing import (
    Chosen,
    channel_of,
    in_production,
    never_released,
    read_production,
    working_tree,
)
from surefoot.wiring.snapshot_shelf import SnapshotShelf

SECONDS_BETWEEN_LOOKS = 1.0
# A release that does not open is tried again: its snapshot may be built meanwhile.
SECONDS_BETWEEN_TRIES = 2.0

_log = logging.getLogger("surefoot.wiring")


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A release that answers, and since when.

    `pointer` is what production named, and `entry` what let it in; both None for the working tree.
    """

    app: App
    snapshot: SearchableSnapshot
    pointer: Pointer | None
    entry: Entry | None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What does not serve, why, and when that was found.

    `reason` and `remedy` are the error's, as callers may read them. `pointer` is None where none could be
    read; `released` is False where production names none.
    """

    pointer: Pointer | None
    error: SurefootError
    reason: str
    remedy: str
    at_seconds: float
    released: bool


class ServedApps:
    """Every app of a project, each at the release that is to serve; `watch` follows what production names."""

    def __init__(
        self,
        project: Project,
        *,
        embedder: Embedder,
        model: ChatModel,
        counter: TokenCounter,
        follow: Callable[[], Project] | None = None,
    ) -> None:
        """`follow` says which project is to be served now, where that changes: for a bundle it does."""
        self._project = project
        self._follow = follow
        self._embedder = embedder
        self._model = model
        self._counter = counter
        self.channel = channel_of(project)
        self._shelf = SnapshotShelf(self._open_snapshot)
        self._serving: dict[str, Serving] = {}
        self._refused: dict[str, Refusal] = {}

    def names(self) -> tuple[str, ...]:
        """The apps' names, as their files sort."""
        return tuple(app.name for app in self._project.apps)

    def current(self, name: str) -> App:
        """The app as it serves now. NotFoundError for no such app, or the reason why it does not."""
        return self._current(name).app

    @contextmanager
    def use(self, name: str) -> Iterator[App]:
        """The same for one request: its snapshot stays open until the block ends, whatever is promoted."""
        serving = self._current(name)
        with self._shelf.in_use(serving.snapshot):
            yield serving.app

    def all_open(self) -> tuple[App, ...]:
        """Every app that can answer."""
        return tuple(serving.app for serving in self._serving.values())

    def standings(self) -> tuple[Standing, ...]:
        """Which release of each open app serves, since when, and what let it in."""
        return tuple(
            _standing(name, serving, self.channel) for name, serving in sorted(self._serving.items())
        )

    async def passage(self, name: str, passage_id: str) -> Passage | None:
        """A passage of the app's snapshot, or None when it holds none with this id."""
        try:
            return self._serving[name].snapshot.passage(passage_id) if name in self._serving else None
        except NotFoundError:
            return None

    def not_ready(self) -> tuple[NotReady, ...]:
        """Every app that cannot answer, and why; one never released is missed only where no other serves."""
        return tuple(
            NotReady(what=f"{APP}{name}", reason=refused.reason, remedy=refused.remedy)
            for name, refused in sorted(self._refused.items())
            if self._keeps_from_answering(name, refused)
        )

    def held_back(self) -> tuple[HeldBack, ...]:
        """What production names and does not serve, while the service answers all the same."""
        return tuple(
            HeldBack(
                app=name,
                release=refused.pointer.release if refused.pointer else None,
                reason=refused.reason,
                remedy=refused.remedy,
            )
            for name, refused in sorted(self._refused.items())
            if not self._keeps_from_answering(name, refused)
        )

    async def look(self) -> None:
        """Serve what is to serve now, for every app. One that fails, however it fails, stops no other."""
        if self._follow is not None and not await self._followed(self._follow):
            return
        for app in self._project.apps:
            with self._refusing(app.name, None):
                await self._look(app)

    async def watch(self) -> None:
        """Look about every second, for as long as the service runs."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            await self.look()

    async def aclose(self) -> None:
        """Let go of every snapshot."""
        await self._shelf.aclose()

    def _current(self, name: str) -> Serving:
        if name in self._serving:
            return self._serving[name]
        if name in self._refused:
            refused = self._refused[name]
            kind = RefusedError if isinstance(refused.error, RefusedError) else SnapshotError
            raise kind(refused.reason, remedy=refused.remedy)
        raise NotFoundError(f"there is no app {name!r}", remedy=f"use one of: {', '.join(self.names())}")

    def _keeps_from_answering(self, name: str, refused: Refusal) -> bool:
        return name not in self._serving and (refused.released or not self._serving)

    async def _followed(self, follow: Callable[[], Project]) -> bool:
        """Whether what is to be served could be read; an app that is gone from it serves no more."""
        try:
            self._project = await asyncio.to_thread(follow)
        except Exception:
            for name in self.names():
                with self._refusing(name, None):
                    raise
            return False
        for gone in (self._serving.keys() | self._refused.keys()) - set(self.names()):
            self._refused.pop(gone, None)
            if serving := self._serving.pop(gone, None):
                self._shelf.give_back(serving.snapshot)
        return True

    async def _look(self, app: AppFile) -> None:
        if self.channel == "working tree":
            await self._serve(app, None)
            return
        pointer = await asyncio.to_thread(read_production, self._project, app)
        if pointer is None:
            self._refuse(app.name, None, never_released(app), released=False)
            return
        with self._refusing(app.name, pointer):
            await self._serve(app, pointer)

    @contextmanager
    def _refusing(self, name: str, pointer: Pointer | None) -> Iterator[None]:
        """Keep what goes wrong in the block, also a fault in the code, as why this does not serve."""
        try:
            yield
        except SurefootError as error:
            self._refuse(name, pointer, error)
        except Exception as error:  # noqa: BLE001 - a fault in one app must not stop the rest: it is logged
            words = f"the app could not be opened: {type(error).__name__}: {error}"
            self._refuse(name, pointer, SnapshotError(words, remedy="see the service's log"), fault=error)

    async def _serve(self, app: AppFile, pointer: Pointer | None) -> None:
        """Open what the pointer names, or the working tree, and swap it in; nothing to do where it serves."""
        before = self._serving.get(app.name)
        if before is not None and before.pointer == pointer:
            self._refused.pop(app.name, None)
        elif self._is_time(app.name, pointer):
            self._serving[app.name] = await self._opened(app, pointer)
            self._refused.pop(app.name, None)
            if before is not None:
                self._shelf.give_back(before.snapshot)
            _log.info(
                "app %s serves release %s of %s", app.name, self.current(app.name).pins.release, self.channel
            )

    def _is_time(self, name: str, pointer: Pointer | None) -> bool:
        refused = self._refused.get(name)
        if refused is None or refused.pointer != pointer:
            return True
        return asyncio.get_running_loop().time() - refused.at_seconds >= SECONDS_BETWEEN_TRIES

    async def _opened(self, app: AppFile, pointer: Pointer | None) -> Serving:
        chosen = await asyncio.to_thread(self._chosen, app, pointer)
        manifest = chosen.manifest
        snapshot = await self._shelf.take(manifest.snapshot, chosen.parts.recipe)
        if snapshot.passages_digest != manifest.passages:
            self._shelf.give_back(snapshot)
            raise SnapshotError(
                f"the snapshot {manifest.snapshot[:12]!r} holds other passages than the release "
                f"{manifest.digest[:12]!r} was proven with: another version of a library cut the documents",
                remedy=f"run `surefoot index build {app.name}` with the libraries of requirements.lock, or "
                "prove the present state with `surefoot gate run`",
            )
        try:
            opened = await app_of(
                manifest, chosen.parts, retriever=snapshot, model=self._model, counter=self._counter
            )
        except BaseException:
            self._shelf.give_back(snapshot)
            raise
        return Serving(
            app=opened,
            snapshot=snapshot,
            pointer=chosen.pointer,
            entry=chosen.entry,
            since=datetime.now(UTC),
        )

    def _chosen(self, app: AppFile, pointer: Pointer | None) -> Chosen:
        if pointer is None:
            return working_tree(self._project, app)
        return in_production(self._project, app, pointer)

    async def _open_snapshot(self, digest: str, recipe: Recipe) -> SearchableSnapshot:
        return await open_pinned(self._project, digest, recipe, self._embedder)

    def _refuse(
        self,
        name: str,
        pointer: Pointer | None,
        error: SurefootError,
        *,
        fault: Exception | None = None,
        released: bool = True,
    ) -> None:
        """Keep what does not serve and why; the log tells each reason once, a fault with its traceback."""
        before = self._refused.get(name)
        now = asyncio.get_running_loop().time()
        self._refused[name] = Refusal(
            pointer=pointer,
            error=error,
            reason=self._project.without_folders(error.message),
            remedy=self._project.without_folders(error.remedy),
            at_seconds=now,
            released=released,
        )
        if before is None or before.error.message != error.message:
            serves = "goes on with the release before" if name in self._serving else "is not open"
            _log.warning(
                "app %s %s: %s; to mend it: %s", name, serves, error.message, error.remedy, exc_info=fault
            )


def _standing(name: str, serving: Serving, channel: str) -> Standing:
    entry = serving.entry
    broken = None
    if isinstance(entry, BreakGlass):
        broken = BrokenGlass(record=entry.digest, by=entry.by, reason=entry.reason, made_at=entry.made_at)
    return Standing(
        app=name,
        release=serving.app.manifest.digest,
        channel=channel,
        receipt=serving.pointer.receipt if serving.pointer else None,
        since=serving.since,
        kind=entry.verdict.kind if isinstance(entry, Receipt) else None,
        broken_glass=broken,
    )
