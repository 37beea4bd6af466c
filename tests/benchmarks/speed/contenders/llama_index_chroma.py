# mypy: disable-error-code="import-not-found,no-any-return"
"""LlamaIndex's own way: its directory reader, its sentence splitter, its index over embedded Chroma."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import chromadb
from embedding import Job, Shared, asked, latencies, tell, timed
from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import TextNode
from llama_index.vector_stores.chroma import ChromaVectorStore
from pydantic import PrivateAttr


class Embedding(BaseEmbedding):
    """The shared embedder behind LlamaIndex's interface."""

    _shared: Shared = PrivateAttr()

    def __init__(self, shared: Shared) -> None:
        super().__init__(embed_batch_size=32)
        self._shared = shared

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._shared([text])[0].tolist()

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._shared(texts).tolist()

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def main(job: Job) -> None:
    """Do it, and tell."""
    embedding = Embedding(Shared(job))
    collection = chromadb.PersistentClient(path=job.work).create_collection(
        "passages", metadata={"hnsw:space": "cosine"}
    )
    context = StorageContext.from_defaults(vector_store=ChromaVectorStore(chroma_collection=collection))
    with timed() as building:
        if job.documents:
            VectorStoreIndex.from_documents(
                SimpleDirectoryReader(job.documents, exclude_hidden=False).load_data(),
                storage_context=context,
                embed_model=embedding,
                transformations=[SentenceSplitter(chunk_size=180, chunk_overlap=25)],
            )
        else:
            nodes = [TextNode(text=text) for text in job.texts]
            index = VectorStoreIndex(nodes, storage_context=context, embed_model=embedding)
    if job.documents:
        tell(passages=collection.count(), seconds=building.seconds)
        return
    retriever = index.as_retriever(similarity_top_k=job.shown)
    taken = latencies(lambda query: len(retriever.retrieve(query)), job.queries, job.shown)
    tell(passages=collection.count(), seconds=building.seconds, latencies=taken)


if __name__ == "__main__":
    main(asked())
