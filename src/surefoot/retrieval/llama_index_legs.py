"""A retriever of LlamaIndex's that a recipe names, over the passages of a snapshot.

It ranks every passage, and only the ids of what it finds are taken: who may read what is decided by
`searching`, from the snapshot's own passages.
"""

import asyncio
import inspect
from collections.abc import Sequence

import numpy
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.indices.base import BaseIndex
from llama_index.core.llms import MockLLM
from llama_index.core.schema import TextNode
from numpy.typing import NDArray

from surefoot.errors import SettingsError, SnapshotError
from surefoot.records import Passage
from surefoot.retrieval.llama_index_classes import class_named, made
from surefoot.retrieval.ports import Embedder, OpenLeg
from surefoot.retrieval.recipes import Named, NamedLeg

Vectors = NDArray[numpy.float32]
# Which index a retriever searches where its recipe does not say: that of the module it is in.
INDEXES = {
    "llama_index.core.indices.keyword_table": "llama_index.core:SimpleKeywordTableIndex",
    "llama_index.core.indices.list": "llama_index.core:SummaryIndex",
}
USUAL_INDEX = "llama_index.core:VectorStoreIndex"


class NamedRetrievers:
    """Opens the retriever of a recipe."""

    def open(
        self,
        leg: NamedLeg,
        passages: Sequence[Passage],
        texts: Sequence[str],
        vectors: Vectors,
        embedder: Embedder,
    ) -> OpenLeg:
        """The retriever over an index in memory. SettingsError for one that is not there or does not fit."""
        cls = class_named(leg.retriever, BaseRetriever)  # type: ignore[type-abstract]
        embedding = _Embedding(embedder)
        nodes = [
            TextNode(id_=one.id, text=text, embedding=row.tolist())
            for one, text, row in zip(passages, texts, vectors, strict=True)
        ]
        taken = inspect.signature(cls).parameters
        given: dict[str, object] = {}
        if "nodes" in taken:
            given["nodes"] = nodes
        elif "index" in taken:
            given["index"] = _index(cls, nodes, embedding)
        else:
            raise SettingsError(
                f"the recipe's retriever {leg.retriever.what!r} takes neither nodes nor an index",
                remedy="name one that searches the nodes or the index it is given",
            )
        tops = [name for name in ("similarity_top_k", "num_chunks_per_query") if name in taken]
        given |= dict.fromkeys(tops, len(nodes))
        retriever = made(leg.retriever, BaseRetriever, given)  # type: ignore[type-abstract]
        return _OpenRetriever(retriever, leg.retriever.what, embedding)


class _OpenRetriever:
    def __init__(self, retriever: BaseRetriever, what: str, embedding: "_Embedding") -> None:
        self._retriever = retriever
        self._what = what
        self._embedding = embedding

    async def search(self, question: str) -> tuple[str, ...]:
        """What it finds, best first; in a thread, as most retrievers wait for nobody."""
        self._embedding.at_home(asyncio.get_running_loop())
        try:
            found = await asyncio.to_thread(self._retriever.retrieve, question)
        except Exception as problem:
            raise SnapshotError(
                f"the recipe's retriever {self._what!r} failed: {problem}"[:300],
                remedy="correct the recipe's [retriever], or take it out",
            ) from problem
        return tuple(dict.fromkeys(one.node.node_id for one in found))


class _Embedding(BaseEmbedding):
    """The snapshot's embedder behind LlamaIndex's interface, asked from threads of its own."""

    _embedder: Embedder = PrivateAttr()
    _home: asyncio.AbstractEventLoop | None = PrivateAttr(default=None)

    def __init__(self, embedder: Embedder) -> None:
        super().__init__(model_name=embedder.identity)
        self._embedder = embedder

    def at_home(self, loop: asyncio.AbstractEventLoop) -> None:
        """Where the embedder is awaited."""
        self._home = loop

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        if self._home is None:  # nodes come with their vectors, so that nothing is embedded before a search
            raise SnapshotError("a retriever embeds before it is asked", remedy="name another in the recipe")
        asked = asyncio.run_coroutine_threadsafe(self._embedder.embed(texts), self._home)
        rows: list[list[float]] = asked.result().tolist()
        return rows

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, query)


def _index(cls: type[BaseRetriever], nodes: Sequence[TextNode], embedding: BaseEmbedding) -> object:
    usual = next((of for module, of in INDEXES.items() if cls.__module__.startswith(module)), USUAL_INDEX)
    wanted = class_named(Named(what=usual), BaseIndex)  # type: ignore[type-abstract]
    # Without a word each would look for an embedder and a language model of its own, out in the world.
    kept_here: dict[str, object] = {"embed_model": embedding, "llm": MockLLM()}
    taken = inspect.signature(wanted).parameters
    fitting = {name: one for name, one in kept_here.items() if name in taken}
    return wanted(nodes=list(nodes), **fitting)  # type: ignore[arg-type]
