# mypy: disable-error-code="import-not-found,untyped-decorator"
"""Haystack's own way: its converter and splitter, its document store in memory, kept on disk."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

from embedding import Job, Shared, asked, latencies, tell, timed
from haystack import Document, Pipeline, component
from haystack.components.converters import TextFileToDocument
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.document_stores.in_memory import InMemoryDocumentStore

BATCH = 32


@component
class DocumentEmbedder:
    """The shared embedder for documents."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    @component.output_types(documents=list[Document])
    def run(self, documents: list[Document]) -> dict[str, list[Document]]:
        """The documents with their vectors."""
        for at in range(0, len(documents), BATCH):
            some = documents[at : at + BATCH]
            rows = self._shared([one.content or "" for one in some])
            for one, row in zip(some, rows, strict=True):
                one.embedding = row.tolist()
        return {"documents": documents}


@component
class QueryEmbedder:
    """The shared embedder for queries."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    @component.output_types(embedding=list[float])
    def run(self, text: str) -> dict[str, list[float]]:
        """The query's vector."""
        return {"embedding": self._shared([text])[0].tolist()}


def main(job: Job) -> None:
    """Do it, and tell."""
    shared = Shared(job)
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    taking_in = Pipeline()
    taking_in.add_component("embed", DocumentEmbedder(shared))
    taking_in.add_component("write", DocumentWriter(store))
    taking_in.connect("embed", "write")
    with timed() as building:
        if job.documents:
            taking_in.add_component("read", TextFileToDocument())
            taking_in.add_component(
                "split", DocumentSplitter(split_by="word", split_length=130, split_overlap=20)
            )
            taking_in.connect("read", "split")
            taking_in.connect("split", "embed")
            taking_in.run({"read": {"sources": sorted(Path(job.documents).iterdir())}})
        else:
            taking_in.run({"embed": {"documents": [Document(content=text) for text in job.texts]}})
        store.save_to_disk(str(Path(job.work) / "store.json"))
    if job.documents:
        tell(passages=store.count_documents(), seconds=building.seconds)
        return
    searching = Pipeline()
    searching.add_component("embed", QueryEmbedder(shared))
    searching.add_component("find", InMemoryEmbeddingRetriever(store, top_k=job.shown))
    searching.connect("embed", "find.query_embedding")

    def search(query: str) -> int:
        return len(searching.run({"embed": {"text": query}})["find"]["documents"])

    taken = latencies(search, job.queries, job.shown)
    tell(passages=store.count_documents(), seconds=building.seconds, latencies=taken)


if __name__ == "__main__":
    main(asked())
