"""A vendor of collections in memory, over LlamaIndex's own simple store."""

from llama_index.core.vector_stores.simple import SimpleVectorStore

from surefoot.errors import SnapshotError
from surefoot.retrieval.llama_index_stores import Held


class MemoryCollections:
    """Collections by name, each with its mark."""

    def __init__(self) -> None:
        self._stores: dict[str, SimpleVectorStore] = {}
        self._marks: dict[str, str] = {}

    def names(self) -> tuple[str, ...]:
        return tuple(self._stores)

    def create(self, name: str, dimensions: int) -> SimpleVectorStore:
        self._stores[name] = SimpleVectorStore()
        return self._stores[name]

    def publish(self, partial: str, name: str, mark: str) -> None:
        if name in self._stores:
            raise KeyError(name)
        self._stores[name] = self._stores.pop(partial)
        self._marks[name] = mark

    def find(self, name: str) -> Held | None:
        if name not in self._stores:
            return None
        return Held(store=self._stores[name], rows=self.count(name), mark=self._marks.get(name, ""))

    def count(self, name: str) -> int:
        return len(self._stores[name].data.embedding_dict) if name in self._stores else 0

    def remove(self, name: str) -> None:
        store = self._stores.pop(name, None)
        if store is not None:
            store.data.embedding_dict.clear()

    def is_gone(self, error: Exception) -> bool:
        return False

    def explained(self, error: Exception) -> SnapshotError:
        return SnapshotError(f"memory failed: {error!r}", remedy="Look at the test.")
