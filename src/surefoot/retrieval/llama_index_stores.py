"""The dense leg in a vector store elsewhere, through LlamaIndex's interface: any store that it has will do.

LlamaIndex adds and queries. What it leaves to each vendor, making, naming, counting and removing collections,
is the port `Collections`: one file for each vendor. A collection is filled under a name of its own and gets
the snapshot's in one step; from then on nobody writes to it.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

import numpy
from llama_index.core.schema import BaseNode, TextNode
from llama_index.core.vector_stores.types import BasePydanticVectorStore, VectorStoreQuery
from numpy.typing import NDArray

from surefoot.errors import SnapshotError, SurefootError
from surefoot.retrieval.ports import StoredCollection, StoredRows

WHOLE, PARTIAL = "surefoot-", "partial-surefoot-"
# Within every vendor's limit on one request.
BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A published collection: LlamaIndex's store over it, how many rows it has, and its mark."""

    store: BasePydanticVectorStore
    rows: int
    mark: str


class Collections(Protocol):
    """What a vendor's file does. It may raise the vendor's own errors, and says what they mean."""

    def names(self) -> tuple[str, ...]:
        """Every collection there is, whosesoever."""
        ...

    def create(self, name: str, dimensions: int) -> BasePydanticVectorStore:
        """A new empty collection, in cosine space."""
        ...

    def publish(self, partial: str, name: str, mark: str) -> None:
        """Give a collection its name and its mark, in one step. Raises when the name is taken."""
        ...

    def find(self, name: str) -> Held | None:
        """The collection of that name; None when there is none."""
        ...

    def count(self, name: str) -> int:
        """How many rows it has; 0 when there is none."""
        ...

    def remove(self, name: str) -> None:
        """Remove it; nothing to do when there is none."""
        ...

    def is_gone(self, error: Exception) -> bool:
        """Whether an error says that a collection is there no more, though the store is."""
        ...

    def explained(self, error: Exception) -> SnapshotError:
        """The vendor's error in our words, with its remedy."""
        ...


class LlamaIndexStore:
    """A VectorStore made of any of LlamaIndex's."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    def publish(self, rows: StoredRows, told: Callable[[int, int], None]) -> None:
        """Make sure that it holds all these rows; where others are quicker theirs are used."""
        with _explaining(self._collections):
            held = self._collections.find(rows.name)
            if held is not None and _whole(held, rows):
                return
            if held is not None:  # rows were lost or added behind our back, so it serves nobody
                self._collections.remove(rows.name)
            partial = f"{PARTIAL}{rows.name.removeprefix(WHOLE)}-{os.urandom(4).hex()}"
            try:
                self._fill(partial, rows, told)
                self._name(partial, rows)
            except BaseException:
                with suppress(Exception):  # what went wrong first is what is told
                    self._collections.remove(partial)
                raise

    def open(self, rows: StoredRows) -> "OpenStore":
        """The collection of these rows, open to search. SnapshotError when it is not there, or lacks any."""
        with _explaining(self._collections):
            return OpenStore(self._collections, rows)

    def collections(self) -> tuple[StoredCollection, ...]:
        """Our collections, by name; those of others in the same store are left out."""
        with _explaining(self._collections):
            ours = sorted(name for name in self._collections.names() if name.startswith((WHOLE, PARTIAL)))
            return tuple(
                StoredCollection(name=name, rows=self._collections.count(name), whole=name.startswith(WHOLE))
                for name in ours
            )

    def remove(self, name: str) -> None:
        """Remove a collection of ours. SnapshotError for one that is not there, or not ours."""
        with _explaining(self._collections):
            ours = tuple(one for one in self._collections.names() if one.startswith((WHOLE, PARTIAL)))
            if name not in ours:
                raise SnapshotError(
                    f"the vector store has no collection {name!r} of ours",
                    remedy="Run `surefoot index collections` for those that are there.",
                )
            self._collections.remove(name)

    def _fill(self, partial: str, rows: StoredRows, told: Callable[[int, int], None]) -> None:
        store = self._collections.create(partial, rows.vectors.shape[1])
        total = len(rows.ids)
        for start in range(0, total, BATCH):
            end = min(start + BATCH, total)
            store.add([_node(place, rows.vectors[place]) for place in range(start, end)])
            told(end, total)
        count = self._collections.count(partial)
        if count != total:
            raise SnapshotError(
                f"the vector store took {count} of {total} rows",
                remedy="Look at its log and its disk, then run `surefoot index build` again.",
            )

    def _name(self, partial: str, rows: StoredRows) -> None:
        try:
            self._collections.publish(partial, rows.name, rows.mark)
        except Exception:
            held = self._collections.find(rows.name)
            if held is None or not _whole(held, rows):
                raise
            self._collections.remove(partial)  # somebody else was quicker, with the same rows


class OpenStore:
    """A collection that is open. One that was made anew meanwhile, with the same rows, is found again."""

    def __init__(self, collections: Collections, rows: StoredRows) -> None:
        self._collections = collections
        self._rows = rows
        self._store = self._opened()

    def search(self, vector: NDArray[numpy.float32], limit: int) -> tuple[str, ...]:
        """Ids of the nearest rows, nearest first; equal ones by id."""
        with _explaining(self._collections):
            try:
                if found := self._found(vector, limit):
                    return found
            except Exception as error:
                if not self._collections.is_gone(error):
                    raise
            self._store = self._opened()  # no row at all is no answer of a collection that is whole
            return self._found(vector, limit)

    def close(self) -> None:
        """Nothing is held."""

    def _found(self, vector: NDArray[numpy.float32], limit: int) -> tuple[str, ...]:
        asked = VectorStoreQuery(
            query_embedding=vector.tolist(), similarity_top_k=min(limit, len(self._rows.ids))
        )
        found = self._store.query(asked)
        ids = [self._rows.ids[uuid.UUID(name).int] for name in found.ids or ()]
        ordered = sorted(zip(found.similarities or (), ids, strict=True), key=lambda one: (-one[0], one[1]))
        return tuple(name for _, name in ordered)

    def _opened(self) -> BasePydanticVectorStore:
        held = self._collections.find(self._rows.name)
        if held is None or not _whole(held, self._rows):
            lacks = "is not there" if held is None else f"has {held.rows} of {len(self._rows.ids)} rows"
            raise SnapshotError(
                f"the snapshot's collection {self._rows.name!r} {lacks} in the vector store",
                remedy="Run `surefoot index build`: it fills the store from the snapshot, embedding nothing.",
            )
        return held.store


def _whole(held: Held, rows: StoredRows) -> bool:
    return held.rows == len(rows.ids) and held.mark == rows.mark


def _node(place: int, vector: NDArray[numpy.float32]) -> BaseNode:
    # A row is called by its place, as a UUID: some stores take no other names, and none needs to keep ours.
    return TextNode(id_=str(uuid.UUID(int=place)), text="", embedding=vector.tolist())


@contextmanager
def _explaining(collections: Collections) -> Iterator[None]:
    try:
        yield
    except SurefootError:
        raise
    except Exception as error:
        raise collections.explained(error) from error
