"""Snapshots that are open, each once for a recipe, whoever uses it. One that no one uses any more is closed.

Releases whose recipes only search otherwise share a snapshot, and each needs it open by its own recipe.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from surefoot.retrieval import Recipe
from surefoot.retrieval.searching import SearchableSnapshot

# The digest of a snapshot, and that of the recipe it is open by.
Key = tuple[str, str]

_log = logging.getLogger("surefoot.wiring")


class SnapshotShelf:
    """Counts users per open snapshot: an app that serves is one, and so is each request it has begun."""

    def __init__(self, open_snapshot: Callable[[str, Recipe], Awaitable[SearchableSnapshot]]) -> None:
        self._open_snapshot = open_snapshot
        self._open: dict[Key, SearchableSnapshot] = {}
        self._users: Counter[Key] = Counter()
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open)

    async def take(self, digest: str, recipe: Recipe) -> SearchableSnapshot:
        """The snapshot, opened if nobody uses it yet; `give_back` ends this use. One caller at a time."""
        key = (digest, recipe.digest)
        if key not in self._open:
            self._open[key] = await self._open_snapshot(digest, recipe)
        self._users[key] += 1
        return self._open[key]

    def give_back(self, snapshot: SearchableSnapshot) -> None:
        """One use less; after the last one the snapshot is closed, beside whatever runs."""
        key = (snapshot.digest, snapshot.recipe_digest)
        self._users[key] -= 1
        if self._users[key] > 0 or key not in self._open:  # not there: all was closed meanwhile
            return
        del self._users[key]
        closing = asyncio.create_task(self._close(self._open.pop(key)))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    @contextmanager
    def in_use(self, snapshot: SearchableSnapshot) -> Iterator[None]:
        """One more use of a snapshot that is open, until the block ends."""
        self._users[snapshot.digest, snapshot.recipe_digest] += 1
        try:
            yield
        finally:
            self.give_back(snapshot)

    async def aclose(self) -> None:
        """Close every snapshot, used or not."""
        left, self._open = self._open, {}
        await asyncio.gather(*self._closing, *map(self._close, left.values()))

    async def _close(self, snapshot: SearchableSnapshot) -> None:
        try:
            await snapshot.aclose()
        except Exception:  # noqa: BLE001 - nobody awaits it, and what serves must go on
            _log.exception("the snapshot %s could not be closed", snapshot.digest)
