"""Passages and document texts as Parquet, which any data tool can open."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow
import pyarrow.parquet

from surefoot.records import Passage
from surefoot.retrieval.ports import ParsedDocument

PASSAGES = pyarrow.schema(
    [
        ("id", pyarrow.string()),
        ("source", pyarrow.string()),
        ("start", pyarrow.int64()),
        ("end", pyarrow.int64()),
        ("text", pyarrow.string()),
        ("headings", pyarrow.list_(pyarrow.string())),
        ("page", pyarrow.int64()),
        ("metadata", pyarrow.map_(pyarrow.string(), pyarrow.string())),
        ("access", pyarrow.list_(pyarrow.string())),
        ("suspicions", pyarrow.list_(pyarrow.string())),
    ]
)
DOCUMENTS = pyarrow.schema([("source", pyarrow.string()), ("text", pyarrow.string())])
# Small groups: one document is read without reading many others.
DOCUMENTS_PER_GROUP = 16


class ParquetPassages:
    """Keeps passages in one file and documents in another, sorted by source."""

    def write_passages(self, path: Path, passages: Sequence[Passage]) -> None:
        """Keep the passages, in their order."""
        rows = [
            {
                "id": passage.id,
                "source": passage.source,
                "start": passage.start,
                "end": passage.end,
                "text": passage.text,
                "headings": list(passage.headings),
                "page": passage.page,
                "metadata": sorted(passage.metadata.items()),
                "access": list(passage.access),
                "suspicions": list(passage.suspicions),
            }
            for passage in passages
        ]
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema=PASSAGES), path)

    def read_passages(self, path: Path) -> tuple[Passage, ...]:
        """The passages, in the order they were written."""
        rows = pyarrow.parquet.read_table(path, schema=PASSAGES, use_threads=False).to_pylist()
        return tuple(
            Passage(
                id=row["id"],
                source=row["source"],
                start=row["start"],
                end=row["end"],
                text=row["text"],
                headings=tuple(row["headings"]),
                page=row["page"],
                metadata=dict(row["metadata"]),
                access=tuple(row["access"]),
                suspicions=tuple(row["suspicions"]),
            )
            for row in rows
        )

    def write_documents(self, path: Path, documents: Sequence[ParsedDocument]) -> None:
        """Keep the documents' texts, sorted by source."""
        rows = [
            {"source": document.source, "text": document.text}
            for document in sorted(documents, key=lambda document: document.source)
        ]
        table = pyarrow.Table.from_pylist(rows, schema=DOCUMENTS)
        pyarrow.parquet.write_table(table, path, row_group_size=DOCUMENTS_PER_GROUP)

    def read_document(self, path: Path, source: str) -> str | None:
        """One document's text, or None when it is not there."""
        table = pyarrow.parquet.read_table(path, filters=[("source", "=", source)], use_threads=False)
        texts = table.column("text").to_pylist()
        return str(texts[0]) if texts else None
