"""The vector stores that the settings may choose. One more is a file like `chroma_server.py`, named here."""

from collections.abc import Callable, Mapping

from surefoot.errors import SettingsError
from surefoot.retrieval.ports import VectorStore
from surefoot.settings import Index
from surefoot.wiring.project import secret

EMBEDDED = "chroma"


def store_of(index: Index) -> VectorStore | None:
    """The vector store that the settings choose; None for each snapshot's own index. SettingsError."""
    if index.store == EMBEDDED:
        if index.store_url is not None:
            raise SettingsError(
                f"index.store_url is set, and index.store is {EMBEDDED!r}, which needs no server",
                remedy="set index.store to 'chroma-server', or take index.store_url out",
            )
        return None
    if index.store not in _STORES:
        raise SettingsError(
            f"the setting index.store is {index.store!r}",
            remedy=f"use one of: {', '.join((EMBEDDED, *sorted(_STORES)))}",
        )
    if not index.store_url:
        raise SettingsError(
            f"index.store is {index.store!r}, and index.store_url does not say where it listens",
            remedy="set it to an address such as http://127.0.0.1:8000",
        )
    return _STORES[index.store](index, index.store_url)


def _chroma_server(index: Index, url: str) -> VectorStore:
    # Both are loaded for those who use them: they take a second.
    from surefoot.retrieval.chroma_server import ChromaServer
    from surefoot.retrieval.llama_index_stores import LlamaIndexStore

    return LlamaIndexStore(
        ChromaServer(url, key=secret(index.store_key_variable), seconds=index.store_seconds)
    )


_STORES: Mapping[str, Callable[[Index, str], VectorStore]] = {"chroma-server": _chroma_server}
