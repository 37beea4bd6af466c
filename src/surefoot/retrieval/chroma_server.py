"""A Chroma server over HTTP: its collections, for the store that LlamaIndex fills and searches."""

import threading
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPSConnection
from typing import cast
from urllib.parse import urlsplit

import chromadb
from chromadb.api import ClientAPI
from chromadb.api.client import Client
from chromadb.api.collection_configuration import CreateHNSWConfiguration
from chromadb.api.fastapi import FastAPI
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings
from chromadb.errors import ChromaError, NotFoundError
from llama_index.vector_stores.chroma import ChromaVectorStore

from surefoot.errors import SettingsError, SnapshotError
from surefoot.retrieval.chroma_vectors import BREADTH
from surefoot.retrieval.llama_index_stores import Held

MARK = "surefoot_mark"
HNSW: CreateHNSWConfiguration = {"space": "cosine", "ef_construction": BREADTH, "ef_search": BREADTH}


class ChromaServer:
    """The collections of a server at `url`. Nothing is asked of it before it is needed.

    `key` is sent in the two headers that Chroma's own tokens and proxies before it read. `seconds` limits
    each request: without it one that is never answered would hold its thread for ever.
    """

    def __init__(self, url: str, *, key: str | None, seconds: float) -> None:
        self._url = url
        self._host, self._port, self._ssl = _address(url)
        self._headers = {"Authorization": f"Bearer {key}", "X-Chroma-Token": key} if key else {}
        self._seconds = seconds
        self._connecting = threading.Lock()
        self._connected: ClientAPI | None = None

    def names(self) -> tuple[str, ...]:
        """Every collection there is; they come by the hundred."""
        found: list[str] = []
        while page := self._client.list_collections(limit=100, offset=len(found)):
            found += [collection.name for collection in page]
        return tuple(found)

    def create(self, name: str, dimensions: int) -> ChromaVectorStore:
        """A new collection; Chroma takes the dimensions from the first row."""
        made = self._client.create_collection(name, embedding_function=None, configuration={"hnsw": HNSW})
        return ChromaVectorStore(chroma_collection=made)

    def publish(self, partial: str, name: str, mark: str) -> None:
        """One request changes both the name and the mark."""
        self._collection(partial).modify(name=name, metadata={MARK: mark})

    def find(self, name: str) -> Held | None:
        """The collection of that name."""
        try:
            found = self._collection(name)
        except NotFoundError:
            return None
        said = cast(Mapping[str, object], found.metadata or {})
        return Held(
            store=ChromaVectorStore(chroma_collection=found),
            rows=found.count(),
            mark=str(said.get(MARK, "")),
        )

    def count(self, name: str) -> int:
        """How many rows it has."""
        try:
            return self._collection(name).count()
        except NotFoundError:
            return 0

    def remove(self, name: str) -> None:
        """Remove it, if it is there."""
        try:
            self._client.delete_collection(name)
        except NotFoundError:
            return

    def is_gone(self, error: Exception) -> bool:
        """A collection that was removed and made anew has another id of Chroma's."""
        return isinstance(error, NotFoundError)

    def explained(self, error: Exception) -> SnapshotError:
        """What Chroma says where it answers; else that it does not."""
        if isinstance(error, ChromaError):
            return SnapshotError(
                f"the Chroma server at {self._url} refused: {_first_line(error)}",
                remedy="Look at its log; if it wants a key, name its variable in index.store_key_variable.",
            )
        return SnapshotError(
            f"the Chroma server at {self._url} cannot be asked: {_first_line(error)}",
            remedy="Start it, or set index.store_url to where it listens; what it held is still there then.",
        )

    @property
    def _client(self) -> ClientAPI:
        with self._connecting:
            if self._connected is None:
                self._connected = self._connect()
            return self._connected

    def _connect(self) -> ClientAPI:
        self._wait_for_an_answer()
        # _env_file: Chroma would read a .env of the folder surefoot happens to be started in.
        settings = Settings(_env_file=None, anonymized_telemetry=False)
        client = chromadb.HttpClient(
            self._host, self._port, ssl=self._ssl, headers=dict(self._headers), settings=settings
        )
        server = cast(Client, client)._server
        if isinstance(server, FastAPI):
            # Chroma's client has no setting for this, and waits without end.
            server._session.timeout = self._seconds
        return client

    def _wait_for_an_answer(self) -> None:
        """Raises OSError where none comes in time: Chroma's client asks as it is made, and waits for ever."""
        kind = HTTPSConnection if self._ssl else HTTPConnection
        connection = kind(self._host, self._port, timeout=self._seconds)
        try:
            connection.request("GET", "/api/v2/heartbeat", headers=self._headers)
            connection.getresponse().read()
        finally:
            connection.close()

    def _collection(self, name: str) -> Collection:
        return self._client.get_collection(name, embedding_function=None)


def _address(url: str) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise SettingsError(
            "the setting index.store_url is no address of a Chroma server",
            remedy="give http:// or https://, a host and a port, such as http://127.0.0.1:8000; a key goes "
            "into the variable that index.store_key_variable names",
        )
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingsError(
            f"the setting index.store_url is {url!r}, and a Chroma server has no path",
            remedy=f"give {parts.scheme}://{parts.netloc}",
        )
    return parts.hostname, port, parts.scheme == "https"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200] or type(error).__name__
