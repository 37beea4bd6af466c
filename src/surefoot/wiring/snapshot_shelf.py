"""Snapshots that are open, each once, whoever uses it. One that no one uses any more is closed."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from surefoot.retrieval import Recipe
from surefoot.retrieval.searching import SearchableSnapshot

_log = logging.getLogger("surefoot.wiring")


class SnapshotShelf:
    """Counts users per snapshot: an app that serves is one, and so is each request it has begun."""

    def __init__(self, open_snapshot: Callable[[str, Recipe], Awaitable[SearchableSnapshot]]) -> None:
        self._open_snapshot = open_snapshot
        self._open: dict[str, SearchableSnapshot] = {}
        self._users: Counter[str] = Counter()
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open)

    async def take(self, digest: str, recipe: Recipe) -> SearchableSnapshot:
        """The snapshot, opened if nobody uses it yet; `give_back` ends this use. One caller at a time."""
        if digest not in self._open:
            self._open[digest] = await self._open_snapshot(digest, recipe)
        self._users[digest] += 1
        return self._open[digest]

    def give_back(self, digest: str) -> None:
        """One use less; after the last one the snapshot is closed, beside whatever runs."""
        self._users[digest] -= 1
        if self._users[digest] > 0 or digest not in self._open:  # not there: all was closed meanwhile
            return
        del self._users[digest]
        closing = asyncio.create_task(self._close(self._open.pop(digest)))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    @contextmanager
    def in_use(self, digest: str) -> Iterator[None]:
        """One more use of a snapshot that is open, until the block ends."""
        self._users[digest] += 1
        try:
            yield
        finally:
            self.give_back(digest)

    async def aclose(self) -> None:
        """Close every snapshot, used or not."""
        left, self._open = self._open, {}
        await asyncio.gather(*self._closing, *map(self._close, left.values()))

    async def _close(self, snapshot: SearchableSnapshot) -> None:
        try:
            await snapshot.aclose()
        except Exception:  # noqa: BLE001 - nobody awaits it, and what serves must go on
            _log.exception("the snapshot %s could not be closed", snapshot.digest)
